"""OKX, live: two routes of sockets, ratios polled, and what the venue remembers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import ClassVar, Protocol, TypeAlias, TypeVar

from fbkit.errors import FeedError, NotRemembered
from fbkit.feeds.asking import understood
from fbkit.feeds.feed import World
from fbkit.feeds.instruments import Known
from fbkit.feeds.okx import VENUE, pages
from fbkit.feeds.okx.channels import OFFERS, RATIOS, TYPES, sockets
from fbkit.feeds.okx.manners import OkxManners
from fbkit.feeds.okx.parse import Parser
from fbkit.feeds.okx.talk import OkxWording
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take, windows
from fbkit.feeds.polling import Poll
from fbkit.feeds.venue import Ranked, Socket, VenueFeed
from fbkit.model import NS_MIN, NS_MS, NS_S, Funding, Instrument, Item, Origin, Trade
from fbkit.model.events import RatioKind

log = logging.getLogger(__name__)

_API = "/api/v5/"

#: Rows a page. Of candles, the newest 1440 come in larger pages than the history.
RECENT_CANDLES, CANDLES, STATISTICS, FUNDINGS, TRADES, RECENT_TRADES = 300, 100, 100, 100, 100, 500

#: The venue keeps so many rows of statistics, and so many candles at hand; ten fewer are asked for, as the edge moves.
KEPT = 1440 - 10

RATIOS_EVERY_S = 300.0

#: A hole that ends this near to now is asked for from the newest trades on.
_NEAR = NS_MIN

T = TypeVar("T")

_Params: TypeAlias = "dict[str, str | int]"

_Page = Callable[[bytes, Known, int], list[Item]]


class _RatioPage(Protocol):
    def __call__(self, body: bytes, known: Known, ts_recv: int, origin: Origin = ...) -> list[Item]: ...


class OkxFeed(VenueFeed):
    """See :class:`~fbkit.feeds.venue.VenueFeed`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = True
    offers = OFFERS
    wording = OkxWording
    manners: ClassVar[OkxManners] = OkxManners()
    connects: ClassVar[tuple[int, int]] = (3, 1)

    parser: Parser

    def __init__(self, *, rest: str, ws: str, count: int, world: World, flipped: frozenset[str] = frozenset()) -> None:
        super().__init__(rest=rest, ws=ws, count=count, world=world, flipped=flipped)
        self._hours: dict[str, float] = {}

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """Swaps and futures, by what was traded of them in 24 h; who has a funding rate is no dated future."""
        hours = await self._funding_hours()
        listed: list[Instrument] = []
        volumes: dict[str, float] = {}
        for kind in TYPES:
            params: _Params = {"instType": kind}
            listed += await self._list("public/instruments", params, partial(pages.instruments, funded=hours))
            volumes |= await self._list("market/tickers", params, pages.volumes)
        return [Ranked(instrument, volumes.get(instrument.venue_symbol, 0.0)) for instrument in listed]

    async def _list(self, path: str, params: _Params, read: Callable[[bytes], T]) -> T:
        return understood(VENUE, path, await self.rest.get(_API + path, params), read)

    async def _funding_hours(self) -> dict[str, float]:
        """Hours between settlements by symbol; as they were where the venue does not say now."""
        try:
            self._hours = await self._list("public/funding-rate", {"instId": "ANY"}, pages.funding_hours)
            self.instruments.set_funding_hours(self._hours)
        except FeedError as error:
            log.info("%s; the stream will tell", error)
        return self._hours

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """Public and business ones."""
        return sockets(self.ws, followed)

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """The four ratios."""
        return [Poll("ratio", RATIOS_EVERY_S, followed, partial(self._newest_ratio, kind)) for kind in RATIO_PAGES]

    async def _newest_ratio(self, kind: RatioKind, known: Known) -> list[Item]:
        params: _Params = {"instId": known.instrument.venue_symbol, "period": pages.PERIOD, "limit": 1}
        body = await self.rest.get(_API + RATIOS[kind], params)
        return RATIO_PAGES[kind](body, known, self.world.clock.now(), Origin.LIVE)

    # the past

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """Statistics of five days, settled funding, then candles."""
        kept_since = max(since, self.world.clock.now() - KEPT * pages.PERIOD_S * NS_S)
        for start, stop in windows(kept_since, until, STATISTICS * pages.PERIOD_S * NS_S):
            span: _Params = {"begin": _ms(start), "end": _ms(stop) - 1, "period": pages.PERIOD, "limit": STATISTICS}
            interest = partial(pages.open_interest_history, share=self.parser.interest_share)
            await self._page(take, known, "rubik/stat/contracts/open-interest-history", span, interest)
            for kind, page in RATIO_PAGES.items():
                await self._page(take, known, RATIOS[kind], span, page)
        if known.instrument.expiry is None:
            await self._fundings(take, known, since, until)
        await self._candles(take, known, since, until)

    async def _fundings(self, take: Take, known: Known, since: int, until: int) -> None:
        """Newest first, and further back as long as pages are full."""
        end: int | None = until
        while end is not None and since < end:
            span: _Params = {"before": _ms(since) - 1, "after": _ms(end), "limit": FUNDINGS}
            items = await self._page(take, known, "public/funding-rate-history", span, pages.funding)
            end = min((item.ts_event for item in items if isinstance(item, Funding)), default=None)
            if len(items) < FUNDINGS:
                return

    async def _candles(self, take: Take, known: Known, since: int, until: int) -> None:
        recent_since = self.world.clock.now() - KEPT * NS_MIN
        older = windows(since, min(until, recent_since), CANDLES * NS_MIN)
        recent = windows(max(since, recent_since), until, RECENT_CANDLES * NS_MIN)
        for path, rows, parts in (("history-candles", CANDLES, older), ("candles", RECENT_CANDLES, recent)):
            for start, stop in parts:
                span: _Params = {"before": _ms(start) - 1, "after": _ms(stop), "bar": "1m", "limit": rows}
                await self._page(take, known, f"market/{path}", span, pages.candles)

    async def _page(self, take: Take, known: Known, path: str, span: _Params, page: _Page) -> list[Item]:
        params = {"instId": known.instrument.venue_symbol, **span}
        items = page(await self.rest.get(_API + path, params, share=SHARE), known, self.world.clock.now())
        if items:
            take(items)
        return items

    async def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """Backwards from the end: the newest 500 at once where that is near, then by id, a hundred at a time.

        Ends when a page reaches back to the instant, or to the id.
        """
        near = self.world.clock.now() - until < _NEAR
        page = await (self._newest_trades(known) if near else self._trades_before(known, 2, _ms(until)))
        while True:
            yield [item for item in page if not (from_id and isinstance(item, Trade) and item.venue_id < from_id)]
            oldest = min((item for item in page if isinstance(item, Trade)), key=lambda t: t.venue_id, default=None)
            if oldest is None:
                why = "pages end before"
                raise NotRemembered(VENUE, f"trades of {known.name}", why)
            if oldest.ts_event < since if from_id is None else oldest.venue_id <= from_id:
                return
            page = await self._trades_before(known, 1, oldest.venue_id)

    async def _newest_trades(self, known: Known) -> list[Item]:
        params: _Params = {"instId": known.instrument.venue_symbol, "limit": RECENT_TRADES}
        body = await self.rest.get(_API + "market/trades", params, share=TRADES_SHARE)
        return pages.trades(body, known, self.world.clock.now())

    async def _trades_before(self, known: Known, kind: int, after: int) -> list[Item]:
        """``kind`` 1 pages by id, 2 by instant (Unix ms); ``after`` means older than, at this venue."""
        symbol = known.instrument.venue_symbol
        params: _Params = {"instId": symbol, "type": kind, "after": after, "limit": TRADES}
        body = await self.rest.get(_API + "market/history-trades", params, share=TRADES_SHARE)
        return pages.trades(body, known, self.world.clock.now())


def _ms(ts: int) -> int:
    """UTC ns as the venue's first ms that is not before it."""
    return -(-ts // NS_MS)


def _ratio(kind: RatioKind) -> _RatioPage:
    return lambda body, known, ts_recv, origin=Origin.BACKFILL: pages.ratios(body, kind, known, ts_recv, origin)


#: How each ratio's page is read.
RATIO_PAGES: dict[RatioKind, _RatioPage] = {
    "acct_global": _ratio("acct_global"),
    "acct_top": _ratio("acct_top"),
    "pos_top": _ratio("pos_top"),
    "taker": pages.taker,
}
