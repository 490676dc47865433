"""``python -m fbkit.simulator``: prints one JSON line with its port, serves until standard input closes or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from fbkit.clock import SystemClock, parse_utc
from fbkit.errors import FbkitError, PortBusy, SettingError
from fbkit.simulator.calendar import MS_DAY
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.pace import Pace
from fbkit.simulator.server import Server
from fbkit.simulator.wires import markets_of

_MOST = 1000

_VENUES = "binance,bybit,okx"


def main(arguments: list[str] | None = None) -> int:
    """Run the simulated exchanges. A fault that begins is a line of JSON on standard error."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        chosen = _parser().parse_args(arguments)
        asyncio.run(_serve(chosen))
    except FbkitError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- a command speaks
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fbkit.simulator", description="Simulated exchanges: one market, each venue's own wire."
    )
    parser.add_argument("--seed", type=int, default=7, help="seed of the market (default 7)")
    parser.add_argument("--instruments", type=int, default=90, help="contracts, largest first (default 90)")
    parser.add_argument("--venues", default=_VENUES, help=f"whose wires, or all (default {_VENUES})")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds a second (default 1)")
    parser.add_argument("--start", help="instant to begin at, RFC 3339 (default now)")
    parser.add_argument("--faults", type=Path, help="script of faults, YAML or JSON (see fbkit.simulator.faults)")
    return parser


async def _serve(chosen: argparse.Namespace) -> None:
    if not 1 <= chosen.instruments <= _MOST:
        raise SettingError("instruments", chosen.instruments, f"1 to {_MOST}")
    if not 0 < chosen.speed <= 1000:
        raise SettingError("speed", chosen.speed, "above 0, at most 1000")
    pace = Pace(SystemClock(), speed=chosen.speed, start=_instant(chosen.start))
    markets = markets_of(chosen.venues, chosen.seed, chosen.instruments, pace.now_ms())
    server = Server(markets, pace, faults=_script(chosen.faults))
    # A market that never was at its first instant is said now, not at the first request.
    for market in markets.values():
        market.day(pace.now_ms() // MS_DAY)
    ended = asyncio.Event()
    _end_with(ended)
    try:
        port = await server.start(chosen.port)
    except OSError as error:
        raise PortBusy(chosen.port) from error
    sys.stdout.write(msgspec.json.encode({"port": port}).decode() + "\n")
    sys.stdout.flush()
    await server.until(ended)
    await server.stop()


def _instant(text: str | None) -> int | None:
    try:
        return None if text is None else parse_utc(text)
    except ValueError as error:
        raise SettingError("start", text, "an instant as in 2026-01-01T23:59:45Z") from error


def _script(path: Path | None) -> FaultScript:
    if path is None:
        return FaultScript()
    try:
        return FaultScript.parse(path.read_bytes())
    except OSError as error:
        raise SettingError("faults", path, "a file that can be read") from error


def _end_with(ended: asyncio.Event) -> None:
    """Set ``ended`` when standard input closes or a signal asks for it."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        # The loop may be gone already: then so are we.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    def wait_for_end_of_input() -> None:
        # Straight from the descriptor: a thread inside Python's own buffer would abort the interpreter's exit.
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        end()

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda *_: end())


if __name__ == "__main__":
    sys.exit(main())
