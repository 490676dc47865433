"""Bybit, live: sockets that carry everything of their symbols, three polls, and what the venue remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

from fbkit.errors import NotRemembered
from fbkit.feeds.asking import understood
from fbkit.feeds.bybit import VENUE, pages
from fbkit.feeds.bybit.channels import OFFERS, RIDERS, limits_s, shared_out, topics_of
from fbkit.feeds.bybit.history import TRADES_A_PAGE, has_ratios, memories_of, of
from fbkit.feeds.bybit.manners import Manners
from fbkit.feeds.bybit.parse import Parser
from fbkit.feeds.bybit.talk import BybitWording
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take
from fbkit.feeds.polling import Poll
from fbkit.feeds.venue import Ranked, Socket, VenueFeed
from fbkit.model import NS_S, Instrument, Item, Origin, Trade

_PATH = "/v5/public/linear"
_MARKET = "/v5/market/"

#: Rows that a page of the instrument list has at most.
INSTRUMENTS_A_PAGE = 1000

#: Pages of the instrument list believed: the venue has under a thousand linear contracts.
_MOST_PAGES = 20

RATIO_EVERY_S, FUNDING_EVERY_S = 300.0, 3600.0

#: The newest settlements are asked for a little after the hour.
_AFTER_HOUR_S = 30.0


class BybitFeed(VenueFeed):
    """See :class:`~fbkit.feeds.venue.VenueFeed`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = False
    offers = OFFERS
    wording = BybitWording
    manners: ClassVar[Manners] = Manners()
    connects: ClassVar[tuple[int, int]] = (500, 300)

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """Linear contracts on coins against USDT and USDC: those that trade, and those of the pre-market."""
        listed, hours = await self._listed()
        body = await self.rest.get(f"{_MARKET}tickers", {"category": "linear"})
        volumes = understood(VENUE, f"{_MARKET}tickers", body, pages.day_volumes)
        self.instruments.set_funding_hours(hours)
        return [
            Ranked(instrument, volumes.get(instrument.venue_symbol, 0.0))
            for instrument in listed
            if pages.followable(instrument)
        ]

    async def _listed(self) -> tuple[list[Instrument], dict[str, float]]:
        """The whole list, page by page; what is about to launch is told only to who asks for it."""
        found: dict[str, Instrument] = {}
        hours: dict[str, float] = {}
        for status in ("Trading", "PreLaunch"):
            cursor = ""
            for _ in range(_MOST_PAGES):
                page = await self._list_page(status, cursor)
                found |= {instrument.venue_symbol: instrument for instrument in page.instruments}
                hours |= page.hours
                cursor = page.cursor
                if not cursor:
                    break
        return list(found.values()), hours

    async def _list_page(self, status: str, cursor: str) -> pages.Listed:
        path = f"{_MARKET}instruments-info"
        params: dict[str, str | int] = {"category": "linear", "status": status, "limit": INSTRUMENTS_A_PAGE}
        body = await self.rest.get(path, {**params, "cursor": cursor} if cursor else params)
        return understood(VENUE, path, body, pages.instruments)

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """As many as the length of the topics asks for."""
        groups = shared_out(known.instrument.venue_symbol for known in followed)
        return [
            Socket(
                name=f"linear-{number}",
                url=self.ws + _PATH,
                topics=tuple(topic for symbol in symbols for topic in topics_of(symbol)),
                limits_s=limits_s(symbols),
                riders=RIDERS,
                symbols=symbols,
            )
            for number, symbols in enumerate(groups, 1)
        ]

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """Account ratios (USDT perpetuals have them), and settled funding after each hour."""
        perpetual = [known for known in followed if known.instrument.expiry is None]
        counted = [known for known in perpetual if has_ratios(known)]
        to_hour = FUNDING_EVERY_S - self.world.clock.now() / NS_S % FUNDING_EVERY_S + _AFTER_HOUR_S
        soon_s = max(60.0, float(len(perpetual)))
        return [
            Poll("ratio", RATIO_EVERY_S, counted, self._newest_ratio),
            Poll("funding", FUNDING_EVERY_S, perpetual, self._newest_funding, to_hour, soon_s, also_now=True),
        ]

    async def _newest_ratio(self, known: Known) -> list[Item]:
        params = {**of(known), "period": pages.PERIOD, "limit": 1}
        body = await self.rest.get(f"{_MARKET}account-ratio", params)
        return pages.account_ratios(body, known, self.world.clock.now(), Origin.LIVE)

    async def _newest_funding(self, known: Known) -> list[Item]:
        body = await self.rest.get(f"{_MARKET}funding/history", {**of(known), "limit": 1})
        return pages.funding(body, known, self.world.clock.now(), Origin.LIVE)

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """Open interest, account ratios, settled funding, then candles."""
        for memory in memories_of(known):
            for question in memory.questions(known, since, until):
                body = await self.rest.get(_MARKET + memory.path, question, share=SHARE)
                items = memory.read(body, known, self.world.clock.now())
                if items:
                    take(items)

    async def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """The newest thousand trades: all there is to be had, whenever the hole was."""
        body = await self.rest.get(f"{_MARKET}recent-trade", {**of(known), "limit": TRADES_A_PAGE}, share=TRADES_SHARE)
        items = pages.recent_trades(body, known, self.world.clock.now())
        yield items
        oldest = next((item.ts_event for item in items if isinstance(item, Trade)), None)
        if oldest is None or oldest > since:
            raise NotRemembered(VENUE, f"trades of {known.name}", f"only the newest {TRADES_A_PAGE:,} are remembered")

    def book_topic(self, symbol: str) -> str | None:
        """A book begins anew with a snapshot."""
        return f"orderbook.50.{symbol}"
