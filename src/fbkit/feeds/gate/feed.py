"""Gate's perpetuals, live: sockets that carry everything of some contracts, what must be polled, and the past.

Books begin by REST: a poll looks for those whose updates wait for a snapshot, at the start and after every cut.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from fbkit.feeds.asking import Manners
from fbkit.feeds.gate import VENUE, pages
from fbkit.feeds.gate.channels import ALL_LIQUIDATIONS, EXPECTED_S, OFFERS, SNAPSHOT_LEVELS, topics_of
from fbkit.feeds.gate.manners import GateManners
from fbkit.feeds.gate.parse import Parser
from fbkit.feeds.gate.talk import GateWording
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take, windows
from fbkit.feeds.polling import Poll
from fbkit.feeds.roster import Ranked
from fbkit.feeds.socket import Socket
from fbkit.feeds.venue import VenueFeed
from fbkit.feeds.watchdog import stall_factor
from fbkit.model import NS_HOUR, NS_MIN, NS_S, Item, Origin

BASE = "/api/v4/futures/usdt"

#: Contracts a socket, at most.
CONTRACTS = 30

#: Sizes as decimals: without it they are cut to whole contracts.
HEADERS = {"X-Gate-Size-Decimal": "1"}


#: Rows a page, as many as the venue allows; of its 2000 candles some are left, as a page's ends are whole seconds.
CANDLES_A_PAGE, TRADES_A_PAGE, FUNDING_A_PAGE, STATS_A_PAGE = 1990, 1000, 1000, 100

#: How often statistics and settlements are asked for, and how soon a waiting book is given its snapshot (s).
STATS_S, FUNDING_S, BOOKS_S = 300.0, 3600.0, 3.0

#: Settlements are asked for a little after the hour.
_AFTER_HOUR_S = 30.0


class GateFeed(VenueFeed):
    """See :class:`fbkit.feeds.venue.VenueFeed`."""

    venue = VENUE
    contiguous = False
    offers = OFFERS
    wording = GateWording
    manners: ClassVar[Manners] = GateManners()
    parser: Parser

    def make_parser(self) -> Parser:
        """Gate's parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """Every linear contract on a coin, by the dollars traded in 24 h."""
        listed = pages.contracts(await self.rest.get(f"{BASE}/contracts"))
        volumes = pages.day_volumes(await self.rest.get(f"{BASE}/tickers"))
        self.instruments.set_funding_hours(listed.funding_hours)
        return [Ranked(one, volumes.get(one.venue_symbol, 0.0)) for one in listed.instruments]

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """Large and small ones together, so that none is quiet; all liquidations ride on the first."""
        symbols = [known.instrument.venue_symbol for known in followed]
        count = -(-len(symbols) // CONTRACTS)
        return [self._socket(number, symbols[number::count]) for number in range(count)]

    def _socket(self, number: int, symbols: list[str]) -> Socket:
        topics = [topic for symbol in symbols for topic in topics_of(symbol)]
        patience = stall_factor(len(symbols))
        limits = {channel: every and every * patience for channel, every in EXPECTED_S.items()}
        if number == 0:
            topics.append(ALL_LIQUIDATIONS)
        else:
            del limits["liquidation"]
        return Socket(
            name=f"usdt-{number + 1}",
            url=f"{self.ws}/v4/ws/usdt",
            topics=tuple(sorted(topics)),
            limits_s=limits,
            riders={"mark": ("open_interest", "day")},
            symbols=tuple(symbols),
            headers=HEADERS,
        )

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """Ratios, settlements, and snapshots for books that wait for one."""
        to_hour = FUNDING_S - self.world.clock.now() / NS_S % FUNDING_S + _AFTER_HOUR_S
        soon_s = max(60.0, float(len(followed)))
        return [
            Poll("ratio", STATS_S, followed, self._ratios),
            # All at the start, and all after each hour: settlements fall on hours.
            Poll("funding", FUNDING_S, followed, self._settled, start_s=to_hour, spread_s=soon_s, also_now=True),
            Poll("depth", BOOKS_S, followed, self._waiting),
        ]

    async def _ratios(self, known: Known) -> list[Item]:
        body = await self._of(known, "contract_stats", {"interval": pages.PERIOD, "limit": 1})
        return pages.ratios(body, known, self.world.clock.now(), self.flipped)

    async def _settled(self, known: Known) -> list[Item]:
        body = await self._of(known, "funding_rate", {"limit": 1})
        return pages.funding(body, known, self.world.clock.now(), Origin.LIVE)

    async def _waiting(self, known: Known) -> list[Item]:
        """A snapshot where a book's updates wait for one; else nothing is asked."""
        return await self.book_snapshot(known) if self.parser.books.awaits(known.instrument.venue_symbol) else []

    async def book_snapshot(self, known: Known) -> list[Item]:
        """A book's first levels and the id of its last update."""
        body = await self._of(known, "order_book", {"limit": SNAPSHOT_LEVELS, "with_id": "true"})
        return self.parser.snapshot(body, known.instrument.venue_symbol, self.world.clock.now())

    # the past

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """Statistics and settlements, then klines."""
        await self._past_stats(take, known, since, until)
        await self._past_settled(take, known, since, until)
        for start, stop in windows(since, until, CANDLES_A_PAGE * NS_MIN):
            body = await self._of(known, "candlesticks", {"interval": "1m", **_span(start, stop)}, SHARE)
            take(pages.candles(body, known, self.world.clock.now()))

    async def _past_stats(self, take: Take, known: Known, since: int, until: int) -> None:
        """Pages have a beginning and no end."""
        for start, stop in windows(since, until, STATS_A_PAGE * pages.PERIOD_S * NS_S):
            given = {"interval": pages.PERIOD, "limit": STATS_A_PAGE, "from": -(-start // NS_S)}
            body = await self._of(known, "contract_stats", given, SHARE)
            take(_before(pages.stats(body, known, self.world.clock.now(), self.flipped), stop))

    async def _past_settled(self, take: Take, known: Known, since: int, until: int) -> None:
        for start, stop in windows(since, until, FUNDING_A_PAGE * NS_HOUR):
            body = await self._of(known, "funding_rate", {"limit": FUNDING_A_PAGE, **_span(start, stop)}, SHARE)
            take(pages.funding(body, known, self.world.clock.now()))

    async def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """By time: ids say nothing about how many lie between two. Newest first, page after page of one hour."""
        for start, stop in windows(since, until, NS_HOUR):
            skip = 0
            while True:
                given = {"limit": TRADES_A_PAGE, "offset": skip, **_span(start, stop)}
                body = await self._of(known, "trades", given, TRADES_SHARE)
                items = pages.trades(body, known, self.world.clock.now())
                yield items
                skip += TRADES_A_PAGE
                if len(items) < TRADES_A_PAGE:
                    break

    async def _of(self, known: Known, page: str, given: Mapping[str, Any], share: float = 1.0) -> bytes:
        return await self.rest.get(f"{BASE}/{page}", {"contract": known.instrument.venue_symbol, **given}, share=share)


def _span(since: int, until: int) -> dict[str, str | int]:
    """The venue's ends are both inclusive, and in seconds: what lies outside is left out by whoever reads."""
    return {"from": since // NS_S, "to": -(-until // NS_S) - 1}


def _before(items: list[Item], stop: int) -> list[Item]:
    """Without what the next page begins with."""
    return [item for item in items if getattr(item[0] if isinstance(item, tuple) else item, "ts_event", 0) < stop]
