"""Which feeds a collector listens to: real venues, or simulated ones behind the same adapters."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
from asyncio import to_thread
from collections.abc import AsyncIterator

import httpx

from fbkit.clock import Clock
from fbkit.errors import CollectorError, SettingError
from fbkit.feeds.feed import Feed, World
from fbkit.feeds.longtail.feed import CcxtFeed
from fbkit.feeds.transport import make_transport
from fbkit.feeds.venues import FEEDS, doubts
from fbkit.model import Market
from fbkit.runtime import spawn
from fbkit.settings import Settings

log = logging.getLogger(__name__)

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)

#: Our own simulator makes two days of every market when it is first asked for one: seconds, or a minute where the
#: machine has better things to do.
_PATIENT = httpx.Timeout(120.0, connect=10.0)

#: Instruments whose past is fetched at a time, over all venues: what comes at once must fit before the writer, some ten
#: thousand events and rows each.
_PASTS = 8

#: REST connections a venue may have open.
_CONNECTIONS = 6


def market_of(settings: Settings) -> tuple[Market, int | None]:
    """What the chosen venues fill a database with, and the seed if simulated."""
    return (Market.SIMULATED, settings.seed) if settings.simulated else (Market.LIVE, None)


@contextlib.asynccontextmanager
async def open_feeds(settings: Settings, clock: Clock) -> AsyncIterator[list[Feed]]:
    """The feeds of the chosen venues, with a simulator of our own behind them when the market is simulated."""
    check_flipped(settings)
    async with contextlib.AsyncExitStack() as stack:
        if settings.simulated:
            settings = await stack.enter_async_context(_simulated(settings))
        feeds: list[Feed] = []
        for name in settings.venue_names:
            # A client a venue: one that is slow to answer holds up nobody else.
            limits = httpx.Limits(max_connections=_CONNECTIONS)
            timeout = _PATIENT if settings.simulated else _TIMEOUT
            client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=not settings.simulated)
            http = await stack.enter_async_context(client)
            # Our own simulator allows a hundredfold: nobody waits for its history.
            generosity = 100 if settings.simulated else 1
            parallel = max(1, _PASTS // len(settings.venue_names))
            transport = make_transport(settings.transport)
            world = World(clock, transport, http, generosity=generosity, parallel=min(4, parallel))
            feed = make_feed(name, settings, world)
            if isinstance(feed, CcxtFeed):
                stack.push_async_callback(feed.close)
            feeds.append(feed)
        yield feeds


def make_feed(venue: str, settings: Settings, world: World) -> Feed:
    """One venue's feed, at the addresses of the settings; ``ccxt.NAME`` at those that ccxt knows."""
    long_tail, _, name = venue.partition(".")
    if long_tail == "ccxt":
        return CcxtFeed(name, count=settings.count, world=world)
    return FEEDS[venue](
        rest=getattr(settings, f"{venue}_rest"),
        ws=getattr(settings, f"{venue}_ws"),
        count=settings.count,
        world=world,
        flipped=settings.flipped_at.get(venue, frozenset()),
    )


def check_flipped(settings: Settings) -> None:
    """Refuse to turn round what no venue leaves open."""
    for venue, channels in settings.flipped_at.items():
        for channel in sorted(channels):
            if f"{venue}.{channel}" not in doubts():
                raise SettingError("flipped", f"{venue}.{channel}", f"out of {', '.join(sorted(doubts()))}")


@contextlib.asynccontextmanager
async def _simulated(settings: Settings) -> AsyncIterator[Settings]:
    """A simulator process; it ends when we do, because its standard input does."""
    asked = ["--seed", str(settings.seed), "--instruments", str(settings.count), "--port", "0"]
    asked += ["--venues", ",".join(settings.venue_names)]
    asked += ["--faults", str(settings.faults)] if settings.faults else []
    child = spawn(["fbkit.simulator", *asked], keep_stdin=True)
    try:
        line = await to_thread(child.stdout.readline) if child.stdout else b""
        try:
            port = int(json.loads(line)["port"])
        except (ValueError, KeyError) as error:
            command = f"python -m fbkit.simulator {' '.join(asked)}"
            raise CollectorError(f"the simulator did not start; run `{command}` to see why") from error
        log.info("the simulated market (seed %d) listens on port %d", settings.seed, port)
        places = {f"{venue}_rest": f"http://127.0.0.1:{port}/{venue}" for venue in settings.venue_names}
        places |= {f"{venue}_ws": f"ws://127.0.0.1:{port}/{venue}" for venue in settings.venue_names}
        yield settings.model_copy(update=places)
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
