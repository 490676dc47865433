"""Binance's recordings → items: the live parser, plus what a recording must guess or remember.

Instruments are met as they speak: introduced by the recording's own instrument list where it has one, assumed from
their symbols where not. REST answers go to the page they are. Diff streams are put together into books.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import msgspec

from fbkit.feeds.binance import VENUE, pages
from fbkit.feeds.binance.book import Books, Break
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.poll import RATIOS
from fbkit.feeds.binance.symbols import Instruments, Known, listing_of
from fbkit.feeds.recorded.broken import Broken
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import SAMPLE_BYTES, Control, Ignored, Item, Rejected
from fbkit.model.events import RatioKind

Page = Callable[[bytes, Known, int], list[Item]]


def _ratio(kind: RatioKind) -> Page:
    return lambda body, known, ts: pages.ratios(body, kind, known, ts)


_PAGES: dict[str, Page] = {
    "/fapi/v1/klines": pages.klines,
    "/fapi/v1/aggTrades": pages.agg_trades,
    "/fapi/v1/openInterest": pages.open_interest,
    "/fapi/v1/fundingRate": pages.funding,
    "/futures/data/openInterestHist": pages.open_interest_history,
    **{path: _ratio(kind) for kind, path in RATIOS.items()},
}


class BinanceReader:
    """Reads one recording; keeps what it has learnt from one frame to the next."""

    def __init__(self) -> None:
        self.instruments = Instruments(assuming=True)
        self.breaks: list[Broken] = []
        self._now = 0
        self.parser = Parser(self.instruments, Books(self._broke))

    def read(self, frame: Frame) -> list[Item]:
        """The items of one frame; the listings of whoever is met in it come first."""
        self._now = frame.ts_recv
        items = self._page(frame) if frame.is_http else self._frame(frame)
        fresh = self.instruments.fresh
        if fresh:
            items = [*(listing_of(instrument, frame.ts_recv) for instrument in fresh), *items]
            fresh.clear()
        return items

    def _frame(self, frame: Frame) -> list[Item]:
        items = self.parser.frame(frame.payload, frame.ts_recv)
        if len(items) == 1 and isinstance(items[0], Rejected) and items[0].reason == "unknown":
            return self._bare_page(frame, items)
        return items

    def _bare_page(self, frame: Frame, items: list[Item]) -> list[Item]:
        """Some recorders put REST answers among the frames: an open interest says of itself what it is."""
        try:
            row = msgspec.json.decode(frame.payload, type=_OpenInterest)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return items
        return self._of(
            row.symbol, "open_interest", lambda known: _PAGES["/fapi/v1/openInterest"](frame.payload, known, self._now)
        )

    def _page(self, frame: Frame) -> list[Item]:
        parts = urlsplit(frame.url)
        symbol = parse_qs(parts.query).get("symbol", [""])[0]
        path = parts.path
        try:
            if path == "/fapi/v1/exchangeInfo":
                self.instruments.introduce(pages.exchange(frame.payload)[1])
                return [Control("page", path)]
            if path == "/fapi/v1/fundingInfo":
                self.instruments.set_funding_hours(pages.funding_hours(frame.payload))
                return [Control("page", path)]
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return [Rejected("listing", "malformed", frame.payload[:SAMPLE_BYTES])]
        if path == "/fapi/v1/depth":
            return self.parser.snapshot(frame.payload, symbol, frame.ts_recv)
        page = _PAGES.get(path)
        if page is None:
            return [Control("page", path)]
        symbol = symbol or _symbol_in(frame.payload)
        return self._of(symbol, "", lambda known: page(frame.payload, known, frame.ts_recv)) or [Control("empty", path)]

    def _of(self, symbol: str, channel: str, read: Callable[[Known], list[Item]]) -> list[Item]:
        known = self.instruments.by_symbol.get(symbol) or self.instruments.meet(symbol)
        return [Ignored(channel, "other_market")] if known is None else read(known)

    def _broke(self, broken: Break) -> None:
        known = self.instruments.by_symbol.get(broken.symbol)
        name = known.name if known else broken.symbol
        sentence = (
            f"{name}: the book expected an update after {broken.expected} and got one after {broken.received}; "
            "no depth until the next snapshot"
        )
        self.breaks.append(Broken(VENUE, name, "depth", self._now, sentence))


class _OpenInterest(msgspec.Struct):
    symbol: str
    openInterest: str
    time: int


class _Symbol(msgspec.Struct):
    symbol: str = ""


def _symbol_in(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Symbol).symbol
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""
