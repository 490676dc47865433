"""Bybit's frames → our items. Pure of I/O: the same frames in the same order give the same items, live and recorded.

A frame's ``topic`` says what its ``data`` is; a row that cannot be read costs only itself. Nothing raises. What
deltas need is remembered: tickers, and books of ``orderbook.50`` (and of ``orderbook.1`` as it was until 2025).

Source: Bybit v5 docs, "WebSocket Stream / Public".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

import msgspec

from fbkit.feeds.book import Rung, depth_quote
from fbkit.feeds.bybit import until_2025
from fbkit.feeds.bybit.book import Book, Books
from fbkit.feeds.bybit.symbols import assume
from fbkit.feeds.bybit.ticker import Tickers
from fbkit.feeds.bybit.wire import (
    CHANNEL_OF,
    AllLiquidation,
    Envelope,
    Kline,
    OrderBook,
    PublicTrade,
    Ticker,
)
from fbkit.feeds.decoding import MALFORMED, each, hashed, malformed
from fbkit.feeds.instruments import Instruments, Known
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    TIMEFRAMES,
    Bar,
    Control,
    Ignored,
    Item,
    Liquidation,
    Quote,
    Rejected,
    Side,
    Trade,
)

R = TypeVar("R")

_BUY, _SELL = Side.BUY, Side.SELL

#: Their word for a timeframe, and ours.
INTERVALS = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "240": "4h", "D": "1d"}

#: A depth quote of a symbol is told this often at most (ns of event time); the venue sends up to fifty a second.
DEPTH_CADENCE = 500 * NS_MS

_envelope = msgspec.json.Decoder(Envelope, strict=False)
_trades = msgspec.json.Decoder(list[PublicTrade], strict=False)
_book = msgspec.json.Decoder(OrderBook, strict=False)
_ticker = msgspec.json.Decoder(Ticker, strict=False)
_liquidations = msgspec.json.Decoder(list[AllLiquidation], strict=False)
_klines = msgspec.json.Decoder(list[Kline], strict=False)
_old_liquidation = msgspec.json.Decoder(until_2025.Liquidation, strict=False)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Parser:
    """Reads frames, given the instruments that are followed.

    ``flipped`` names channels to be read the other way; of this venue nothing is in doubt but ``liquidation``'s past
    (see :mod:`fbkit.feeds.bybit.until_2025`).

    >>> from fbkit.feeds.bybit.symbols import assume
    >>> parser = Parser(Instruments([assume("BTCUSDT")]))
    >>> frame = (b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":2,"data":[{"T":1,"s":"BTCUSDT","S":"Buy",'
    ...          b'"v":"0.001","p":"16578.50","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false}]}')
    >>> [trade] = parser.frame(frame, 3_000_000)
    >>> trade.price, trade.side.name, trade.ts_event
    (16578.5, 'BUY', 1000000)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments = instruments
        self.books = Books()
        self._tops = until_2025.Tops()
        self._tickers = Tickers()
        self._told_depth: dict[str, int] = {}
        self._by_symbol = instruments.by_symbol
        dead: tuple[Literal["long", "short"], Literal["long", "short"]] = ("long", "short")
        self._died = dict(zip(("Buy", "Sell"), dead[::-1] if "liquidation" in flipped else dead, strict=True))
        self._readers: dict[str, Callable[[Envelope, str, int], list[Item]]] = {
            "publicTrade": self._public_trade,
            "orderbook": self._orderbook,
            "tickers": self._ticker,
            "allLiquidation": self._all_liquidation,
            "kline": self._kline,
            "liquidation": self._liquidation_until_2025,
        }

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        try:
            envelope = _envelope.decode(payload)
        except MALFORMED:
            return [_unwrapped(payload)]
        word, _, rest = envelope.topic.partition(".")
        reader = self._readers.get(word)
        if reader is None:
            return [Rejected("", "unknown", payload[:SAMPLE_BYTES])]
        return reader(envelope, rest, ts_recv) or [Control("empty", envelope.topic)]

    def forget(self, symbols: Iterable[str]) -> None:
        """The connection of these symbols was cut: what deltas changed is not to be trusted until the next snapshot."""
        symbols = list(symbols)
        known = [self._by_symbol[symbol].name for symbol in symbols if symbol in self._by_symbol]
        self._tickers.forget(symbols, known)
        self.books.forget(symbols)
        self._tops.forget(symbols)
        for symbol in symbols:
            self._told_depth.pop(symbol, None)

    # one topic each

    def _public_trade(self, envelope: Envelope, symbol: str, ts_recv: int) -> list[Item]:
        """``S`` is the taker's side. A block trade is agreed on beside the book: not of this market."""
        known = self._known(symbol)

        def item(row: PublicTrade) -> Item:
            if row.s != symbol:
                return malformed("trade", msgspec.json.encode(row))
            if known is None:
                return _stranger("trade", symbol)
            if row.BT:
                return Ignored("trade", "other_market")
            return Trade(
                known.name,
                row.T * NS_MS,
                ts_recv,
                hashed(row.i),
                row.p / known.unit_mult,
                row.v * known.size_mult,
                _BUY if row.S == "Buy" else _SELL,
            )

        return _rows(envelope, _trades, PublicTrade, "trade", known, item)

    def _orderbook(self, envelope: Envelope, rest: str, ts_recv: int) -> list[Item]:
        """Level 1 is a quote, every other depth a book of which the top five are told."""
        depth, _, symbol = rest.partition(".")
        channel = "quote" if depth == "1" else "depth"
        known = self._known(symbol)
        if not depth.isdigit():
            return [Rejected("", "unknown", msgspec.json.encode(envelope)[:SAMPLE_BYTES])]
        data = _read(envelope, _book)
        if data is None or data.s != symbol or envelope.type not in {"snapshot", "delta"}:
            return [malformed(channel, msgspec.json.encode(envelope), known.name if known else "")]
        if known is None:
            return [_stranger(channel, symbol)]
        ts_event = (envelope.cts or envelope.ts) * NS_MS or ts_recv
        if channel == "quote":
            return [self._quote(envelope, data, known, ts_event, ts_recv)]
        return [self._depth(envelope, data, known, ts_event, ts_recv)]

    def _quote(self, envelope: Envelope, data: OrderBook, known: Known, ts_event: int, ts_recv: int) -> Item:
        """Whole since 2025-03-20; before, deltas. What is said again after three calm seconds has the old ``seq``."""
        top: tuple[list[Rung], list[Rung]] | None = (data.b, data.a)
        if envelope.type == "delta":
            top = self._tops.changed(data)
        else:
            self._tops.whole(data)
        if top is None:
            return Ignored("quote", "no_state")
        bids, asks = top
        unit, coins = known.unit_mult, known.coins
        bid, bid_size = bids[0] if bids else (None, None)
        ask, ask_size = asks[0] if asks else (None, None)
        return Quote(
            known.name,
            ts_event,
            ts_recv,
            data.seq or data.u,
            None if bid is None else bid / unit,
            None if bid is None or bid_size is None else coins(bid_size, bid),
            None if ask is None else ask / unit,
            None if ask is None or ask_size is None else coins(ask_size, ask),
        )

    def _depth(self, envelope: Envelope, data: OrderBook, known: Known, ts_event: int, ts_recv: int) -> Item:
        book = _moved(self.books, envelope, data)
        if not isinstance(book, Book):
            return Ignored("depth", book)
        told = self._told_depth.get(data.s)
        if told is not None and told <= ts_event < told + DEPTH_CADENCE:
            return Ignored("depth", "within_cadence")
        self._told_depth[data.s] = ts_event
        bids, asks = book.top()
        return depth_quote(bids, asks, known, data.seq or data.u, ts_event, ts_recv)

    def _ticker(self, envelope: Envelope, symbol: str, ts_recv: int) -> list[Item]:
        """Mark, open interest and day, as far as they are due."""
        data = _read(envelope, _ticker)
        known = self._known(symbol)
        if data is None or data.symbol not in {symbol, ""} or envelope.type not in {"snapshot", "delta"}:
            return [malformed("mark", msgspec.json.encode(envelope), known.name if known else "")]
        if known is None:
            return [_stranger("mark", symbol)]
        said = self._tickers.start(symbol, data) if envelope.type == "snapshot" else self._tickers.merge(symbol, data)
        if said is None:
            return [Ignored("mark", "no_state")]
        events = self._tickers.due(said, known, envelope.ts * NS_MS or ts_recv, ts_recv)
        if not events:
            return [Ignored("mark", "within_cadence")]
        return [events[0] if len(events) == 1 else tuple(events)]

    def _all_liquidation(self, envelope: Envelope, symbol: str, ts_recv: int) -> list[Item]:
        known = self._known(symbol)
        return _rows(
            envelope,
            _liquidations,
            AllLiquidation,
            "liquidation",
            known,
            lambda row: self._liquidation(row, symbol, known, ts_recv),
        )

    def _liquidation_until_2025(self, envelope: Envelope, symbol: str, ts_recv: int) -> list[Item]:
        data = _read(envelope, _old_liquidation)
        known = self._known(symbol)
        if data is None:
            return [malformed("liquidation", msgspec.json.encode(envelope), known.name if known else "")]
        return [self._liquidation(data.as_new(), symbol, known, ts_recv)]

    def _liquidation(self, row: AllLiquidation, symbol: str, known: Known | None, ts_recv: int) -> Item:
        """``S`` is the side of the position: ``Buy`` says that a long was liquidated, at its bankruptcy price."""
        if row.s != symbol:
            return malformed("liquidation", msgspec.json.encode(row))
        if known is None:
            return _stranger("liquidation", symbol)
        return Liquidation(
            known.name, row.T * NS_MS, ts_recv, self._died[row.S], row.p / known.unit_mult, row.v * known.size_mult
        )

    def _kline(self, envelope: Envelope, rest: str, ts_recv: int) -> list[Item]:
        """A candle becomes a bar when it is confirmed; its ``end`` is the last millisecond, ours the instant after."""
        interval, _, symbol = rest.partition(".")
        known = self._known(symbol)
        tf = INTERVALS.get(interval, "")

        def item(row: Kline) -> Item:
            if known is None or tf not in TIMEFRAMES:
                return _stranger("bar", symbol)
            if not row.confirm:
                return Ignored("bar", "open_bar")
            unit = known.unit_mult
            return Bar(
                known.name,
                (row.end + 1) * NS_MS,
                ts_recv,
                tf,
                row.open / unit,
                row.high / unit,
                row.low / unit,
                row.close / unit,
                row.volume * known.size_mult,
                row.turnover,
            )

        return _rows(envelope, _klines, Kline, "bar", known, item)

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)


