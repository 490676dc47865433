"""Running a collector: owned by kernels and servers (``python -m fbkit.ingest``), or headless (``fbkit collect``)."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

from fbkit.clock import SystemClock
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.ingest.venues import market_of, open_feeds
from fbkit.model import AccountRow
from fbkit.runtime import database_url
from fbkit.settings import Settings


def run_headless(settings: Settings, *, for_s: float | None = None, capture: Path | None = None) -> list[AccountRow]:
    """Collect in this process, its own owner, until Ctrl-C or for so many seconds; returns the final accounts."""
    return asyncio.run(_collect(settings, owned=False, for_s=for_s, capture=capture))


def run_owned(settings: Settings) -> list[AccountRow]:
    """Collect for as long as somebody holds an owner connection."""
    return asyncio.run(_collect(settings, owned=True))


async def _collect(
    settings: Settings, *, owned: bool, for_s: float | None = None, capture: Path | None = None
) -> list[AccountRow]:
    clock = SystemClock()
    market, seed = market_of(settings)
    session = Session.open(database_url(settings), settings, clock, market=market, seed=seed, holder="fbkit collect")
    token = settings.token.get_secret_value() if settings.token else secrets.token_hex(32)
    collector = Collector(
        session, settings, lambda: open_feeds(settings, clock), token=token, clock=clock, capture=capture, owned=owned
    )
    with _signals(collector):
        return await collector.run(for_s)


@contextlib.contextmanager
def _signals(collector: Collector) -> Iterator[None]:
    """Ctrl-C and a polite kill end the collector as ``stop`` does. Windows has no such handlers in its loop."""
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM)
    set_here = []
    for number in wanted:
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, collector.stop, f"signal {number.name}")
            set_here.append(number)
    try:
        yield
    finally:
        for number in set_here:
            loop.remove_signal_handler(number)
