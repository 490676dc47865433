"""Deribit's recordings → items.

Source: the live parser and pages of :mod:`fbkit.feeds.deribit`. Recordings hold options too: their books are watched,
and told to nobody.
"""

from __future__ import annotations

from typing import ClassVar

from fbkit.feeds.deribit import VENUE, pages
from fbkit.feeds.deribit.parse import Parser
from fbkit.feeds.deribit.symbols import assume
from fbkit.feeds.recorded.reader import Page, VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Instrument, Item

_PUBLIC = "/api/v2/public/"

_PAGES: dict[str, tuple[str, Page]] = {
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
            return self.learn(path, frame, self._listed)
        if word not in _PAGES:
            return None
        channel, read = _PAGES[word]
        return self.about(query.get("instrument_name", ""), frame, read, channel)

    def _listed(self, body: bytes) -> None:
        self.instruments.introduce(pages.instruments(body))
