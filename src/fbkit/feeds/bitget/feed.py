"""Bitget's USDT and USDC futures, live: sockets of fifty topics, one of v3 for forced closes, and what is polled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import ClassVar

from fbkit.errors import NotRemembered
from fbkit.feeds.asking import Manners as Rules
from fbkit.feeds.bitget import VENUE, pages
from fbkit.feeds.bitget.channels import LIQUIDATIONS, OFFERS, RIDERS, dealt, limits_s, topics_of
from fbkit.feeds.bitget.history import (
    FILLS,
    FILLS_KEPT,
    FILLS_SPAN,
    FUNDINGS,
    MARKET,
    candle_questions,
    has_ratios,
    of,
    span,
)
from fbkit.feeds.bitget.manners import Manners
from fbkit.feeds.bitget.parse import Parser
from fbkit.feeds.bitget.symbols import PRODUCTS, product_of
from fbkit.feeds.bitget.talk import BitgetWording
from fbkit.feeds.instruments import Known
from fbkit.feeds.offers import Offer
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take, windows
from fbkit.feeds.polling import Poll
from fbkit.feeds.talking import Wording
from fbkit.feeds.venue import Ranked, Socket, VenueFeed
from fbkit.model import NS_S, Bar, Event, Item, Origin, Trade
from fbkit.model.events import RatioKind

#: How often the ratios and the settled rates are asked for; the latter half a minute after each hour.
RATIO_EVERY_S, FUNDING_EVERY_S = 300.0, 3600.0
_AFTER_HOUR_S = 30.0

_V2, _V3 = "/v2/ws/public", "/v3/ws/public"


class BitgetFeed(VenueFeed):
    """See :class:`fbkit.feeds.venue.VenueFeed`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = False
    offers: ClassVar[tuple[Offer, ...]] = OFFERS
    wording: ClassVar[type[Wording]] = BitgetWording
    manners: ClassVar[Rules] = Manners()

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """Contracts of both products by turnover, whatever their status."""
        rows: list[Ranked] = []
        hours: dict[str, float] = {}
        for product in PRODUCTS.values():
            found, settled = pages.contracts(await self._list("contracts", product))
            volumes = pages.day_volumes(await self._list("tickers", product))
            hours |= settled
            rows += [Ranked(instrument, volumes.get(instrument.venue_symbol, 0.0)) for instrument in found]
        self.instruments.set_funding_hours(hours)
        return rows

    async def _list(self, page: str, product: str) -> bytes:
        return await self.rest.get(MARKET + page, {"productType": product})

    # sockets

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """Fifty topics on each, and one for forced closes."""
        forced = Socket("liquidations", self.ws + _V3, LIQUIDATIONS, {"liquidation": None})
        return [*self.further(followed), forced]

    def further(self, newly: Sequence[Known]) -> list[Socket]:
        """Sockets for these symbols; forced closes are of the whole market."""
        product = {known.instrument.venue_symbol: product_of(known.instrument) for known in newly}
        return [
            Socket(
                name=f"public-{number}",
                url=self.ws + _V2,
                topics=tuple(topic for symbol in symbols for topic in topics_of(symbol, product[symbol])),
                limits_s=limits_s(symbols),
                riders=RIDERS,
                symbols=symbols,
            )
            for number, symbols in enumerate(dealt(list(product)), 1)
        ]

    # what is asked for in rounds

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """Two ratios (one question a second each is allowed), and settled funding after each hour."""
        perpetual = [known for known in followed if known.instrument.expiry is None]
        counted = [known for known in perpetual if has_ratios(known)]
        every_s = max(RATIO_EVERY_S, 1.5 * len(counted))
        to_hour = FUNDING_EVERY_S - self.world.clock.now() / NS_S % FUNDING_EVERY_S + _AFTER_HOUR_S
        soon_s = max(60.0, float(len(perpetual)))
        return [
            Poll("ratio", every_s, counted, self._newest(self._account_ratios)),
            Poll("ratio", every_s, counted, self._newest(self._taker_ratios)),
            Poll("funding", FUNDING_EVERY_S, perpetual, self._newest_funding, to_hour, soon_s, also_now=True),
        ]

    def _newest(
        self, ask: Callable[[Known, Origin, float], Awaitable[list[Item]]]
    ) -> Callable[..., Awaitable[list[Item]]]:
        """A ratio's newest row: its page holds hours of them, which a backfill has told."""

        async def newest(known: Known) -> list[Item]:
            return (await ask(known, Origin.LIVE, 1.0))[-1:]

        return newest

    async def _newest_funding(self, known: Known) -> list[Item]:
        body = await self.rest.get(f"{MARKET}history-fund-rate", {**of(known), "pageSize": 1, "pageNo": 1})
        return pages.funding(body, known, self.world.clock.now(), Origin.LIVE)

    async def _account_ratios(self, known: Known, origin: Origin, share: float) -> list[Item]:
        kind: RatioKind = "acct_global" if "ratio:acct_top" in self.flipped else "acct_top"
        body = await self._ratio_page("account-long-short", known, share)
        return pages.account_ratios(body, known, self.world.clock.now(), kind, origin)

    async def _taker_ratios(self, known: Known, origin: Origin, share: float) -> list[Item]:
        body = await self._ratio_page("taker-buy-sell", known, share)
        return pages.taker_ratios(body, known, self.world.clock.now(), origin)

    async def _ratio_page(self, page: str, known: Known, share: float) -> bytes:
        params = {"symbol": known.instrument.venue_symbol, "period": pages.PERIOD}
        return await self.rest.get(MARKET + page, params, share=share)

    # the past

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """What the ratios' one page holds, settled funding, then candles. There is no history of open interest."""
        if has_ratios(known):
            for ask in (self._account_ratios, self._taker_ratios):
                _hand_on(take, await ask(known, Origin.BACKFILL, SHARE), since, until)
        if known.instrument.expiry is None:
            await self._past_funding(take, known, since, until)
        for path, question in candle_questions(known, since, until, self.world.clock.now()):
            body = await self.rest.get(path, question, share=SHARE)
            _hand_on(take, pages.candles(body, known, self.world.clock.now()), since, until)

    async def _past_funding(self, take: Take, known: Known, since: int, until: int) -> None:
        """Page by page from the newest: there is no asking by time."""
        number = 1
        while True:
            question = {**of(known), "pageSize": FUNDINGS, "pageNo": number}
            body = await self.rest.get(f"{MARKET}history-fund-rate", question, share=SHARE)
            items = pages.funding(body, known, self.world.clock.now())
            _hand_on(take, items, since, until)
            if len(items) < FUNDINGS or _oldest(items) < since:
                return
            number += 1

    async def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """From the newest backwards, a thousand a page, by the id before which a page ends."""
        if since < self.world.clock.now() - FILLS_KEPT:
            raise NotRemembered(VENUE, f"trades of {known.name}", "only those of 90 days are remembered")
        for start, stop in windows(since, until, FILLS_SPAN):
            before: dict[str, str | int] = {}
            while True:
                question = {**of(known), **span(start, stop), "limit": FILLS, **before}
                body = await self.rest.get(f"{MARKET}fills-history", question, share=TRADES_SHARE)
                items = pages.fills(body, known, self.world.clock.now())
                yield items
                lowest = min((item.venue_id for item in items if isinstance(item, Trade)), default=0)
                if len(items) < FILLS or lowest <= 0 or before.get("idLessThan") == lowest:
                    break
                before = {"idLessThan": lowest}


def _hand_on(take: Take, items: list[Item], since: int, until: int) -> None:
    """What lies in ``[since, until)``; a bar belongs where it began."""
    wanted = [item for item in items if not isinstance(item, Event) or _within(item, since, until)]
    if wanted:
        take(wanted)


def _within(event: Event, since: int, until: int) -> bool:
    if isinstance(event, Bar):
        return since < event.ts_event <= until
    return since <= event.ts_event < until


def _oldest(items: list[Item]) -> int:
    return min((item.ts_event for item in items if isinstance(item, Event)), default=0)
