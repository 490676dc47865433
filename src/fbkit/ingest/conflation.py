"""Conflation: of many quotes of one instrument and channel, the newest of each cadence is kept."""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.ingest.accounting import Account
from fbkit.ingest.sequence import is_old
from fbkit.model import Quote


class Conflation:
    """Holds one quote per (instrument, channel) until its time has come.

    The held quote leaves before the first of: the next event of its stream that comes ``cadence`` (ns of event time)
    or more after the last release; the next Beat. A quote that replaces the held one counts ``conflated``, an older
    or equal one ``duplicate``. A cadence of 0 holds nothing.
    """

    def __init__(self, cadence: int) -> None:
        self.cadence = cadence
        self._held: dict[tuple[str, int], tuple[Quote, Account]] = {}
        self._released: dict[tuple[str, int], int] = {}

    def offer(self, quote: Quote, account: Account) -> Quote | None:
        """Take a quote; returns the one that leaves, if any."""
        if not self.cadence:
            return quote
        key = (quote.instrument, quote.levels)
        held = self._held.get(key)
        if held is None:
            self._held[key] = (quote, account)
            account.held += 1
            return None
        before = held[0]
        if quote.venue_id <= before.venue_id and is_old(quote, before):
            account.duplicate += 1
            return None
        self._held[key] = (quote, account)
        last = self._released.get(key)
        if last is not None and quote.ts_event - last < self.cadence:
            account.conflated += 1
            return None
        self._released[key] = quote.ts_event
        return before

    def release_all(self, ts_event: int) -> Iterator[tuple[Quote, Account]]:
        """Let go of every held quote, at a Beat. The caller takes each over from ``account.held``."""
        held, self._held = self._held, {}
        for key, pair in held.items():
            self._released[key] = ts_event
            yield pair
