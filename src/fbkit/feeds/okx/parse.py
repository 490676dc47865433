"""OKX's frames → our items. Pure: the same bytes, instruments and memory give the same items, live and recorded.

One decode of the envelope tells the channel, one more makes its rows; rows that fail are looked at one by one and
become ``Rejected``. Nothing raises. Marks are put together from three channels: ``mark-price`` makes them,
``index-tickers`` and ``funding-rate`` are remembered for the next one.

Source: OKX v5 docs, "Market Data" and "Public Data".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from fbkit.feeds.book import LEVELS, Rung, depth_quote
from fbkit.feeds.decoding import MALFORMED, decoded, each, malformed, number, positive
from fbkit.feeds.instruments import Instruments, Known, listing_of
from fbkit.feeds.okx.book import Books
from fbkit.feeds.okx.predictions import Predictions
from fbkit.feeds.okx.readings import bar_from, interest_from, liquidated, trade_from
from fbkit.feeds.okx.symbols import index_of, make, spelling_of
from fbkit.feeds.okx.wire import (
    Arg,
    BookRow,
    CandleRow,
    Detail,
    Envelope,
    FundingRow,
    IndexRow,
    InstrumentRow,
    Level,
    LiquidationRow,
    MarkRow,
    OpenInterestRow,
    TickerRow,
    TopRow,
    TradeRow,
)
from fbkit.feeds.pace import Pace, too_early
from fbkit.feeds.parser import FrameByFrame
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    Control,
    Day,
    Ignored,
    Item,
    Liquidation,
    Mark,
    OpenInterest,
    Quote,
    Rejected,
)

#: The least distance of two kept top fives of an instrument, ms; the venue sends ten a second.
DEPTH_CADENCE = 500 * NS_MS

#: Candle channels by the timeframe we know them under; ``candle1D`` is a day of Hong Kong's.
CANDLES = {
    "candle1m": "1m",
    "candle5m": "5m",
    "candle15m": "15m",
    "candle1H": "1h",
    "candle4H": "4h",
    "candle1Dutc": "1d",
}

#: Channels we understand and have no use for; the first is the settlement price of dated futures.
_UNWANTED = frozenset({"estimated-price", "price-limit", "opt-summary", "status"})

#: Channel and instrument of a frame that is no JSON.
_ARG = re.compile(rb'"channel"\s*:\s*"([\w-]+)"\s*,\s*"instId"\s*:\s*"([^"]*)"')

_raws = msgspec.json.Decoder(list[msgspec.Raw])

Read: TypeAlias = "Callable[[Any, Envelope, int], Item]"


class Channel(NamedTuple):
    """How a channel's rows are decoded and read, and what it is counted under."""

    name: str
    kind: type
    decode: Callable[[bytes | msgspec.Raw], list[Any]]
    read: Read


def _channel(name: str, kind: type, read: Read) -> Channel:
    return Channel(name, kind, msgspec.json.Decoder(list[kind], strict=False).decode, read)  # type: ignore[valid-type]  # known when called


