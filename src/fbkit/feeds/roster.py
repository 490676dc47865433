"""Who is listed at a venue, whom we follow, and what changes while we run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from fbkit.feeds.instruments import Instruments, Known, listing_of
from fbkit.model import Instrument, Listing

log = logging.getLogger(__name__)

#: The status of a contract that can be traded; venues' own words for the others are told in lower case.
TRADING = "trading"

#: An answer that lacks more than a few, or this share, of whom we follow is a mood of the venue and no news.
_FEW, _BELIEVABLE = 2, 0.5


class Ranked(NamedTuple):
    """A contract that we could follow, and its USD volume of 24 h."""

    instrument: Instrument
    volume_usd: float


class News(NamedTuple):
    """What a newer list says: events, whom to follow from now on, and whose numbers mean something else now."""

    listings: list[Listing]
    newly: list[Known]
    redefined: list[str]


class Roster:
    """The instruments we follow, out of those that a venue lists.

    >>> from fbkit.feeds.binance.symbols import assume
    >>> roster = Roster(Instruments(), 1)
    >>> roster.choose([Ranked(assume("BTCUSDT"), 2.0), Ranked(assume("ETHUSDT"), 1.0)])
    >>> [known.name for known in roster.followed()]
    ['binance:BTC-USDT-PERP']
    """

    def __init__(self, instruments: Instruments, count: int) -> None:
        self._instruments, self._count = instruments, count
        self._passed_over: set[str] = set()

    def followed(self) -> list[Known]:
        """Whom we follow, as long as they are traded."""
        return [known for known in self._instruments if known.instrument.status == TRADING]

    def listings(self, ts: int) -> list[Listing]:
        """An event for each that we follow."""
        return [listing_of(known.instrument, ts) for known in self.followed()]

    def choose(self, ranked: Sequence[Ranked]) -> None:
        """Follow the largest; the others that are traded now are passed over for good."""
        for row in self._largest(ranked):
            self._instruments.follow(row.instrument)
        traded = {row.instrument.venue_symbol for row in ranked if row.instrument.status == TRADING}
        self._passed_over = traded - set(self._instruments.by_symbol)

    def learn(self, ranked: Sequence[Ranked], ts: int) -> News:
        """Take in a newer list, read at ``ts`` (UTC ns)."""
        news = News([], [], [])
        listed = {row.instrument.venue_symbol: row.instrument for row in ranked}
        known_by = self._instruments.by_symbol
        missing = sum(symbol not in listed for symbol in known_by)
        if not ranked or missing > max(_FEW, _BELIEVABLE * len(known_by)):
            log.warning("a list of %d contracts lacks most of those we follow: not believed", len(ranked))
            return news
        for known in list(self._instruments):
            self._renew(known, listed.get(known.instrument.venue_symbol), ts, news)
        for row in self._largest(ranked):
            symbol = row.instrument.venue_symbol
            if symbol not in known_by and symbol not in self._passed_over:
                news.newly.append(self._instruments.follow(row.instrument))
                news.listings.append(listing_of(row.instrument, ts))
        return news

    def _renew(self, known: Known, newer: Instrument | None, ts: int, news: News) -> None:
        old = known.instrument
        if newer is None:
            # Out of the list; a status other than "trading" that we heard before it went is its last.
            newer = old if old.status != TRADING else msgspec.structs.replace(old, status="delisted")
        if newer == old:
            return
        if newer.name != old.name:
            news.listings.append(listing_of(msgspec.structs.replace(old, status="renamed"), ts))
            self._instruments.drop(old.venue_symbol)
        if _meaning(newer) != _meaning(old):
            log.warning("%s: its numbers mean something else from now on (%s → %s)", old.name, old, newer)
            news.redefined.append(old.venue_symbol)
        self._instruments.follow(newer)
        news.listings.append(listing_of(newer, ts))

    def _largest(self, ranked: Sequence[Ranked]) -> list[Ranked]:
        """By volume, and each name once: ``PEPE`` and ``1000PEPE`` at one venue would be one instrument."""
        traded = (row for row in ranked if row.instrument.status == TRADING)
        largest: dict[str, Ranked] = {}
        for row in sorted(traded, key=lambda row: (-row.volume_usd, row.instrument.name)):
            first = largest.setdefault(row.instrument.name, row)
            if first is not row:
                log.warning("%s is listed twice, as %s and %s: the larger is followed", row.instrument.name,
                            first.instrument.venue_symbol, row.instrument.venue_symbol)  # fmt: skip
        return list(largest.values())[: self._count]


def _meaning(instrument: Instrument) -> tuple[object, ...]:
    return instrument.name, instrument.contract_size, instrument.unit_mult, instrument.inverse
