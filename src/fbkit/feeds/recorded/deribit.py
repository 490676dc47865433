"""Deribit's recordings → items.

Source: the live parser and pages of :mod:`fbkit.feeds.deribit`. Recordings hold options too: their books are watched,
and told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from fbkit.feeds.decoding import MALFORMED, malformed
from fbkit.feeds.deribit import VENUE, pages
from fbkit.feeds.deribit.parse import Parser
from fbkit.feeds.deribit.symbols import assume
from fbkit.feeds.instruments import Known
from fbkit.feeds.recorded.reader import VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Ignored, Instrument, Item

_PUBLIC = "/api/v2/public/"

_PAGES: dict[str, tuple[str, Callable[[bytes, Known, int], list[Item]]]] = {
    "get_tradingview_chart_data": ("bar", pages.klines),
    "get_funding_rate_history": ("funding", pages.funding),
    "get_last_trades_by_instrument": ("trade", pages.trades),
    "get_last_trades_by_instrument_and_time": ("trade", pages.trades),
}


class DeribitReader(VenueReader):
    """See :class:`~fbkit.feeds.recorded.reader.VenueReader`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = True

    def assume(self, symbol: str) -> Instrument | None:
        """A perpetual or a dated future."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """The live one."""
        return Parser(self.instruments, self.flipped)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """The instrument list is learnt, the pages of the past are read."""
        word = path.removeprefix(_PUBLIC)
        if word == "get_instruments":
            return self._listed(frame)
        if word not in _PAGES:
            return None
        channel, read = _PAGES[word]
        symbol = query.get("instrument_name", "")
        known = self.instruments.by_symbol.get(symbol) or self.instruments.meet(symbol)
        if known is None:
            return [Ignored(channel, "other_market")]
        return read(frame.payload, known, frame.ts_recv)

    def _listed(self, frame: Frame) -> list[Item] | None:
        try:
            self.instruments.introduce(pages.instruments(frame.payload))
        except MALFORMED:
            return [malformed("listing", frame.payload)]
        return None
