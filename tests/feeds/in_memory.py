"""A venue's feed against the venue in memory, on a virtual clock, for some virtual minutes; and what it heard."""

import asyncio
import json
from collections import defaultdict

import httpx

from fbkit.clock import VirtualClock, VirtualLoop
from fbkit.feeds.feed import World
from fbkit.feeds.venues import FEEDS
from fbkit.model import NS_MIN, Trade
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.memory import MemoryVenues
from fbkit.simulator.wires import WIRES
from tests.feeds.reading import each_of


class MemoryVenue(MemoryVenues):
    """A venue that knows its callers, with a hand on its frames: ``tamper`` may change one, or lose it by ``None``."""

    def __init__(self, venue, market, clock, faults=(), wire=None, tamper=None):
        script = FaultScript.parse(json.dumps(faults))
        super().__init__({venue: market}, clock, script, {venue: wire or WIRES[venue]})
        self.connected, self._tamper = [], tamper or (lambda payload: payload)

    async def connect(self, url, on_frame, on_close, headers=None):
        def passing(payload):
            payload = self._tamper(payload)
            if payload is not None:
                on_frame(payload)

        self.connected.append(url)
        return await super().connect(url, passing, on_close, headers or {})


def listen(sink, venue, start, script, *faults, market, feed=None, wire=None, tamper=None, limited=False, **more):
    """A sink after a script (``async``, given the feed), or after so many virtual seconds, of a feed that listens.

    ``faults`` are the simulator's; ``feed`` and ``wire`` stand in for the venue's own, ``more`` goes to the feed.
    ``sink.memory`` is the venue.
    """
    clock = VirtualClock(start)
    sink.memory = memory = MemoryVenue(venue, market, clock, faults, wire, tamper)

    async def run():
        async with httpx.AsyncClient(transport=memory.http) as http:
            world = World(clock, memory, http, random=lambda: 0.5, limited=limited, parallel=1)
            rest, ws = f"http://127.0.0.1/{venue}", f"ws://127.0.0.1/{venue}"
            made = (feed or FEEDS[venue])(rest=rest, ws=ws, count=market.universe.n, world=world, **more)
            listening = asyncio.ensure_future(made.run(sink))
            await (script(made) if callable(script) else asyncio.sleep(script))
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(run())
    return sink


def events(sink, kind=object):
    """Every event of a kind with the instant it was told."""
    for _, item, ts in sink.items:
        for event in each_of(item):
            if isinstance(event, kind) and hasattr(event, "seq"):
                yield event, ts


def heard(sink, kind):
    """Every event of a kind, in order."""
    return [event for event, _ in events(sink, kind)]


def channels(sink, word):
    """The channels of everything told by a word: ``silent`` or ``speaking``."""
    return {channel for entry in sink.heard(word) for channel in entry[1]}


def by_minute(sink):
    """Trades by instrument and the minute's end (UTC ns, as a bar's), under their ids: one told twice is one."""
    found = defaultdict(dict)
    for trade in heard(sink, Trade):
        found[trade.instrument, (trade.ts_event // NS_MIN + 1) * NS_MIN][trade.venue_id] = trade
    return found
