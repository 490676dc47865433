"""Bybit's frames → our items. Pure of I/O: the same frames in the same order give the same items, live and recorded.

A frame's ``topic`` says what its ``data`` is, so that one decode does; what fails it is looked at again, and a row
that cannot be read costs only itself. Nothing raises. What deltas need is remembered: tickers, and books of
``orderbook.50`` (and of ``orderbook.1`` as it was until 2025).

Source: Bybit v5 docs, "WebSocket Stream / Public".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from fbkit.feeds.bybit import until_2025
from fbkit.feeds.bybit.apart import pieces, unwrapped
from fbkit.feeds.bybit.kinds import KINDS
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
from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.decoding import MALFORMED, hashed, malformed
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.parser import FrameByFrame
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    TIMEFRAMES,
    Control,
    Ignored,
    Item,
    Liquidation,
    Rejected,
    Side,
    Trade,
)

_BUY, _SELL = Side.BUY, Side.SELL

#: What a frame of a book or a ticker may be.
_TYPES = frozenset({"snapshot", "delta"})

#: Their word for a timeframe, and ours.
INTERVALS = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "240": "4h", "D": "1d"}

_any = msgspec.json.Decoder(Envelope[msgspec.Raw], strict=False).decode

_TOPIC = b'"topic":"'


class Parser(FrameByFrame):
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
        self._readers: dict[str, Callable[[Envelope[Any], str, int], list[Item]]] = {
            "publicTrade": self._public_trade,
            "orderbook": self._orderbook,
            "tickers": self._ticker,
            "allLiquidation": self._all_liquidation,
            "kline": self._kline,
            "liquidation": self._liquidation_until_2025,
        }
        self._at_once = {word.encode(): (kind.decode, word, self._readers[word]) for word, kind in KINDS.items()}

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        begin = payload.find(_TOPIC) + len(_TOPIC)
        way = self._at_once.get(payload[begin : payload.find(b".", begin)])
        if way is None:
            return self._slowly(payload, ts_recv)
        decode, expected, read = way
        try:
            envelope = decode(payload)
        except MALFORMED:
            return self._slowly(payload, ts_recv)
        word, _, rest = envelope.topic.partition(".")
        if word != expected:
            return self._slowly(payload, ts_recv)
        return read(envelope, rest, ts_recv) or [Control("empty", envelope.topic)]

    def forget(self, symbols: Iterable[str]) -> None:
        """The connection of these symbols was cut: what deltas changed is not to be trusted until the next snapshot."""
        symbols = list(symbols)
        known = [self._by_symbol[symbol].name for symbol in symbols if symbol in self._by_symbol]
        self._tickers.forget(symbols, known)
        self._quotes.forget(symbols)

    # one topic each

    def _public_trade(self, envelope: Envelope[list[PublicTrade]], symbol: str, ts_recv: int) -> list[Item]:
        known = self._known(symbol)
        return [_trade(row, symbol, known, ts_recv) for row in envelope.data]

    def _orderbook(self, envelope: Envelope[OrderBook], rest: str, ts_recv: int) -> list[Item]:
        """Level 1 is a quote, every other depth a book of which the top five are told."""
        depth, _, symbol = rest.partition(".")
        channel = "quote" if depth == "1" else "depth"
        known = self._known(symbol)
        if not depth.isdigit():
            return [Rejected("", "unknown", msgspec.json.encode(envelope)[:SAMPLE_BYTES])]
        data = envelope.data
        if data.s != symbol or envelope.type not in _TYPES:
            return [_spoilt(channel, envelope, known)]
        if known is None:
            return [_stranger(channel, symbol)]
        if channel == "quote":
            return [self._quotes.best(envelope, data, known, ts_recv)]
        return [self._quotes.depth(envelope, data, known, ts_recv)]

    def _ticker(self, envelope: Envelope[Ticker], symbol: str, ts_recv: int) -> list[Item]:
        """Mark, open interest and day, as far as they are due."""
        data = envelope.data
        known = self._known(symbol)
        if data.symbol not in {symbol, ""} or envelope.type not in _TYPES:
            return [_spoilt("mark", envelope, known)]
        if known is None:
            return [_stranger("mark", symbol)]
        if self._tickers.is_late(symbol, envelope.cs, envelope.ts):
            return [Ignored("mark", "unchanged")]
        take = self._tickers.start if envelope.type == "snapshot" else self._tickers.merge
        said = take(symbol, data, envelope.cs, envelope.ts)
        if said is None:
            return [Ignored("mark", "no_state")]
        events = self._tickers.due(said, known, envelope.ts * NS_MS or ts_recv, ts_recv)
        if not events:
            return [Ignored("mark", "within_cadence")]
        return [events[0] if len(events) == 1 else tuple(events)]

    def _all_liquidation(self, envelope: Envelope[list[AllLiquidation]], symbol: str, ts_recv: int) -> list[Item]:
        known = self._known(symbol)
        return [_liquidation(row, symbol, known, ts_recv) for row in envelope.data]

    def _liquidation_until_2025(
        self, envelope: Envelope[until_2025.Liquidation], symbol: str, ts_recv: int
    ) -> list[Item]:
        return [_liquidation(envelope.data.as_new(), symbol, self._known(symbol), ts_recv)]

    def _kline(self, envelope: Envelope[list[Kline]], rest: str, ts_recv: int) -> list[Item]:
        interval, _, symbol = rest.partition(".")
        known, tf = self._known(symbol), INTERVALS.get(interval, "")
        if known is None or tf not in TIMEFRAMES:
            return [_stranger("bar", symbol)] * len(envelope.data)
        return [_bar(row, tf, known, ts_recv) for row in envelope.data]

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)

    # what failed the one decode

    def _slowly(self, payload: bytes, ts_recv: int) -> list[Item]:
        """A frame looked at again, row by row, so that a bad one costs only itself."""
        try:
            envelope = _any(payload)
        except MALFORMED:
            return [unwrapped(payload)]
        word, _, rest = envelope.topic.partition(".")
        kind = KINDS.get(word)
        if kind is None or (word == "orderbook" and not rest.partition(".")[0].isdigit()):
            return [Rejected("", "unknown", payload[:SAMPLE_BYTES])]
        known, channel = self._known(rest.rpartition(".")[2]), "quote" if rest.startswith("1.") else kind.channel
        items: list[Item] = []
        for piece in pieces(envelope, kind):
            if isinstance(piece, bytes):
                items.append(malformed(channel, piece, known.name if known else ""))
            else:
                items += self._readers[word](piece, rest, ts_recv)
        return items or [Control("empty", envelope.topic)]


def _trade(row: PublicTrade, symbol: str, known: Known | None, ts_recv: int) -> Item:
    """``S`` is the taker's side. A block trade is agreed on beside the book: not of this market."""
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


