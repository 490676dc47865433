"""Binance's recordings."""

from __future__ import annotations

from functools import partial

import msgspec

from fbkit.feeds.binance import VENUE, pages, symbols
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.decoding import decoded
from fbkit.feeds.recorded.reader import Page, VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Instrument, Item, Rejected
from fbkit.model.events import RatioKind

#: Hours between settlements of perpetuals that ``fundingInfo`` leaves out.
_USUAL_HOURS = 8.0


class BinanceReader(VenueReader):
    """Diff streams are put together into books; aggregated trades count one by one."""

    venue = VENUE
    contiguous = True
    parser: Parser

    def __init__(self, flipped: frozenset[str] = frozenset()) -> None:
        super().__init__(flipped)
        both_sides = "open_interest" in flipped
        interest = partial(pages.open_interest, both_sides=both_sides)
        interests = partial(pages.open_interest_history, both_sides=both_sides)
        self._pages: dict[str, tuple[str, Page]] = {
            "/fapi/v1/klines": ("bar", pages.klines),
            "/fapi/v1/aggTrades": ("trade", pages.agg_trades),
            "/fapi/v1/openInterest": ("open_interest", interest),
            "/fapi/v1/fundingRate": ("funding", pages.funding),
            "/futures/data/openInterestHist": ("open_interest", interests),
            **{path: ("ratio", _ratio(kind)) for kind, path in pages.RATIOS.items()},
        }

    def assume(self, symbol: str) -> Instrument | None:
        """A linear contract, by its spelling."""
        return symbols.assume(symbol)

    def make_parser(self) -> Parser:
        """As live."""
        return Parser(self.instruments, self.flipped)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """A page by its path; lists teach us and give nothing."""
        symbol = query.get("symbol", "")
        if path in {"/fapi/v1/exchangeInfo", "/fapi/v1/fundingInfo"}:
            return self.learn(path, frame, self._contracts if path.endswith("exchangeInfo") else self._intervals)
        if path == "/fapi/v1/depth":
            return self.parser.snapshot(frame.payload, symbol, frame.ts_recv)
        if path == "/fapi/v1/premiumIndex":
            return pages.marks(frame.payload, self.instruments, frame.ts_recv)
        if path not in self._pages:
            return None
        channel, page = self._pages[path]
        return self.about(symbol or _symbol_in(frame.payload), frame, page, channel)

    def read(self, frame: Frame) -> list[Item]:
        """Some recorders put REST answers among the frames: an open interest says of itself what it is."""
        items = super().read(frame)
        last = items[-1]
        if frame.is_http or not (isinstance(last, Rejected) and last.reason == "unknown"):
            return items
        if decoded(frame.payload, _OpenInterest) is None:
            return items
        return super().read(frame._replace(is_http=True, url="/fapi/v1/openInterest"))

    def _contracts(self, body: bytes) -> None:
        self.instruments.introduce(pages.exchange(body)[1])

    def _intervals(self, body: bytes) -> None:
        self.instruments.set_funding_hours(pages.funding_hours(body), _USUAL_HOURS)


def _ratio(kind: RatioKind) -> Page:
    return lambda body, known, ts: pages.ratios(body, kind, known, ts)


class _OpenInterest(msgspec.Struct):
    symbol: str
    openInterest: str
    time: int


class _Symbol(msgspec.Struct):
    symbol: str = ""


def _symbol_in(body: bytes) -> str:
    row = decoded(body, _Symbol)
    return row.symbol if row else ""
