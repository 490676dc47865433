"""Hyperliquid's frames → our items. Nothing raises; what cannot be read is set aside row by row.

Remembered are the open candles (one is closed when the next begins) and what a context said last.

Source: Hyperliquid docs, "Websocket: Subscriptions".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from fbkit.feeds.book import LEVELS, depth_quote
from fbkit.feeds.decoding import MALFORMED, each, malformed, number, positive
from fbkit.feeds.hyperliquid.candles import OpenCandles, bar_from
from fbkit.feeds.hyperliquid.symbols import is_perpetual
from fbkit.feeds.hyperliquid.wire import (
    CHANNEL_OF,
    ActiveAssetCtx,
    ActiveSpotAssetCtx,
    Answer,
    Bbo,
    BboData,
    BookData,
    CandleRow,
    Candles,
    Context,
    ContextData,
    Error,
    L2Book,
    Level,
    Message,
    Pong,
    TradeRow,
    Trades,
)
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.pace import Pace
from fbkit.feeds.parser import FrameByFrame
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_MS,
    NS_S,
    SAMPLE_BYTES,
    TIMEFRAMES,
    Control,
    Day,
    Event,
    Ignored,
    Item,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Rejected,
    Side,
    Trade,
)

_BUY, _SELL = Side.BUY, Side.SELL

#: What older servers said first.
_GREETING = b"Websocket connection established."

#: What is said about the conversation, not about the market.
_SPOKEN: dict[type, str] = {Answer: "answer", Error: "error", Pong: "pong"}


class Parser(FrameByFrame):
    """Reads frames, given the instruments that are followed. No number of this venue's can be read in two ways.

    >>> from fbkit.feeds.hyperliquid.symbols import assume
    >>> parser = Parser(Instruments([assume("BTC")]))
    >>> row = b'{"coin":"BTC","side":"A","px":"69997.0","sz":"0.5","time":1,"hash":"0x0","tid":7,"users":["0x1","0x2"]}'
    >>> [trade] = parser.frame(b'{"channel":"trades","data":[' + row + b"]}", 3_000_000)
    >>> trade.price, trade.side.name, trade.ts_event
    (69997.0, 'SELL', 1000000)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments, self.flipped = instruments, flipped
        self._by_symbol = instruments.by_symbol
        self._candles = OpenCandles()
        self._pace = Pace()
        self._replayed: dict[str, tuple[int, int]] = {}
        self._decode = msgspec.json.Decoder(Message, strict=False).decode
        self._readers: dict[type, Callable[[Any, int], list[Item]]] = {
            Trades: self._trades,
            Bbo: lambda m, ts: [self._bbo(m.data, ts)],
            L2Book: lambda m, ts: [self._book(m.data, ts)],
            ActiveAssetCtx: lambda m, ts: [self._context(m.data, ts)],
            Candles: lambda m, ts: [self._candle(row, ts) for row in _rows(m.data)],
        }

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        try:
            message = self._decode(payload)
        except MALFORMED:
            return self._slowly(payload, ts_recv)
        read = self._readers.get(type(message))
        if read is not None:
            return read(message, ts_recv) or [Control("empty")]
        if type(message) is ActiveSpotAssetCtx:
            return [Ignored("mark", "other_market")]
        return [Control(_SPOKEN[type(message)], payload[:SAMPLE_BYTES].decode("utf-8", "replace"))]

    def forget(self, symbols: Iterable[str]) -> None:
        """A connection was cut: candles may have grown on unheard, and what comes next is news."""
        for symbol in symbols:
            self._candles.forget(symbol)
            known = self._by_symbol.get(symbol)
            if known is not None:
                self._pace.forget(known.name)

    # one row each

    def reaches(self, name: str, since: int) -> bool:
        """Whether the trades sent again on subscribing, after ``since`` (UTC ns), reach back to it: none is missing."""
        heard, oldest = self._replayed.get(name, (0, 0))
        return oldest <= since < heard

    def _trades(self, message: Trades, ts_recv: int) -> list[Item]:
        """Trades of one coin; the first frame after subscribing holds its newest thirty, oldest first."""
        items = [self._trade(row, ts_recv) for row in message.data]
        first = items[0] if len(items) > 1 else None
        if isinstance(first, Trade) and first.ts_event < ts_recv - NS_S:
            self._replayed[first.instrument] = ts_recv, first.ts_event
        return items

    def _trade(self, row: TradeRow, ts_recv: int) -> Item:
        known = self._by_symbol.get(row.coin) or self._known(row.coin)
        return _stranger("trade", row.coin) if known is None else trade_of(row, known, ts_recv)

    def _bbo(self, data: BboData, ts_recv: int) -> Item:
        """One quote a block: the block's time tells them apart."""
        known = self._by_symbol.get(data.coin) or self._known(data.coin)
        if known is None:
            return _stranger("quote", data.coin)
        bid, ask = (*data.bbo, None, None)[:2]
        unit, size = known.unit_mult, known.size_mult
        return Quote(
            known.name,
            data.time * NS_MS,
            ts_recv,
            data.time,
            None if bid is None else bid.px / unit,
            None if bid is None else bid.sz * size,
            None if ask is None else ask.px / unit,
            None if ask is None else ask.sz * size,
        )

    def _book(self, data: BookData, ts_recv: int) -> Item:
        known = self._by_symbol.get(data.coin) or self._known(data.coin)
        if known is None:
            return _stranger("depth", data.coin)
        bids, asks = data.levels
        return depth_quote(_rungs(bids), _rungs(asks), known, data.time, data.time * NS_MS, ts_recv)

    def _context(self, data: ContextData, ts_recv: int) -> Item:
        """Mark, open interest and day at once; undated, so they are of the moment they were heard."""
        known = self._by_symbol.get(data.coin) or self._known(data.coin)
        if known is None:
            return _stranger("mark", data.coin)
        due = tuple([event for event in _said_by(data, known, ts_recv, self._pace) if self._pace.due(event)])
        if not due:
            return Ignored("mark", "within_cadence")
        return due if len(due) > 1 else due[0]

    def _candle(self, row: CandleRow, ts_recv: int) -> Item:
        """A candle that has begun closes the one before it, and that is the bar."""
        known = self._by_symbol.get(row.s) or self._known(row.s)
        if known is None or row.i not in TIMEFRAMES:
            return _stranger("bar", row.s)
        if (row.T + 1 - row.t) * NS_MS != TIMEFRAMES[row.i] or row.t * NS_MS > ts_recv + NS_MIN:
            return malformed("bar", msgspec.json.encode(row), known.name)
        closed = self._candles.closed_by(row, ts_recv)
        return Ignored("bar", "open_bar") if closed is None else bar_from(closed, known, ts_recv)

    def _known(self, symbol: str) -> Known | None:
        return self.instruments.meet(symbol)

    # what failed the one decode

    def _slowly(self, payload: bytes, ts_recv: int) -> list[Item]:
        try:
            outline = msgspec.json.decode(payload, type=_Outline)
        except MALFORMED:
            return [Control("greeting") if payload.strip() == _GREETING else malformed("", payload)]
        channel = CHANNEL_OF.get(outline.channel)
        if channel is None:
            return [Rejected("", "unknown", payload[:SAMPLE_BYTES])]
        if outline.channel == "trades":
            return each(outline.data, TradeRow, channel, "", lambda row: self._trade(row, ts_recv))
        return [malformed(channel, payload, self._whose(outline.data))]

    def _whose(self, data: msgspec.Raw) -> str:
        try:
            owner = msgspec.json.decode(data, type=_Owner)
        except MALFORMED:
            return ""
        known = self._by_symbol.get(owner.coin or owner.s)
        return known.name if known else ""