def _liquidation(row: AllLiquidation, symbol: str, known: Known | None, ts_recv: int) -> Item:
    """``S`` is the side of the position: ``Buy`` says that a long was liquidated, at its bankruptcy price."""
    if row.s != symbol:
        return malformed("liquidation", msgspec.json.encode(row))
    if known is None:
        return _stranger("liquidation", symbol)
    died: Literal["long", "short"] = "long" if row.S == "Buy" else "short"
    return Liquidation(known.name, row.T * NS_MS, ts_recv, died, row.p / known.unit_mult, row.v * known.size_mult)


def _bar(row: Kline, tf: str, known: Known, ts_recv: int) -> Item:
    """A candle becomes a bar when it is confirmed; its ``end`` is the last millisecond, ours the instant after."""
    if not row.confirm:
        return Ignored("bar", "open_bar")
    numbers = Ohlcv(row.open, row.high, row.low, row.close, row.volume * known.size_mult, row.turnover)
    return bar_of(known, tf, (row.end + 1) * NS_MS, ts_recv, numbers)


def _spoilt(channel: str, envelope: Envelope[Any], known: Known | None) -> Rejected:
    """A frame of a known topic that contradicts itself."""
    return malformed(channel, msgspec.json.encode(envelope), known.name if known else "")


def _stranger(channel: str, symbol: str) -> Ignored:
    return Ignored(channel, "other_market" if assume(symbol) is None else "not_subscribed")
