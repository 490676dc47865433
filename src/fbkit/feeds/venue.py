"""What every venue's feed does alike; a venue's room fills in the rest.

It primes itself, keeps a link for each socket, polls, reads the instrument list again, mends books, and fetches the
past.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing
from typing import ClassVar

from fbkit.errors import FeedError, UnknownName, VenueRefused
from fbkit.feeds.asking import Manners, Rest
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import Progress, World
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.live import Live
from fbkit.feeds.offers import Offer
from fbkit.feeds.parser import Parser
from fbkit.feeds.past import Take, everyone, trades_of
from fbkit.feeds.polling import Poll
from fbkit.feeds.roster import Ranked, Roster
from fbkit.feeds.sink import Sink
from fbkit.feeds.socket import Socket
from fbkit.feeds.talking import Wording
from fbkit.feeds.watchdog import STALL_FACTOR
from fbkit.model import Item, Listing

log = logging.getLogger(__name__)

__all__ = ["Parser", "Ranked", "Socket", "Take", "VenueFeed"]


#: Channels whose every word is an event, and how often they are kept at most (s).
_PUSHED = {"trade": 0.0, "quote": 0.0, "depth": 0.5, "mark": 1.0, "day": 5.0, "open_interest": 5.0}


class VenueFeed(ABC):
    """See :class:`fbkit.feeds.feed.Feed`.

    Parameters
    ----------
    rest, ws : str
        Base URLs; a simulator's will do.
    count : int
        How many instruments to follow, largest 24 h volume in USD first.
    world : World
        Clock, transport, HTTP client, randomness, sleep.
    flipped : frozenset[str]
        Channels to be read the other way, where an Offer is not certain.
    """

    venue: ClassVar[str]
    contiguous: ClassVar[bool]
    offers: ClassVar[tuple[Offer, ...]]
    lifetime_s: ClassVar[float] = 23 * 3600.0
    wording: ClassVar[type[Wording]]
    manners: ClassVar[Manners]
    #: Connects that the venue allows in so many seconds.
    connects: ClassVar[tuple[int, int]] = (250, 300)

    def __init__(self, *, rest: str, ws: str, count: int, world: World, flipped: frozenset[str] = frozenset()) -> None:
        self.ws, self.world, self.flipped = ws, world, flipped
        self.instruments = Instruments()
        self.roster = Roster(self.instruments, count)
        self.rest = Rest(self.venue, rest, world, self.manners)
        self.rest.on_body = self._hand_on
        self.parser = self.make_parser()
        self._choosing = asyncio.Lock()
        self._sink: Sink | None = None
        self._unheard: dict[str, bytes] = {}

    # what a venue fills in

    @abstractmethod
    def make_parser(self) -> Parser:
        """The parser over ``self.instruments``, honouring ``self.flipped``."""

    @abstractmethod
    async def ranked(self) -> list[Ranked]:
        """The contracts that may be followed; sets funding hours. Raises :class:`~fbkit.errors.FeedError`.

        Contracts that are listed and not traded may be among them: we follow those of status ``trading``, and tell
        the others' status.
        """

    @abstractmethod
    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """The sockets for these instruments."""

    @abstractmethod
    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """What is asked for in rounds about these instruments."""

    @abstractmethod
    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """One instrument's history of ``[since, until)`` (UTC ns), klines last; ``origin=BACKFILL``."""

    @abstractmethod
    def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """Trades of ``[since, until)`` (UTC ns) or from an id, page by page, in any order.

        What lies outside is left out by whoever asks. Raises :class:`~fbkit.errors.NotRemembered`.
        """

    def book_topic(self, symbol: str) -> str | None:
        """What to subscribe to again when a symbol's book broke."""
        return None

    async def book_snapshot(self, known: Known) -> list[Item] | None:
        """A snapshot by REST when a book broke, ``None`` where subscribing again brings one."""
        return None

    def further(self, newly: Sequence[Known]) -> list[Socket]:
        """Sockets for instruments that were listed while we run: :meth:`sockets`, less the topics we have."""
        return self.sockets(newly)

    # what all do alike

    async def listings(self) -> list[Listing]:
        """The instruments we follow: the venue's largest at the first call, and the same with their news ever after."""
        async with self._choosing:
            if not len(self.instruments):
                self.roster.choose(await self.read_list())
        return self.roster.listings(self.world.clock.now())

    def expected_s(self) -> dict[str, float]:
        """How often each pushed channel should give an event, seconds, as its sockets allow it to be silent.

        Tickers are kept once in some seconds (:mod:`fbkit.feeds.pace`), so what rides on them is expected no sooner.
        """
        expected: dict[str, float] = {}
        for socket in self.sockets(self.roster.followed()):
            for carrier, limit in socket.limits_s.items():
                for channel in (carrier, *socket.riders.get(carrier, ())):
                    if limit is not None and channel in _PUSHED:
                        each = max(limit / STALL_FACTOR, _PUSHED[channel])
                        expected[channel] = min(each, expected.get(channel, each))
        return expected

    async def read_list(self) -> list[Ranked]:
        """As :meth:`ranked`, where a page of another shape is a refusal like any other."""
        try:
            return await self.ranked()
        except MALFORMED as error:
            why = f"an answer of another shape: {error}"
            raise VenueRefused(self.venue, "the instrument list", 200, "", why) from error

    async def run(self, sink: Sink) -> None:
        """Listen for ever; ends by being cancelled."""
        listings = await self._prime(sink)
        sink.take(self.venue, listings, self.world.clock.now())
        await Live(self, sink).run()

    async def backfill(
        self, sink: Sink, since: int, until: int, names: Collection[str] = ()
    ) -> AsyncGenerator[Progress, None]:
        """History of ``[since, until)`` (UTC ns) of everybody followed, or of those named; after :meth:`listings`.

        Instrument by instrument, each whole: a slot of the past is filled once, with all that belongs to it.
        """
        take = self._take(sink)

        async def whole(known: Known) -> None:
            await self.past(take, known, since, until)

        wanted = [known for known in self.roster.followed() if not names or known.name in names]

        # Closed by hand, so that whoever abandons us leaves no task behind.
        async with aclosing(everyone("history", whole, wanted, self.world.parallel)) as steps:
            async for progress in steps:
                yield progress

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        """Trades of one instrument again, by our name; how many came. Raises what the venue refuses."""
        known = self.instruments.by_name.get(instrument)
        if known is None:
            raise UnknownName("instrument", instrument)
        end = self.world.clock.now() if until is None else until
        pages = self.trade_pages(known, since, end, from_id)
        return await trades_of(self.venue, pages, self._take(sink), since, end, by_id=from_id is not None)

    async def _prime(self, sink: Sink) -> list[Listing]:
        """The instrument list, however long the venue takes to be reachable."""
        backoff = Backoff(self.world.random)
        while True:
            try:
                listings = await self.listings()
                if listings:
                    sink.well(self.venue, "listing")
                    self._hear(sink)
                    return listings
                sentence = f"{self.venue}: the instrument list names nothing to follow; asking again"
            except FeedError as error:
                sentence = str(error)
            log.warning("%s", sentence)
            sink.trouble(self.venue, "listing", "rest", sentence)
            await self.world.sleep(backoff.next())

    # what REST says, as it says it

    def _take(self, sink: Sink) -> Take:
        self._hear(sink)
        return lambda items: sink.take(self.venue, items, self.world.clock.now())

    def _hear(self, sink: Sink) -> None:
        """From now on, answers go to the sink's capture; first those that primed us: without them it has no units."""
        self._sink = sink
        for path, body in self._unheard.items():
            self._hand_on(path, body)
        self._unheard.clear()

    def _hand_on(self, path: str, body: bytes) -> None:
        if self._sink is None:
            self._unheard[path] = body
        else:
            self._sink.raw(self.venue, f"rest:{path}", self.world.clock.now(), [body])
