"""A venue through ccxt: everything is asked for in rounds, in ccxt's rhythm, and nothing is streamed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing
from typing import Any

from fbkit.errors import FeedError, NotRemembered, UnknownName
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.feed import Progress, World
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.longtail.amounts import counts_coins
from fbkit.feeds.longtail.channels import MARKETS, RATES
from fbkit.feeds.longtail.exchange import open_exchange
from fbkit.feeds.longtail.pages import Pages
from fbkit.feeds.longtail.tape import Tape
from fbkit.feeds.past import everyone, trades_of
from fbkit.feeds.polling import Poll, Polls
from fbkit.feeds.roster import Ranked, Roster
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.model import NS_MIN, Bar, Item, Listing, Origin, Trade, floor_to

log = logging.getLogger(__name__)

#: Settled rates of one instrument after another, so slowly (s).
_EACH_S = 2.0

#: Channels that every round gives something of.
_ASKED = ("trade", "quote", "day", "mark", "open_interest")

#: Questions that may wait in ccxt's queue before ours: four at a time, of four kinds.
_WAITING = 16


class CcxtFeed:
    """See :class:`fbkit.feeds.feed.Feed`; :meth:`close` it in the end.

    Parameters
    ----------
    venue : str
        ccxt's id of the exchange: ``krakenfutures``.
    count : int
        How many instruments to follow, largest 24 h volume in USD first.
    world : World
        Clock, randomness, sleep. REST is ccxt's own.
    exchange : Any
        A ccxt exchange of one's own making; by default the one of that id.
    """

    contiguous = False

    def __init__(self, venue: str, *, count: int, world: World, exchange: Any = None) -> None:
        self.venue, self.world = venue, world
        self._exchange = open_exchange(venue, limited=world.limited) if exchange is None else exchange
        self.instruments = Instruments()
        self.roster = Roster(self.instruments, count)
        self.pages = Pages(venue, self._exchange, world, self.instruments)
        self._choosing = asyncio.Lock()

    async def close(self) -> None:
        """Let go of ccxt's connections."""
        await self._exchange.close()

    # whom we follow

    async def listings(self) -> list[Listing]:
        """The instruments we follow: the venue's largest at the first call, and the same with their news ever after."""
        async with self._choosing:
            if not len(self.instruments):
                self.roster.choose(self._one_of_a_name(await self.pages.ranked()))
        return self.roster.listings(self.world.clock.now())

    def expected_s(self) -> dict[str, float]:
        """How often each channel is asked for, seconds, with the wait behind other questions."""
        wait_s = _WAITING * self.pages.pause_s
        pages = {channel: self.pages.page_of(channel) for channel in _ASKED}
        return {channel: page.every_s + wait_s for channel, page in pages.items() if page is not None}

    def _one_of_a_name(self, ranked: Sequence[Ranked]) -> list[Ranked]:
        """A linear and an inverse contract may have one name: the one that we follow, else the larger, has it."""
        by_name: dict[str, Ranked] = {}
        ours = self.instruments.by_symbol
        for row in sorted(ranked, key=lambda row: (row.instrument.venue_symbol not in ours, -row.volume_usd)):
            by_name.setdefault(row.instrument.name, row)
        return list(by_name.values())

    # live

    async def run(self, sink: Sink) -> None:
        """Ask for ever; ends by being cancelled."""
        sink.take(self.venue, await self._prime(sink), self.world.clock.now())
        tape = Tape(floor_to(self.world.clock.now(), NS_MIN))
        polls = Polls(self.venue, sink, Silence(sink, self.venue), self.world)
        async with asyncio.TaskGroup() as group:
            while True:
                asking = polls.run(self._polls(sink, tape))
                polling = group.create_task(asking, name=f"{self.venue} polls")
                await self._news(sink)
                polling.cancel()

    async def _prime(self, sink: Sink) -> list[Listing]:
        """The instrument list, however long the venue takes to be reachable."""
        backoff = Backoff(self.world.random)
        while True:
            try:
                listings = await self.listings()
                if listings:
                    sink.well(self.venue, "listing")
                    return listings
                sentence = f"{self.venue}: ccxt names no contract that can be counted; asking again"
            except FeedError as error:
                sentence = str(error)
            log.warning("%s", sentence)
            sink.trouble(self.venue, "listing", "rest", sentence)
            await self.world.sleep(backoff.next())

    def _polls(self, sink: Sink, tape: Tape) -> list[Poll]:
        """What is asked for in rounds, of what the exchange has."""
        followed = self.roster.followed()
        perpetual = [known for known in followed if known.instrument.expiry is None]

        async def tickers(_: object) -> list[Item]:
            return await self.pages.tickers()

        async def marks(_: object) -> list[Item]:
            return await self.pages.marks()

        async def trades(known: Known) -> list[Item]:
            # Told by us: several trades of one instant are news, and rounds know an instrument's newest instant only.
            self._tell(sink, tape.fresh(await self.pages.trades(known, Origin.LIVE)))
            return []

        found = {channel: self.pages.page_of(channel) for channel in ("day", "mark", "trade", "open_interest")}
        at_once = found["mark"] == RATES
        asked = [
            ("day", followed, tickers, True),
            ("mark", perpetual, marks if at_once else self.pages.mark, at_once),
            ("trade", followed, trades, False),
            ("open_interest", followed, self.pages.open_interest, False),
        ]
        polls = [
            Poll(channel, page.every_s, things, ask, at_once=whole)
            for channel, things, ask, whole in asked
            if (page := found[channel]) is not None
        ]
        settled = self.pages.page_of("funding")
        if settled is not None:
            spread_s = min(settled.every_s, _EACH_S * len(perpetual))
            polls.append(Poll("funding", settled.every_s, perpetual, self.pages.newly_settled, spread_s=spread_s))
        return polls

    async def _news(self, sink: Sink) -> None:
        """Read the list once an hour, until it says something new."""
        while True:
            await self.world.sleep(MARKETS.every_s)
            try:
                ranked = self._one_of_a_name(await self.pages.ranked())
            except FeedError as error:
                log.info("%s", error)
                sink.trouble(self.venue, "listing", "rest", str(error))
                continue
            sink.well(self.venue, "listing")
            now = self.world.clock.now()
            news = self.roster.learn(ranked, now)
            if news.listings:
                sink.take(self.venue, news.listings, now)
                return

    # the past

    async def backfill(
        self, sink: Sink, since: int, until: int, names: Collection[str] = ()
    ) -> AsyncGenerator[Progress, None]:
        """Settled funding and minute candles of ``[since, until)`` (UTC ns) of every instrument followed, or named."""

        async def whole(known: Known) -> None:
            if self.pages.page_of("funding") is not None and known.instrument.expiry is None:
                page = await self.pages.settled(known, since, Origin.BACKFILL)
                self._tell(sink, [item for item in page if since <= getattr(item, "ts_event", since) < until])
            if self.pages.page_of("bar") is not None and counts_coins(known):
                await self._candles(sink, known, since, until)

        wanted = [known for known in self.roster.followed() if not names or known.name in names]

        async with aclosing(everyone("history", whole, wanted, self.world.parallel)) as steps:
            async for progress in steps:
                yield progress

    async def _candles(self, sink: Sink, known: Known, since: int, until: int) -> None:
        """Page by page, each from where the one before ended; ends where a venue does not go on."""
        while since < until:
            page = await self.pages.candles(known, since)
            bars = [item for item in page if isinstance(item, Bar) and since < item.ts_event <= until]
            self._tell(sink, [*bars, *(item for item in page if not isinstance(item, Bar))])
            if not bars:
                return
            since = bars[-1].ts_event

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        """Trades of one instrument again, out of the venue's newest page; how many came."""
        known = self.instruments.by_name.get(instrument)
        if known is None:
            raise UnknownName("instrument", instrument)
        end = self.world.clock.now() if until is None else until
        pages = self._newest(known, since)
        return await trades_of(self.venue, pages, lambda items: self._tell(sink, items), since, end, by_id=False)

    async def _newest(self, known: Known, since: int) -> AsyncIterator[list[Item]]:
        """The one page that needs no trust: a trade older than ``since`` on it proves that it reaches back."""
        if self.pages.page_of("trade") is None:
            raise NotRemembered(self.venue, f"trades of {known.name}", "ccxt has no trades of this venue")
        page = await self.pages.trades(known, Origin.BACKFILL)
        yield page
        traded = [item for item in page if isinstance(item, Trade)]
        if not traded or traded[0].ts_event >= since:
            raise NotRemembered(self.venue, f"trades of {known.name}", f"the newest {len(traded)} do not reach back")

    def _tell(self, sink: Sink, items: list[Item]) -> None:
        if items:
            sink.take(self.venue, items, self.world.clock.now())