def trade_of(row: TradeRow, known: Known, ts_recv: int, origin: Origin = Origin.LIVE) -> Trade:
    """``side`` is the taker's: B bought, A sold."""
    side = _BUY if row.side == "B" else _SELL
    price, size = row.px / known.unit_mult, row.sz * known.size_mult
    return Trade(known.name, row.time * NS_MS, ts_recv, row.tid, price, size, side, origin=origin)


class _Outline(msgspec.Struct):
    """What can be known of a message that could not be decoded."""

    channel: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Owner(msgspec.Struct):
    coin: str = ""
    s: str = ""


def _said_by(data: ContextData, known: Known, ts: int, pace: Pace) -> list[Event]:
    """What a context says, without what it is too early for; it says nothing of when, so it is of now."""
    ctx, name = data.ctx, known.name
    events: list[Event] = []
    if not pace.is_early(name, Mark, ts):
        events.append(_mark(ctx, known, ts))
    if ctx.openInterest is not None and not pace.is_early(name, OpenInterest, ts):
        events.append(OpenInterest(name, ts, ts, ctx.openInterest * known.size_mult))
    if not pace.is_early(name, Day, ts):
        day = _day(ctx, known, ts)
        events += [day] if day else []
    return events


def _mark(ctx: Context, known: Known, ts: int) -> Mark:
    """Funding is of the running hour and settles when it is full."""
    unit, index, rate = known.unit_mult, positive(ctx.oraclePx), number(ctx.funding)
    hours = None if rate is None else known.funding_hours
    next_hour = None if rate is None else (ts // NS_HOUR + 1) * NS_HOUR
    return Mark(known.name, ts, ts, ctx.markPx / unit, index / unit if index else None, rate, hours, next_hour)


def _day(ctx: Context, known: Known, ts: int) -> Day | None:
    before = positive(ctx.prevDayPx)
    if before is None and ctx.dayNtlVlm is None:
        return None
    change = None if before is None else number(ctx.markPx / before - 1)
    coins = None if ctx.dayBaseVlm is None else ctx.dayBaseVlm * known.size_mult
    return Day(known.name, ts, ts, ctx.markPx / known.unit_mult, change, coins, ctx.dayNtlVlm)


def _rungs(levels: list[Level]) -> list[tuple[float, float]]:
    return [(level.px, level.sz) for level in levels[:LEVELS]]


def _rows(data: CandleRow | list[CandleRow]) -> list[CandleRow]:
    return data if isinstance(data, list) else [data]


def _stranger(channel: str, symbol: str) -> Ignored:
    return Ignored(channel, "not_subscribed" if is_perpetual(symbol) else "other_market")
