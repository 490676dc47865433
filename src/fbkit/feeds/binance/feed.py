"""Binance USDⓈ-M, live: two routed sockets, what must be polled, and what the venue remembers."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec

from fbkit.errors import FeedError, UnknownName, VenueRefused
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.binance import VENUE, pages
from fbkit.feeds.binance.channels import Plan, plan
from fbkit.feeds.binance.history import History
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.poll import Polls
from fbkit.feeds.binance.rest import Rest
from fbkit.feeds.binance.subscribe import Subscriber
from fbkit.feeds.binance.symbols import Instruments, Known, listing_of
from fbkit.feeds.feed import Progress, World
from fbkit.feeds.link import Link
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.model import NS_MIN, NS_S, Instrument, Listing, floor_to

log = logging.getLogger(__name__)

T = TypeVar("T")

#: The venue ends a connection after 24 h; we move before, not all at once.
LIFETIME_S, LIFETIME_JITTER_S = 23 * 3600.0, 1800.0

#: How often the instrument list is read again.
REFRESH_S = 3600.0

#: The open minute's trades may use this share of the weight.
_OPEN_MINUTE_SHARE = 0.75


class BinanceFeed:
    """See :class:`fbkit.feeds.feed.Feed`.

    Parameters
    ----------
    rest, ws : str
        Base URLs; a simulator's will do.
    count : int
        How many instruments to follow, largest 24 h volume in USD first.
    world : World
        Clock, transport, HTTP client, randomness, sleep.
    """

    venue = VENUE

    def __init__(self, *, rest: str, ws: str, count: int, world: World) -> None:
        self.instruments = Instruments()
        self.parser = Parser(self.instruments)
        self._ws, self._count, self._world = ws, count, world
        self._rest = Rest(rest, world)
        self._history = History(self._rest, world)
        self._listed: dict[str, Instrument] = {}
        self._filling: list[asyncio.Task[None]] = []
        self._raw_pages: dict[str, bytes] = {}

    async def listings(self) -> list[Listing]:
        """The instruments we follow: the venue's largest at the first call, and the same with their news ever after."""
        if not len(self.instruments):
            await self._choose()
        ts = self._world.clock.now()
        return [listing_of(known.instrument, ts) for known in self.instruments]

    async def _choose(self) -> None:
        limit, listed = await self._page("/fapi/v1/exchangeInfo", 1, pages.exchange)
        if limit is not None:
            self._rest.allow(limit)
        volumes = await self._page("/fapi/v1/ticker/24hr", 40, pages.day_volumes)
        await self._read_funding_hours()
        found = [instrument for instrument in listed if pages.followable(instrument)]
        found.sort(key=lambda instrument: (-volumes.get(instrument.venue_symbol, 0.0), instrument.name))
        for instrument in found[: self._count]:
            self._follow(instrument)

    async def run(self, sink: Sink) -> None:
        """Listen for ever; ends by being cancelled."""
        silence = Silence(sink, VENUE)
        listings = await self._prime(sink)
        sink.take(VENUE, listings, self._world.clock.now())
        followed = list(self.instruments)
        numbers = itertools.count(1)
        polls = Polls(self._rest, sink, silence, self._world)
        try:
            async with asyncio.TaskGroup() as group:
                for socket in plan([known.instrument.venue_symbol for known in followed]):
                    link = self._link(socket, sink, silence, numbers)
                    group.create_task(link.run(), name=f"{VENUE} {socket.name}")
                group.create_task(polls.run(followed), name=f"{VENUE} polls")
                group.create_task(self._keep_listings(sink), name=f"{VENUE} listings")
        finally:
            await self._stop_filling()

    async def backfill(self, sink: Sink, since: int, until: int) -> AsyncGenerator[Progress]:
        """History of ``[since, until)`` (UTC ns) of every instrument followed; :meth:`listings` comes first."""
        async with aclosing(self._history.backfill(sink, list(self.instruments), since, until)) as steps:
            async for progress in steps:
                yield progress

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        """Trades of one instrument again, by our name; how many came. Raises what the venue refuses."""
        known = self.instruments.by_name.get(instrument)
        if known is None:
            raise UnknownName("instrument", instrument)
        return await self._history.trades(sink, known, since, until, from_id)

    # priming

    async def _prime(self, sink: Sink) -> list[Listing]:
        """The instrument list, however long the venue takes to be reachable."""
        backoff = Backoff(self._world.random)
        while True:
            try:
                listings = await self.listings()
                if listings:
                    sink.well(VENUE, "listing")
                    self._hand_raw(sink)
                    return listings
                sentence = f"{VENUE}: the instrument list names nothing to follow; asking again"
            except FeedError as error:
                sentence = str(error)
            log.warning("%s", sentence)
            sink.trouble(VENUE, "listing", "rest", sentence)
            await self._world.sleep(backoff.next())

    async def _page(self, path: str, weight: int, read: Callable[[bytes], T]) -> T:
        body = await self._rest.get(path, {}, weight=weight)
        try:
            page = read(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise VenueRefused(VENUE, path, 200, "", f"an answer of another shape: {error}") from error
        self._raw_pages[path] = body
        return page

    def _hand_raw(self, sink: Sink) -> None:
        """Pages that primed us, for a capture: without them a recording has no units."""
        for path, body in self._raw_pages.items():
            sink.raw(VENUE, f"rest:{path}", self._world.clock.now(), body)
        self._raw_pages.clear()

    async def _read_funding_hours(self) -> None:
        try:
            self.instruments.set_funding_hours(await self._page("/fapi/v1/fundingInfo", 1, pages.funding_hours))
        except FeedError as error:
            # Without it, hours stay as they were, at first unknown: never assumed.
            log.warning("%s", error)

    def _follow(self, instrument: Instrument) -> Known:
        self._listed[instrument.venue_symbol] = instrument
        return self.instruments.follow(instrument)

    # sockets

    def _link(self, socket: Plan, sink: Sink, silence: Silence, numbers: itertools.count[int]) -> Link:
        jitter = self._world.random() * LIFETIME_JITTER_S
        carries_trades = "trade" in socket.limits_s

        def opened() -> None:
            if carries_trades:
                self._fill_open_minute(sink, socket)

        return Link(
            venue=VENUE,
            name=socket.name,
            url=self._ws + socket.path,
            limits_s=socket.limits_s,
            parse=self.parser.frame,
            talk=lambda: Subscriber(list(socket.messages()), sink, self._world, lambda: next(numbers)),
            sink=sink,
            silence=silence,
            world=self._world,
            lifetime_s=LIFETIME_S + jitter,
            opened=opened,
        )

    def _fill_open_minute(self, sink: Sink, socket: Plan) -> None:
        """Trades of the minute that was under way when we first connected, so that its bar can be ours.

        After a cut it was heard up to the cut, and who keeps the gap asks for the rest (:meth:`trades`).
        """
        self._filling.append(asyncio.create_task(self._open_minute(sink, socket), name=f"{VENUE} open minute"))

    async def _open_minute(self, sink: Sink, socket: Plan) -> None:
        since = floor_to(self._world.clock.now(), NS_MIN)
        mine = set(socket.streams)
        for known in list(self.instruments):
            if f"{known.instrument.venue_symbol.lower()}@aggTrade" not in mine:
                continue
            now = self._world.clock.now()
            if now >= since + NS_MIN:
                return  # the limits made us late: the minute is over, and the venue's candle stands in for the rest
            try:
                # A little beyond now: pages and stream must overlap, or what lies between them is missed unnoticed.
                await self._history.trades(sink, known, since, now + NS_S, None, _OPEN_MINUTE_SHARE)
            except FeedError as error:
                log.info("%s: the open minute stays open: %s", known.name, error)

    async def _stop_filling(self) -> None:
        for task in self._filling:
            task.cancel()
        await asyncio.gather(*self._filling, return_exceptions=True)
        self._filling.clear()

    # the list of instruments, again and again

    async def _keep_listings(self, sink: Sink) -> None:
        """Once an hour: funding intervals, ticks and states change while we run."""
        while True:
            await self._world.sleep(REFRESH_S)
            try:
                _, listed = await self._page("/fapi/v1/exchangeInfo", 1, pages.exchange)
                await self._read_funding_hours()
            except FeedError as error:
                log.info("%s", error)
                sink.trouble(VENUE, "listing", "rest", str(error))
                continue
            self._hand_raw(sink)
            sink.well(VENUE, "listing")
            ts = self._world.clock.now()
            changed = [
                listing_of(self._follow(instrument).instrument, ts)
                for instrument in listed
                if instrument.venue_symbol in self._listed and instrument != self._listed[instrument.venue_symbol]
            ]
            if changed:
                sink.take(VENUE, changed, ts)
