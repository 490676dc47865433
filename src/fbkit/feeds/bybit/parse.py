"""Bybit's frames → our items. Pure of I/O: the same frames in the same order give the same items, live and recorded.

A frame's ``topic`` says what its ``data`` is; a row that cannot be read costs only itself. Nothing raises. What
deltas need is remembered: tickers, and books of ``orderbook.50`` (and of ``orderbook.1`` as it was until 2025).

Source: Bybit v5 docs, "WebSocket Stream / Public".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from fbkit.feeds.bybit import until_2025
from fbkit.feeds.bybit.apart import read, rows, spoilt, unwrapped
from fbkit.feeds.bybit.quotes import Quotes
from fbkit.feeds.bybit.symbols import assume
from fbkit.feeds.bybit.ticker import Tickers
from fbkit.feeds.bybit.wire import (
    AllLiquidation,
    Envelope,
    Kline,
    OrderBook,
    PublicTrade,
    Ticker,
)
from fbkit.feeds.decoding import MALFORMED, hashed, malformed
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
    Rejected,
    Side,
    Trade,
)

_BUY, _SELL = Side.BUY, Side.SELL

#: Their word for a timeframe, and ours.
INTERVALS = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "240": "4h", "D": "1d"}

_envelope = msgspec.json.Decoder(Envelope, strict=False)
_trades = msgspec.json.Decoder(list[PublicTrade], strict=False)
_book = msgspec.json.Decoder(OrderBook, strict=False)
_ticker = msgspec.json.Decoder(Ticker, strict=False)
_liquidations = msgspec.json.Decoder(list[AllLiquidation], strict=False)
_klines = msgspec.json.Decoder(list[Kline], strict=False)
_old_liquidation = msgspec.json.Decoder(until_2025.Liquidation, strict=False)


class Parser:
    """Reads frames, given the instruments that are followed. Nothing of this venue is in doubt: none is ``flipped``.

    >>> from fbkit.feeds.bybit.symbols import assume
    >>> parser = Parser(Instruments([assume("BTCUSDT")]))
    >>> frame = (b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":2,"data":[{"T":1,"s":"BTCUSDT","S":"Buy",'
    ...          b'"v":"0.001","p":"16578.50","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false}]}')
    >>> [trade] = parser.frame(frame, 3_000_000)
    >>> trade.price, trade.side.name, trade.ts_event
    (16578.5, 'BUY', 1000000)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments, self.flipped = instruments, flipped
        self._quotes = Quotes()
        self.books = self._quotes.books
        self._tickers = Tickers()
        self._by_symbol = instruments.by_symbol
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
            return [unwrapped(payload)]
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
        self._quotes.forget(symbols)

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

        return rows(envelope, _trades, PublicTrade, "trade", known, item)

    def _orderbook(self, envelope: Envelope, rest: str, ts_recv: int) -> list[Item]:
        """Level 1 is a quote, every other depth a book of which the top five are told."""
        depth, _, symbol = rest.partition(".")
        channel = "quote" if depth == "1" else "depth"
        known = self._known(symbol)
        if not depth.isdigit():
            return [Rejected("", "unknown", msgspec.json.encode(envelope)[:SAMPLE_BYTES])]
        data = read(envelope, _book)
        if data is None or data.s != symbol or envelope.type not in {"snapshot", "delta"}:
            return [spoilt(channel, envelope, known)]
        if known is None:
            return [_stranger(channel, symbol)]
        if channel == "quote":
            return [self._quotes.best(envelope, data, known, ts_recv)]
        return [self._quotes.depth(envelope, data, known, ts_recv)]

    def _ticker(self, envelope: Envelope, symbol: str, ts_recv: int) -> list[Item]:
        """Mark, open interest and day, as far as they are due."""
        data = read(envelope, _ticker)
        known = self._known(symbol)
        if data is None or data.symbol not in {symbol, ""} or envelope.type not in {"snapshot", "delta"}:
            return [spoilt("mark", envelope, known)]
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
        return rows(
            envelope,
            _liquidations,
            AllLiquidation,
            "liquidation",
            known,
            lambda row: self._liquidation(row, symbol, known, ts_recv),
        )

    def _liquidation_until_2025(self, envelope: Envelope, symbol: str, ts_recv: int) -> list[Item]:
        data = read(envelope, _old_liquidation)
        known = self._known(symbol)
        if data is None:
            return [spoilt("liquidation", envelope, known)]
        return [self._liquidation(data.as_new(), symbol, known, ts_recv)]

    def _liquidation(self, row: AllLiquidation, symbol: str, known: Known | None, ts_recv: int) -> Item:
        """``S`` is the side of the position: ``Buy`` says that a long was liquidated, at its bankruptcy price."""
        if row.s != symbol:
            return malformed("liquidation", msgspec.json.encode(row))
        if known is None:
            return _stranger("liquidation", symbol)
        died: Literal["long", "short"] = "long" if row.S == "Buy" else "short"
        return Liquidation(known.name, row.T * NS_MS, ts_recv, died, row.p / known.unit_mult, row.v * known.size_mult)

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

        return rows(envelope, _klines, Kline, "bar", known, item)

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)


def _stranger(channel: str, symbol: str) -> Ignored:
    return Ignored(channel, "other_market" if assume(symbol) is None else "not_subscribed")
