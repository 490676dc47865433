"""Hyperliquid, live: three sockets, settled funding polled, and the little that the venue remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar

from fbkit.errors import NotRemembered
from fbkit.feeds.asking import understood
from fbkit.feeds.feed import World
from fbkit.feeds.hyperliquid import VENUE, pages
from fbkit.feeds.hyperliquid.channels import (
    CANDLE,
    MOST_INSTRUMENTS,
    OFFERS,
    REMEMBERED,
    RIDERS,
    SOCKETS,
    limits_s,
    topics,
)
from fbkit.feeds.hyperliquid.manners import CANDLES, HyperliquidManners, weight_of
from fbkit.feeds.hyperliquid.parse import Parser
from fbkit.feeds.hyperliquid.symbols import FUNDING_HOURS
from fbkit.feeds.hyperliquid.talk import HyperliquidWording
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take, windows
from fbkit.feeds.polling import Poll
from fbkit.feeds.venue import Ranked, Socket, VenueFeed
from fbkit.model import NS_HOUR, NS_MIN, NS_MS, NS_S, Item, Origin, Trade

PATH = "/info"

FUNDINGS_A_PAGE, CANDLES_A_PAGE, RECENT_TRADES = 500, 3000, 10

#: Only the newest candles are kept, whatever their length; ten fewer are asked for, as the edge moves while we ask.
CANDLES_KEPT = 5000 - 10

FUNDING_EVERY_S = 3600.0

#: The newest settlements are asked for a little after the hour, and so slowly that half the weight stays free.
_AFTER_HOUR_S, _EACH_S = 30.0, 2.0

_Page = Callable[[bytes, Known, int], list[Item]]


class HyperliquidFeed(VenueFeed):
    """See :class:`~fbkit.feeds.venue.VenueFeed`. Of ``count``, at most :data:`MOST_INSTRUMENTS` are followed."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = False
    offers = OFFERS
    wording = HyperliquidWording
    manners: ClassVar[HyperliquidManners] = HyperliquidManners()
    connects: ClassVar[tuple[int, int]] = (30, 60)

    def __init__(self, *, rest: str, ws: str, count: int, world: World, flipped: frozenset[str] = frozenset()) -> None:
        super().__init__(rest=rest, ws=ws, count=min(count, MOST_INSTRUMENTS), world=world, flipped=flipped)

    parser: Parser

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """The perpetuals of the venue's own book, delisted ones among them."""
        body = await self.rest.post(PATH, {"type": "metaAndAssetCtxs"}, weight=weight_of(0))
        self.instruments.set_funding_hours({}, FUNDING_HOURS)
        return [Ranked(*found) for found in understood(VENUE, PATH, body, pages.volumes)]

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """Trades, books, and contexts with candles.

        Trades name no symbols: subscribing to them repeats the newest thirty of each, which is more than REST knows
        of the open minute.
        """
        symbols = tuple(known.instrument.venue_symbol for known in followed)
        return [
            Socket(
                name=f"{name}-1",
                url=self.ws + "/ws",
                topics=topics(types, symbols),
                limits_s=limits_s(types, len(symbols)),
                riders=RIDERS if "activeAssetCtx" in types else {},
                symbols=symbols if name == REMEMBERED else (),
            )
            for name, types in SOCKETS.items()
        ]

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """Settled funding, after each hour."""
        to_hour = FUNDING_EVERY_S - self.world.clock.now() / NS_S % FUNDING_EVERY_S + _AFTER_HOUR_S
        soon_s = _EACH_S * len(followed)
        return [Poll("funding", FUNDING_EVERY_S, followed, self._newest_funding, to_hour, soon_s, also_now=True)]

    async def _newest_funding(self, known: Known) -> list[Item]:
        now = self.world.clock.now()
        asked = {"type": "fundingHistory", **_since(known, now - 2 * NS_HOUR)}
        body = await self.rest.post(PATH, asked, weight=weight_of(2))
        return pages.funding(body, known, self.world.clock.now(), Origin.LIVE)

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """Settled funding, then candles, of which the venue keeps three days and a half."""
        for start, stop in windows(since, until, FUNDINGS_A_PAGE * NS_HOUR):
            asked = {"type": "fundingHistory", **_span(known, start, stop)}
            await self._page(take, known, asked, weight_of((stop - start) // NS_HOUR), pages.funding)
        kept_since = self.world.clock.now() - CANDLES_KEPT * NS_MIN
        for start, stop in windows(max(since, kept_since), until, CANDLES_A_PAGE * NS_MIN):
            span = {**_span(known, start, stop), "interval": CANDLE}
            await self._page(
                take,
                known,
                {"type": "candleSnapshot", "req": span},
                weight_of((stop - start) // NS_MIN, CANDLES),
                pages.candles,
            )

    async def _page(self, take: Take, known: Known, asked: dict[str, Any], weight: int, page: _Page) -> None:
        body = await self.rest.post(PATH, asked, weight=weight, share=SHARE)
        items = page(body, known, self.world.clock.now())
        if items:
            take(items)

    async def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """The newest ten or so: all that the venue remembers. Ids are no order, so ``from_id`` says nothing.

        Nothing is asked for where what was sent again on subscribing reaches back.
        """
        if self.parser.reaches(known.name, since):
            return
        asked = {"type": "recentTrades", "coin": known.instrument.venue_symbol}
        body = await self.rest.post(PATH, asked, weight=weight_of(RECENT_TRADES), share=TRADES_SHARE)
        items = pages.trades(body, known, self.world.clock.now())
        yield items
        oldest = min((item.ts_event for item in items if isinstance(item, Trade)), default=None)
        if oldest is None or oldest >= since:
            why = f"only the newest {sum(isinstance(item, Trade) for item in items)} are kept"
            raise NotRemembered(VENUE, f"trades of {known.name}", why)


def _since(known: Known, since: int) -> dict[str, str | int]:
    return {"coin": known.instrument.venue_symbol, "startTime": -(-since // NS_MS)}


def _span(known: Known, since: int, until: int) -> dict[str, str | int]:
    """The venue's ends are both inclusive, and in milliseconds."""
    return {**_since(known, since), "endTime": -(-until // NS_MS) - 1}
