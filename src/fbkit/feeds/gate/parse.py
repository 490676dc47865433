"""Gate's frames → our items. Pure: the same bytes and instruments give the same items, live and from recordings.

One decode into a union tagged by ``channel``; what fails it is looked at again, slowly, row by row, and becomes
``Rejected``, ``Ignored`` or ``Control``. Nothing raises.

Source: Gate "Futures WebSocket v4". Sizes read as numbers and as texts; frames of 2020 to 2026 read alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal

import msgspec

from fbkit.feeds.book import depth_quote
from fbkit.feeds.decoding import MALFORMED, malformed
from fbkit.feeds.gate.apart import Row, take_apart
from fbkit.feeds.gate.book import Book, Books
from fbkit.feeds.gate.candles import Candles as Closing
from fbkit.feeds.gate.rows import BookPage
from fbkit.feeds.gate.symbols import assume
from fbkit.feeds.gate.ticker import Ticking
from fbkit.feeds.gate.wire import (
    CHANNEL_OF,
    BookChangeRow,
    BookRow,
    BookTicker,
    BookUpdate,
    Candles,
    LiquidateRow,
    Liquidates,
    Message,
    OrderBook,
    TickerRow,
    Tickers,
    TradeRow,
    Trades,
    moment_ns,
)
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.parser import FrameByFrame
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    Control,
    Ignored,
    Item,
    Liquidation,
    Quote,
    Rejected,
    Side,
    Trade,
)

_page = msgspec.json.Decoder(BookPage, strict=False)

_NO_STATE, _UNCHANGED = Ignored("depth", "no_state"), Ignored("depth", "unchanged")
_WITHIN_CADENCE = Ignored("depth", "within_cadence")


class Parser(FrameByFrame):
    """Reads frames, given the instruments that are followed.

    ``books`` wait for REST snapshots (:meth:`snapshot`). ``flipped`` holds the channels to be read the other way:
    ``liquidation`` (the sign of a size) and ``open_interest`` (halved).

    >>> parser = Parser(Instruments([assume("BTC_USDT")]))
    >>> frame = (
    ...     b'{"time":2,"channel":"futures.trades","event":"update","result":[{"size":"-25","id":7,"create_time":1,'
    ...     b'"create_time_ms":1774443183399,"price":"83091.7","contract":"BTC_USDT"}]}'
    ... )
    >>> [trade] = parser.frame(frame, 1774443183401000000)
    >>> trade.price, trade.size, trade.side.name, trade.ts_event
    (83091.7, 0.0025, 'SELL', 1774443183399000000)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments = instruments
        self.books = Books()
        self._by_symbol = instruments.by_symbol
        self._ticking, self._closing = Ticking(flipped), Closing()
        self._long_sells = "liquidation" not in flipped
        self._decode = msgspec.json.Decoder(Message, strict=False).decode
        self._readers: dict[type, Callable[[Any, int], list[Item]]] = {
            Trades: self._trades,
            Tickers: self._tickers,
            BookTicker: self._book_ticker,
            BookUpdate: self._book_update,
            OrderBook: self._order_book,
            Candles: self._candles,
            Liquidates: self._liquidates,
        }

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        try:
            message = self._decode(payload)
        except MALFORMED:
            return self._slowly(payload, ts_recv)
        return self._readers[type(message)](message, ts_recv)

    def snapshot(self, body: bytes, symbol: str, ts_recv: int) -> list[Item]:
        """Begin a book from REST ``order_book``; ``symbol`` ``""`` if it must be guessed."""
        try:
            page = _page.decode(body)
        except MALFORMED:
            return [malformed("depth", body)]
        symbol = symbol or self.books.whose(page)
        known = self._known(symbol)
        if known is None:
            return [self._stranger("depth", symbol)]
        return [_told(self.books.start(symbol, page), known, ts_recv)]

    def forget(self, symbols: Iterable[str]) -> None:
        """A connection was cut: what was merged from its frames is no more."""
        for symbol in symbols:
            self.books.forget([symbol])
            self._closing.forget(symbol)
            known = self._by_symbol.get(symbol)
            if known is not None:
                self._ticking.forget(known)

    # one channel each

    def _trades(self, m: Trades, ts_recv: int) -> list[Item]:
        return [self._trade(row, ts_recv) for row in m.result] or [Control("empty", "futures.trades")]

    def _trade(self, row: TradeRow, ts_recv: int) -> Item:
        """``size`` below zero: the taker sold. 0 was less than a contract, and was cut off."""
        known = self._by_symbol.get(row.contract) or self._known(row.contract)
        if known is None:
            return self._stranger("trade", row.contract)
        if row.is_internal:
            return Ignored("trade", "other_market")
        size, price = row.size, row.price
        if not size:
            return _malformed("trade", row, known)
        return Trade(
            known.name,
            moment_ns(row.create_time_ms or row.create_time) or ts_recv,
            ts_recv,
            row.id,
            price / known.unit_mult,
            known.coins(abs(size), price),
            Side.SELL if size < 0 else Side.BUY,
        )

    def _tickers(self, m: Tickers, ts_recv: int) -> list[Item]:
        ts = moment_ns(m.time_ms or m.time) or ts_recv
        return [self._ticker(row, ts, ts_recv) for row in m.result] or [Control("empty", "futures.tickers")]

    def _ticker(self, row: TickerRow, ts: int, ts_recv: int) -> Item:
        known = self._by_symbol.get(row.contract) or self._known(row.contract)
        if known is None:
            return self._stranger("mark", row.contract)
        return self._ticking.item(row, known, row.t * NS_MS or ts, ts_recv)

    def _book_ticker(self, m: BookTicker, ts_recv: int) -> list[Item]:
        """An empty price is an empty side; one that is 0 is taken so, too."""
        row = m.result
        known = self._by_symbol.get(row.s) or self._known(row.s)
        if known is None:
            return [self._stranger("quote", row.s)]
        unit, coins = known.unit_mult, known.coins
        bid, ask = float(row.b or 0), float(row.a or 0)
        return [
            Quote(
                known.name,
                row.t * NS_MS or ts_recv,
                ts_recv,
                row.u,
                bid / unit if bid else None,
                coins(row.B, bid) if bid else None,
                ask / unit if ask else None,
                coins(row.A, ask) if ask else None,
            )
        ]

    def _book_update(self, m: BookUpdate, ts_recv: int) -> list[Item]:
        row = m.result
        known = self._by_symbol.get(row.s) or self._known(row.s)
        if known is None:
            return [self._stranger("depth", row.s)]
        if not row.t:
            row.t = int(m.time_ms) or ts_recv // NS_MS
        return [_told(self.books.update(row), known, ts_recv)]

    def _order_book(self, m: OrderBook, ts_recv: int) -> list[Item]:
        """The older channel: whole tops, and changes to them."""
        ts, result = moment_ns(m.time_ms or m.time) or ts_recv, m.result
        if isinstance(result, BookRow):
            return [self._whole(result, ts, ts_recv)]
        by_symbol: dict[str, list[BookChangeRow]] = {}
        for row in result:
            by_symbol.setdefault(row.c, []).append(row)
        return [item for symbol, rows in by_symbol.items() for item in self._changes(symbol, rows, ts, ts_recv)] or [
            Control("empty", "futures.order_book")
        ]

    def _whole(self, row: BookRow, ts: int, ts_recv: int) -> Item:
        known = self._known(row.contract)
        return (
            self._stranger("depth", row.contract) if known is None else _told(self.books.whole(row, ts), known, ts_recv)
        )

    def _changes(self, symbol: str, rows: list[BookChangeRow], ts: int, ts_recv: int) -> list[Item]:
        """An item a row: all but the last are only steps to what the book then is."""
        known = self._known(symbol)
        if known is None:
            return [self._stranger("depth", symbol)] * len(rows)
        told = _told(self.books.change(symbol, rows, ts), known, ts_recv)
        before = told if isinstance(told, Ignored) else _WITHIN_CADENCE
        return [*[before] * (len(rows) - 1), told]

    def _candles(self, m: Candles, ts_recv: int) -> list[Item]:
        return [
            self._closing.item(row, known, ts_recv) if known is not None else self._stranger("bar", symbol)
            for row, symbol, known in ((row, symbol, self._known(symbol)) for row, symbol in _named(m))
        ] or [Control("empty", "futures.candlesticks")]

    def _liquidates(self, m: Liquidates, ts_recv: int) -> list[Item]:
        return [self._liquidate(row, ts_recv) for row in m.result] or [Control("empty", "futures.public_liquidates")]

    def _liquidate(self, row: LiquidateRow, ts_recv: int) -> Item:
        """``size`` is the forced order's: a sale closes a long. ``price`` is the order's, not what it was filled at."""
        known = self._known(row.contract)
        if known is None:
            return self._stranger("liquidation", row.contract)
        if not row.size:
            return _malformed("liquidation", row, known)
        died: Literal["long", "short"] = "long" if (row.size < 0) == self._long_sells else "short"
        ts = moment_ns(row.time_ms or row.time) or ts_recv
        return Liquidation(
            known.name, ts, ts_recv, died, row.price / known.unit_mult, known.coins(abs(row.size), row.price)
        )

    # who is meant

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)

    def _stranger(self, channel: str, symbol: str) -> Ignored:
        """Somebody whom we could follow, or a contract of another market (inverse, quanto, an option)."""
        found = assume(symbol)
        return Ignored(channel, "other_market" if found is None or found.inverse else "not_subscribed")

    # what failed the one decode

    def _slowly(self, payload: bytes, ts_recv: int) -> list[Item]:
        read = partial(self._one, ts_recv=ts_recv)
        return [item for piece in take_apart(payload) for item in (read(piece) if isinstance(piece, Row) else [piece])]

    def _one(self, row: Row, ts_recv: int) -> list[Item]:
        """One row on its own: read, or rejected."""
        try:
            message = self._decode(row.frame)
        except MALFORMED:
            return [malformed(CHANNEL_OF[row.channel], row.frame)]
        return self._readers[type(message)](message, ts_recv)


def _named(m: Candles) -> Iterable[tuple[Any, str]]:
    """Candles with their contracts: ``1m_BTC_USDT``."""
    return ((row, row.n.partition("_")[2]) for row in m.result)


def _told(book: Book, known: Known, ts_recv: int) -> Item:
    """The top five, if it is time to tell them."""
    if not book.synced:
        return _NO_STATE
    if book.is_calm():
        return _WITHIN_CADENCE
    if not book.moved():
        return _UNCHANGED
    bids, asks = book.told
    return depth_quote(bids, asks, known, book.last or book.ts // NS_MS, book.ts or ts_recv, ts_recv)


def _malformed(channel: str, row: msgspec.Struct, known: Known) -> Rejected:
    return malformed(channel, msgspec.json.encode(row)[:SAMPLE_BYTES], known.name)
