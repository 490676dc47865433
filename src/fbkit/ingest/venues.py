"""Which feeds a collector listens to: real venues, or the simulated one behind the same adapter."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from fbkit.clock import Clock
from fbkit.errors import CollectorError
from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.feed import Feed, World
from fbkit.feeds.transport import make_transport
from fbkit.model import Market
from fbkit.runtime import spawn
from fbkit.settings import Settings

log = logging.getLogger(__name__)

#: A venue's room by its name; each takes the world and the settings.
FEEDS: dict[str, Callable[[World, Settings], Feed]] = {
    "binance": lambda world, chosen: BinanceFeed(
        rest=chosen.binance_rest, ws=chosen.binance_ws, count=chosen.instruments, world=world
    ),
}

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)


def market_of(settings: Settings) -> tuple[Market, int | None]:
    """What the chosen venues fill a database with, and the seed if simulated."""
    return (Market.SIMULATED, settings.seed) if settings.simulated else (Market.LIVE, None)


@contextlib.asynccontextmanager
async def open_feeds(settings: Settings, clock: Clock) -> AsyncIterator[list[Feed]]:
    """The feeds of the chosen venues, with a simulator of our own behind them when the market is simulated."""
    async with contextlib.AsyncExitStack() as stack:
        names = [name.strip() for name in settings.venues.split(",")]
        if settings.simulated:
            settings = await stack.enter_async_context(_simulated(settings))
            names = ["binance"]
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                timeout=_TIMEOUT, limits=httpx.Limits(max_connections=8), trust_env=not settings.simulated
            )
        )
        world = World(clock, make_transport(settings.transport), http)
        yield [FEEDS[name](world, settings) for name in names]


@contextlib.asynccontextmanager
async def _simulated(settings: Settings) -> AsyncIterator[Settings]:
    """A simulator process; it ends when we do, because its standard input does."""
    wanted = settings.venues.partition(":")[2]
    instruments = int(wanted) if wanted else settings.instruments
    child = spawn(
        ["fbkit.simulator", "--seed", str(settings.seed), "--instruments", str(instruments), "--venues", "binance"],
        keep_stdin=True,
    )
    try:
        line = await to_thread(child.stdout.readline) if child.stdout else b""
        try:
            port = int(json.loads(line)["port"])
        except (ValueError, KeyError) as error:
            raise CollectorError("the simulator did not start; run `python -m fbkit.simulator` to see why") from error
        log.info("the simulated market (seed %d, %d instruments) listens on port %d", settings.seed, instruments, port)
        facts: dict[str, Any] = {
            "instruments": instruments,
            "binance_rest": f"http://127.0.0.1:{port}/binance",
            "binance_ws": f"ws://127.0.0.1:{port}/binance",
        }
        yield settings.model_copy(update=facts)
    finally:
        if child.stdin:
            child.stdin.close()
        try:
            await to_thread(child.wait, 3)
        except subprocess.TimeoutExpired:
            child.kill()
            await to_thread(child.wait)
        if child.stdout:
            child.stdout.close()
