"""Bybit's recordings → items: the live parser, and the pages that recorders asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from fbkit.feeds.bybit import VENUE, pages
from fbkit.feeds.bybit.parse import Parser
from fbkit.feeds.bybit.symbols import assume
from fbkit.feeds.decoding import MALFORMED, malformed
from fbkit.feeds.instruments import Known
from fbkit.feeds.recorded.reader import VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Control, Ignored, Instrument, Item

_PAGES: dict[str, tuple[str, Callable[[bytes, Known, int], list[Item]]]] = {
    "/v5/market/kline": ("bar", pages.klines),
    "/v5/market/recent-trade": ("trade", pages.recent_trades),
    "/v5/market/open-interest": ("open_interest", pages.open_interest_history),
    "/v5/market/account-ratio": ("ratio", pages.account_ratios),
    "/v5/market/funding/history": ("funding", pages.funding),
}

#: The one interval of candles that a page's rows do not tell, and we ask for.
_MINUTE = "1"


class BybitReader(VenueReader):
    """Reads one recording; keeps what it has learnt from one frame to the next."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = False

    def __init__(self, flipped: frozenset[str] = frozenset()) -> None:
        super().__init__(flipped)
        self._hours: dict[str, float] = {}

    def assume(self, symbol: str) -> Instrument | None:
        """What a symbol must mean where no instrument list was heard."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """The live parser."""
        return Parser(self.instruments, self.flipped)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """The items of a REST answer; ``None`` where it is no page of ours."""
        if path == "/v5/market/instruments-info":
            return self._list(path, frame)
        channel, read = _PAGES.get(path, ("", None))
        if read is None or query.get("interval", _MINUTE) != _MINUTE:
            return None
        symbol = query.get("symbol", "")
        known = self.instruments.by_symbol.get(symbol) or self.instruments.meet(symbol)
        return [Ignored(channel, "other_market")] if known is None else read(frame.payload, known, frame.ts_recv)

    def _list(self, path: str, frame: Frame) -> list[Item]:
        try:
            listed = pages.instruments(frame.payload)
        except MALFORMED:
            return [malformed("listing", frame.payload)]
        self.instruments.introduce(listed.instruments)
        self._hours |= listed.hours
        self.instruments.set_funding_hours(self._hours)
        return [Control("page", path)]
