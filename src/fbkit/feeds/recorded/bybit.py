"""Bybit's recordings → items: the live parser, and the pages that recorders asked for."""

from __future__ import annotations

from typing import ClassVar

from fbkit.feeds.bybit import VENUE, pages
from fbkit.feeds.bybit.parse import Parser
from fbkit.feeds.bybit.symbols import assume
from fbkit.feeds.recorded.reader import Page, VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Instrument, Item

_PAGES: dict[str, tuple[str, Page]] = {
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

    def assume(self, symbol: str) -> Instrument | None:
        """What a symbol must mean where no instrument list was heard."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """The live parser."""
        return Parser(self.instruments, self.flipped)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """The items of a REST answer; ``None`` where it is no page of ours."""
        if path == "/v5/market/instruments-info":
            return self.learn(path, frame, self._list)
        channel, read = _PAGES.get(path, ("", None))
        if read is None or query.get("interval", _MINUTE) != _MINUTE:
            return None
        return self.about(query.get("symbol", ""), frame, read, channel)

    def _list(self, body: bytes) -> None:
        listed = pages.instruments(body)
        self.instruments.introduce(listed.instruments)
        self.learn_hours(listed.hours)
