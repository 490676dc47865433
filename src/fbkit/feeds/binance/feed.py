"""Binance USDⓈ-M, live: two routed sockets, what must be polled, and what the venue remembers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

from fbkit.errors import FeedError
from fbkit.feeds.asking import understood
from fbkit.feeds.binance import VENUE, pages
from fbkit.feeds.binance.channels import OFFERS, POLLED, plan
from fbkit.feeds.binance.manners import WEIGHT_A_MINUTE, BinanceManners
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.past import Past
from fbkit.feeds.binance.talk import BinanceWording
from fbkit.feeds.feed import World
from fbkit.feeds.instruments import Known
from fbkit.feeds.polling import Poll
from fbkit.feeds.venue import Ranked, Socket, Take, VenueFeed
from fbkit.model import NS_MS, NS_S, Funding, Item, Origin
from fbkit.model.events import RatioKind

log = logging.getLogger(__name__)

#: Hours between settlements of perpetuals that ``fundingInfo`` leaves out.
_USUAL_HOURS = 8.0

#: Open interest may use this share of the weight; with many instruments its period grows instead.
_SHARE = 0.5

#: The newest settlements are asked for a little after the hour.
_AFTER_HOUR_S = 30.0


class BinanceFeed(VenueFeed):
    """See :class:`fbkit.feeds.venue.VenueFeed`."""

    venue = VENUE
    contiguous = True
    offers = OFFERS
    wording = BinanceWording
    manners = BinanceManners()
    parser: Parser

    def __init__(self, *, rest: str, ws: str, count: int, world: World, flipped: frozenset[str] = frozenset()) -> None:
        super().__init__(rest=rest, ws=ws, count=count, world=world, flipped=flipped)
        self._both_sides = "open_interest" in flipped
        self._past = Past(self.rest, world, both_sides=self._both_sides)
        self._settled: dict[str, int] = {}

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """Linear contracts on a coin against dollars, by the venue's own sum of 24 h."""
        path = "/fapi/v1/exchangeInfo"
        limit, listed = understood(VENUE, path, await self.rest.get(path), pages.exchange)
        if limit is not None:
            self.rest.allow("weight", limit)
        path = "/fapi/v1/ticker/24hr"
        volumes = understood(VENUE, path, await self.rest.get(path, weight=40), pages.day_volumes)
        await self._read_funding_hours()
        dollars = [instrument for instrument in listed if pages.in_dollars(instrument)]
        return [Ranked(instrument, volumes.get(instrument.venue_symbol, 0.0)) for instrument in dollars]

    async def _read_funding_hours(self) -> None:
        path = "/fapi/v1/fundingInfo"
        try:
            hours = understood(VENUE, path, await self.rest.get(path), pages.funding_hours)
        except FeedError as error:
            # Without it, hours stay as they were, at first unknown: never assumed.
            log.warning("%s", error)
        else:
            self.instruments.set_funding_hours(hours, _USUAL_HOURS)

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """What is streamed."""
        return plan(self.ws, [known.instrument.venue_symbol for known in followed])

    def further(self, newly: Sequence[Known]) -> list[Socket]:
        """Streams of newcomers; those of the whole market have them already."""
        return plan(self.ws, [known.instrument.venue_symbol for known in newly], market=False)

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """Open interest, the four ratios, settled funding; marks once in a while, the first before the stream's."""
        patient = max(POLLED["open_interest"], len(followed) * 60 / (WEIGHT_A_MINUTE * _SHARE))
        questions = [(known, kind) for known in followed for kind in pages.RATIOS]
        perpetual = [known for known in followed if known.instrument.expiry is None]
        # All at the start, and all after each hour: settlements fall on hours.
        hour_s, soon_s = POLLED["funding"], max(60.0, float(len(followed)))
        to_hour_s = hour_s - self.world.clock.now() / NS_S % hour_s + _AFTER_HOUR_S
        return [
            Poll("mark", POLLED["mark"], followed, self._marks, at_once=True),
            Poll("open_interest", patient, followed, self._open_interest),
            Poll("ratio", POLLED["ratio"], questions, self._ratio),
            Poll("funding", hour_s, perpetual, self._funding, to_hour_s, soon_s, also_now=True),
        ]

    async def _marks(self, followed: Sequence[Known]) -> list[Item]:
        body = await self.rest.get("/fapi/v1/premiumIndex", weight=10)
        return pages.marks(body, self.instruments, self.world.clock.now())

    async def _open_interest(self, known: Known) -> list[Item]:
        body = await self.rest.get("/fapi/v1/openInterest", {"symbol": known.instrument.venue_symbol})
        return pages.open_interest(body, known, self.world.clock.now(), both_sides=self._both_sides)

    async def _ratio(self, question: tuple[Known, RatioKind]) -> list[Item]:
        known, kind = question
        asked: dict[str, str | int] = {"symbol": known.instrument.venue_symbol, "period": pages.PERIOD, "limit": 1}
        body = await self.rest.get(pages.RATIOS[kind], asked)
        return pages.ratios(body, kind, known, self.world.clock.now(), Origin.LIVE)

    async def _funding(self, known: Known) -> list[Item]:
        symbol = known.instrument.venue_symbol
        since = self._settled.get(symbol)
        newer: dict[str, str | int] = {"limit": 1} if since is None else {"startTime": since // NS_MS + 1, "limit": 10}
        body = await self.rest.get("/fapi/v1/fundingRate", {"symbol": symbol, **newer})
        items = pages.funding(body, known, self.world.clock.now(), Origin.LIVE)
        for item in items:
            if isinstance(item, Funding):
                self._settled[symbol] = item.ts_event
        return items

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """One instrument's history."""
        await self._past.statistics(take, known, since, until)
        await self._past.funding(take, known, since, until)
        await self._past.klines(take, known, since, until)

    def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """Aggregated trades, under the ids of the stream."""
        return self._past.trades(known, since, until, from_id)