class Parser(FrameByFrame):
    """Reads frames, given the instruments that are followed. ``flipped`` may hold ``open_interest``.

    >>> from fbkit.feeds.okx.symbols import assume
    >>> parser = Parser(Instruments([assume("BTC-USDT-SWAP")]))
    >>> row = b'{"instId":"BTC-USDT-SWAP","tradeId":"7","px":"64472.1","sz":"2","side":"buy","ts":"1"}'
    >>> [trade] = parser.frame(b'{"arg":{"channel":"trades-all"},"data":[%b]}' % row, 2_000_000)
    >>> trade.price, trade.size, trade.side.name, trade.ts_event
    (64472.1, 0.02, 'BUY', 1000000)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments = instruments
        self.books = Books()
        self._by_symbol = instruments.by_symbol
        self.interest_share = 0.5 if "open_interest" in flipped else 1.0
        self._pace = Pace()
        self._predictions = Predictions()
        self._told_depth: dict[str, int] = {}
        self._envelope = msgspec.json.Decoder(Envelope, strict=False).decode
        trades = _channel("trade", TradeRow, self._trade)
        self._details = _channel("liquidation", Detail, self._liquidation)
        diffs = _channel("depth", BookRow, self._diff)
        self._channels: dict[str, Channel] = {
            "trades-all": trades,
            "trades": trades,
            "bbo-tbt": _channel("quote", TopRow, self._best),
            "books5": _channel("depth", TopRow, self._top_five),
            **dict.fromkeys(("books", "books-l2-tbt", "books50-l2-tbt"), diffs),
            "mark-price": _channel("mark", MarkRow, self._mark),
            "index-tickers": _channel("mark", IndexRow, self._index),
            "funding-rate": _channel("funding", FundingRow, self._funding),
            "open-interest": _channel("open_interest", OpenInterestRow, self._open_interest),
            "tickers": _channel("day", TickerRow, self._day),
            "instruments": _channel("listing", InstrumentRow, self._listing),
            **dict.fromkeys(CANDLES, _channel("bar", CandleRow, self._candle)),
        }

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        try:
            frame = self._envelope(payload)
        except MALFORMED:
            return [Control("pong")] if payload == b"pong" else [self._broken(payload)]
        channel = self._channels.get(frame.arg.channel)
        if frame.event:
            return [Control(frame.event, payload[:SAMPLE_BYTES].decode(errors="replace"))]
        if channel is None:
            return self._other(frame, payload, ts_recv)
        items = self._rows(channel, frame, ts_recv)
        if channel.kind is InstrumentRow:
            items.sort(key=lambda item: type(item) is not Control)  # a newcomer is heard of by the frame's first item
        return items

    def _broken(self, payload: bytes) -> Rejected:
        """What cannot be read as a whole is counted where its words say it belongs."""
        words = _ARG.search(payload)
        channel = self._channels.get(words[1].decode()) if words else None
        known = self._by_symbol.get(words[2].decode(errors="replace")) if words else None
        return malformed(channel.name if channel else "", payload, known.name if known else "")

    def _other(self, frame: Envelope, payload: bytes, ts_recv: int) -> list[Item]:
        if frame.arg.channel == "liquidation-orders":
            return self._liquidations(frame, ts_recv)
        if frame.arg.channel in _UNWANTED:
            return [Ignored("", "not_subscribed")]
        return [Rejected("", "unknown", payload[:SAMPLE_BYTES])]

    def forget(self, symbols: Sequence[str]) -> None:
        """A connection was cut: books are of the past, and the next word of these is news."""
        for symbol in symbols:
            self.books.forget(symbol)
            self._told_depth.pop(symbol, None)
            known = self._by_symbol.get(symbol)
            if known is not None:
                self._pace.forget(known.name)

    def _rows(self, channel: Channel, frame: Envelope, ts_recv: int) -> list[Item]:
        read = channel.read
        try:
            return [read(row, frame, ts_recv) for row in channel.decode(frame.data)] or [_empty(frame)]
        except MALFORMED:
            known = self._by_symbol.get(frame.arg.instId)
            name = known.name if known else ""
            return each(frame.data, channel.kind, channel.name, name, lambda row: read(row, frame, ts_recv))

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)

    # one row each

    def _trade(self, row: TradeRow, frame: Envelope, ts_recv: int) -> Item:
        known = self._by_symbol.get(row.instId) or self._known(row.instId)
        return _stranger("trade", row.instId) if known is None else trade_from(row, known, ts_recv)

    def _best(self, row: TopRow, frame: Envelope, ts_recv: int) -> Item:
        """``seqId`` rises, and falls once at the venue's maintenance; frames before 2022-11 have their instant."""
        known = self._by_symbol.get(frame.arg.instId) or self._known(frame.arg.instId)
        if known is None:
            return _stranger("quote", frame.arg.instId)
        bid, ask = row.bids[0] if row.bids else None, row.asks[0] if row.asks else None
        return Quote(
            known.name,
            row.ts * NS_MS,
            ts_recv,
            _number_of(row.seqId, row.ts),
            bid.px / known.unit_mult if bid is not None else None,
            known.coins(bid.sz, bid.px) if bid is not None else None,
            ask.px / known.unit_mult if ask is not None else None,
            known.coins(ask.sz, ask.px) if ask is not None else None,
        )

    def _top_five(self, row: TopRow, frame: Envelope, ts_recv: int) -> Item:
        known = self._known(frame.arg.instId)
        if known is None:
            return _stranger("depth", frame.arg.instId)
        ts_event = row.ts * NS_MS
        if too_early(self._told_depth.get(frame.arg.instId), ts_event, DEPTH_CADENCE):
            return Ignored("depth", "within_cadence")
        self._told_depth[frame.arg.instId] = ts_event
        bids, asks = _rungs(row.bids), _rungs(row.asks)
        return depth_quote(bids, asks, known, _number_of(row.seqId, row.ts), ts_event, ts_recv)

    def _diff(self, row: BookRow, frame: Envelope, ts_recv: int) -> Item:
        known = self._known(frame.arg.instId)
        if known is None:
            return _stranger("depth", frame.arg.instId)
        snapshot = frame.action == "snapshot" or row.prevSeqId == -1
        try:
            book, outcome = self.books.take(frame.arg.instId, row, snapshot=snapshot)
        except ValueError:
            return malformed("depth", msgspec.json.encode(row), known.name)
        if outcome != "moved":
            return Ignored("depth", outcome)
        bids, asks = book.top()
        return depth_quote(bids, asks, known, _number_of(book.last, row.ts), row.ts * NS_MS, ts_recv)

    def _mark(self, row: MarkRow, frame: Envelope, ts_recv: int) -> Item:
        known = self._known(row.instId)
        if known is None:
            return _stranger("mark", row.instId)
        unit = known.unit_mult
        index = self._predictions.index(index_of(row.instId), ts_recv)
        funding = self._predictions.of(row.instId, row.ts * NS_MS, ts_recv)
        mark = Mark(
            known.name,
            row.ts * NS_MS,
            ts_recv,
            row.markPx / unit,
            None if index is None else index / unit,
            funding.rate,
            funding.hours,
            funding.ts,
        )
        return mark if self._pace.due(mark) else Ignored("mark", "within_cadence")

    def _index(self, row: IndexRow, frame: Envelope, ts_recv: int) -> Item:
        """Kept for the next mark of every contract on this index."""
        self._predictions.set_index(row.instId, row.idxPx, ts_recv)
        return Ignored("mark", "within_cadence")

    def _funding(self, row: FundingRow, frame: Envelope, ts_recv: int) -> Item:
        """What is predicted waits for the next mark; what was settled is told once."""
        known = self._known(row.instId)
        if known is None:
            return _stranger("funding", row.instId)
        settled = self._predictions.heard(row, known, ts_recv)
        return settled or Ignored("funding", "unchanged")

    def _open_interest(self, row: OpenInterestRow, frame: Envelope, ts_recv: int) -> Item:
        """One side, as we read it; flipped, both sides, of which we count half."""
        known = self._known(row.instId)
        if known is None:
            return _stranger("open_interest", row.instId)
        return self._paced(interest_from(row, known, ts_recv, self.interest_share))

    def _day(self, row: TickerRow, frame: Envelope, ts_recv: int) -> Item:
        """No volume in USD: the venue does not say it."""
        known = self._known(row.instId)
        if known is None:
            return _stranger("day", row.instId)
        if row.last == "":
            return Ignored("day", "unchanged")
        last, before, volume = positive(row.last), positive(row.open24h), number(row.volCcy24h)
        if last is None:
            return malformed("day", msgspec.json.encode(row), known.name)
        change = None if before is None else last / before - 1.0
        day = Day(
            known.name,
            row.ts * NS_MS,
            ts_recv,
            last / known.unit_mult,
            change,
            None if volume is None or volume < 0 else volume * known.unit_mult,
        )
        return self._paced(day)

    def _paced(self, event: OpenInterest | Day) -> Item:
        if self._pace.due(event):
            return event
        return Ignored("day" if type(event) is Day else "open_interest", "within_cadence")

    def _candle(self, row: CandleRow, frame: Envelope, ts_recv: int) -> Item:
        known = self._known(frame.arg.instId)
        if known is None:
            return _stranger("bar", frame.arg.instId)
        return bar_from(row, known, CANDLES[frame.arg.channel], ts_recv)

    def _listing(self, row: InstrumentRow, frame: Envelope, ts_recv: int) -> Item:
        """Only changes are pushed: of one we follow they are news, of another an occasion to read the list."""
        known = self._by_symbol.get(row.instId)
        if known is None:
            return Control("listing", row.instId) if make(row) else _stranger("listing", row.instId)
        instrument = make(row, funded=known.instrument.expiry is None)
        if instrument is None:
            return malformed("listing", msgspec.json.encode(row), known.name)
        if instrument == known.instrument:
            return Ignored("listing", "unchanged")
        known.learn(instrument)
        return listing_of(instrument, ts_recv)

    def _liquidations(self, frame: Envelope, ts_recv: int) -> list[Item]:
        """An item a detail: an instrument's come several at a time."""
        try:
            raws = _raws.decode(frame.data)
        except MALFORMED:
            return [malformed("liquidation", bytes(frame.data))]
        items: list[Item] = []
        for raw in raws:
            row = decoded(raw, LiquidationRow)
            if row is None:
                items.append(malformed("liquidation", bytes(raw)))
            else:
                items += self._rows(self._details, Envelope(Arg(instId=row.instId), row.details), ts_recv)
        return items or [_empty(frame)]

    def _liquidation(self, row: Detail, frame: Envelope, ts_recv: int) -> Item:
        """``posSide`` says which position died; ``bkPx`` is its bankruptcy price."""
        known = self._known(frame.arg.instId)
        if known is None:
            return _stranger("liquidation", frame.arg.instId)
        return Liquidation(
            known.name,
            row.ts * NS_MS,
            ts_recv,
            liquidated(row),
            row.bkPx / known.unit_mult,
            known.coins(row.sz, row.bkPx),
        )


def _stranger(channel: str, symbol: str) -> Ignored:
    """A contract that we do not follow, or none: spot pairs and options have other units."""
    return Ignored(channel, "not_subscribed" if spelling_of(symbol) else "other_market")


def _empty(frame: Envelope) -> Control:
    return Control("empty", frame.arg.channel)


def _number_of(sequence: int, ts_ms: int) -> int:
    return sequence if sequence >= 0 else ts_ms


def _rungs(levels: Sequence[Level]) -> list[Rung]:
    return [(level.px, level.sz) for level in levels[:LEVELS]]