def _rows(
    envelope: Envelope,
    decoder: msgspec.json.Decoder[list[R]],
    kind: type[R],
    channel: str,
    known: Known | None,
    item: Callable[[R], Item],
) -> list[Item]:
    """An item a row: decoded all at once, and one by one where that fails."""
    try:
        rows = decoder.decode(envelope.data)
    except MALFORMED:
        return each(envelope.data, kind, channel, known.name if known else "", item)
    return [item(row) for row in rows]


def _read(envelope: Envelope, decoder: msgspec.json.Decoder[R]) -> R | None:
    try:
        return decoder.decode(envelope.data)
    except MALFORMED:
        return None


def _moved(books: Books, envelope: Envelope, data: OrderBook) -> Book | Literal["no_state", "unchanged"]:
    """The book with what the frame says applied, or why it was not."""
    if envelope.type == "snapshot":
        return books.start(data)
    book = books.following(data)
    if book is None:
        return "no_state"
    return book if book.update(data) else "unchanged"


def _stranger(channel: str, symbol: str) -> Ignored:
    return Ignored(channel, "other_market" if assume(symbol) is None else "not_subscribed")


def _unwrapped(payload: bytes) -> Item:
    """A frame that is no data as we know it: an answer, a pong, an error, or damage."""
    try:
        fields: dict[str, Any] = _object.decode(payload)
        words = {
            key: msgspec.json.decode(fields[key]) for key in ("topic", "op", "success", "ret_msg") if key in fields
        }
    except MALFORMED:
        return Rejected("", "malformed", payload[:SAMPLE_BYTES])
    if "topic" in words:
        channel = CHANNEL_OF.get(str(words["topic"]).partition(".")[0], "")
        return Rejected(channel, "malformed", payload[:SAMPLE_BYTES])
    if "op" not in words:
        return Rejected("", "unknown", payload[:SAMPLE_BYTES])
    kind = "answer" if words.get("success", True) else "error"
    if words["op"] in ("ping", "pong"):
        kind = "pong"
    return Control(kind, payload[:SAMPLE_BYTES].decode("utf-8", "replace"))
