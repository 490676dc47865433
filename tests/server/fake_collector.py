"""A collector as the server sees it: a hub, a runtime file, live values; and nothing behind them.

``python fake_collector.py``: settings come through the environment. Ends when told to, or when nobody owned it for
``FAKE_OWNERLESS_S`` seconds. Writes ``stopped`` beside its runtime file when it was told to.
"""

import asyncio
import os
import secrets
import sys

from fbkit.clock import SystemClock
from fbkit.hub import Hub, LiveRow, Pulse
from fbkit.model import NS_S, HealthRow
from fbkit.runtime import RuntimeFile, database_url, publish_runtime, runtime_path
from fbkit.settings import load_settings

BEAT_S = 0.2


async def main():
    clock, settings = SystemClock(), load_settings()
    url = database_url(settings)
    token, stopped = secrets.token_hex(32), asyncio.Event()
    path = runtime_path(settings, url)
    hub = Hub(token=token, epoch=1, market="SIMULATED", seed=7, database=url, clock=clock)
    facts = RuntimeFile(await hub.start(), token, os.getpid(), 1, "SIMULATED", url, clock.now())

    def stop():
        path.with_suffix(".stopped").write_text("told to")
        stopped.set()
        return {"stopping": True}

    hub.on("stop", stop)
    publish_runtime(path, facts)
    ownerless_ns = float(os.environ.get("FAKE_OWNERLESS_S", "20")) * NS_S
    n = 0
    while not stopped.is_set():
        n += 1
        ts = clock.now()
        hub.publish_live([LiveRow("binance:BTC-USDT-PERP", 97_000.0 + n, ts)])
        hub.publish_beat(Pulse(ts, n, [HealthRow(ts, "binance", "trade", "ok", "", "")]))
        if hub.ownerless_since is not None and ts - hub.ownerless_since > ownerless_ns:
            break
        try:
            await asyncio.wait_for(stopped.wait(), BEAT_S)
        except TimeoutError:
            continue
    await hub.stop()
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
