"""Deribit, live: sockets that carry everything of their symbols, one poll, and what the venue remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

from fbkit.feeds.asking import understood
from fbkit.feeds.deribit import VENUE, history, pages
from fbkit.feeds.deribit.channels import OFFERS, RIDERS, STATES, book_topic, limits_s, shared_out, topics_of
from fbkit.feeds.deribit.manners import Manners
from fbkit.feeds.deribit.parse import Parser
from fbkit.feeds.deribit.symbols import FOLLOWED_QUOTES
from fbkit.feeds.deribit.talk import DeribitWording
from fbkit.feeds.deribit.ticker import FUNDING_HOURS
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take
from fbkit.feeds.polling import Poll
from fbkit.feeds.venue import Ranked, Socket, VenueFeed
from fbkit.model import NS_HOUR, NS_S, Item, Origin

_PATH = "/ws/api/v2"

FUNDING_EVERY_S = 3600.0

#: The newest hour of funding is asked for a little after it ended.
_AFTER_HOUR_S = 30.0


class DeribitFeed(VenueFeed):
    """See :class:`~fbkit.feeds.venue.VenueFeed`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = True
    offers = OFFERS
    wording = DeribitWording
    manners: ClassVar[Manners] = Manners()

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    async def ranked(self) -> list[Ranked]:
        """Perpetuals and dated futures against dollars, by the USD volume their currency's page tells."""
        path = f"{history.PUBLIC}get_instruments"
        body = await self.rest.get(path, {"currency": "any", "kind": "future"})
        listed = [found for found in understood(VENUE, path, body, pages.instruments) if found.quote in FOLLOWED_QUOTES]
        volumes: dict[str, float] = {}
        for currency in sorted({instrument.settle for instrument in listed}):
            volumes |= await self._volumes(currency)
        self.instruments.set_funding_hours({}, FUNDING_HOURS)
        return [Ranked(instrument, volumes.get(instrument.venue_symbol, 0.0)) for instrument in listed]

    async def _volumes(self, currency: str) -> dict[str, float]:
        path = f"{history.PUBLIC}get_book_summary_by_currency"
        body = await self.rest.get(path, {"currency": currency, "kind": "future"})
        return understood(VENUE, path, body, pages.volumes)

    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """One for every forty symbols; the first hears of new and closed contracts too."""
        groups = shared_out([known.instrument.venue_symbol for known in followed])
        return [
            Socket(
                name=f"public-{number}",
                url=self.ws + _PATH,
                topics=((STATES,) if number == 1 else ()) + tuple(t for symbol in symbols for t in topics_of(symbol)),
                limits_s=limits_s(symbols),
                riders=RIDERS,
                symbols=symbols,
            )
            for number, symbols in enumerate(groups, 1)
        ]

    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """What accrued of funding, after each hour."""
        perpetual = [known for known in followed if known.instrument.expiry is None]
        to_hour = FUNDING_EVERY_S - self.world.clock.now() / NS_S % FUNDING_EVERY_S + _AFTER_HOUR_S
        soon_s = max(60.0, float(len(perpetual)))
        return [Poll("funding", FUNDING_EVERY_S, perpetual, self._newest_funding, to_hour, soon_s, also_now=True)]

    async def _newest_funding(self, known: Known) -> list[Item]:
        now = self.world.clock.now()
        [page] = [
            page for page in history.questions(known, now - 2 * NS_HOUR, now + NS_S) if page.read is pages.funding
        ]
        body = await self.rest.get(page.path, page.params)
        return pages.funding(body, known, self.world.clock.now(), Origin.LIVE)

    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """Settled funding, then candles."""
        for page in history.questions(known, since, until):
            body = await self.rest.get(page.path, page.params, share=SHARE)
            items = page.read(body, known, self.world.clock.now())
            if items:
                take(items)

    def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """Trades by time or by number, and who was liquidated in them."""

        async def ask(path: str, params: history.Params) -> bytes:
            return await self.rest.get(path, params, share=TRADES_SHARE)

        return history.trades(ask, self.world.clock.now, known, since, until, from_id)

    def book_topic(self, symbol: str) -> str | None:
        """A book begins anew with a snapshot."""
        return book_topic(symbol)
