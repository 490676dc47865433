"""Deribit's notifications → our items. Pure: the same bytes and instruments give the same items, live and recorded.

A frame is decoded once, as what its channel's first word says; what fails that is looked at again, slowly: its
envelope, then its data. Nothing raises.

Source: Deribit API 2.1.1, "Subscriptions".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import msgspec

from fbkit.feeds.book import depth_quote
from fbkit.feeds.decoding import MALFORMED, decoded, each, malformed
from fbkit.feeds.deribit.book import Book, Books
from fbkit.feeds.deribit.candles import Candles
from fbkit.feeds.deribit.spoken import spoken
from fbkit.feeds.deribit.symbols import is_future
from fbkit.feeds.deribit.ticker import events_of
from fbkit.feeds.deribit.trades import trade_of
from fbkit.feeds.deribit.wire import (
    BookData,
    Candle,
    Notification,
    QuoteData,
    SoundBook,
    StateData,
    TickerData,
    TradeRow,
    is_price,
)
from fbkit.feeds.instruments import Instruments, Known, listing_of
from fbkit.feeds.pace import Pace
from fbkit.feeds.parser import FrameByFrame
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    Control,
    Ignored,
    Item,
    Quote,
    Rejected,
)

Reader = Callable[[Any, str, int], list[Item]]


class Kind(NamedTuple):
    """A kind of frame: its channel (ours), a decoder of all of it, and what its data is, the narrower first."""

    channel: str
    decode: Callable[[bytes], Notification[Any]]
    data: tuple[type, ...]


#: By the first word of the venue's channel.
KINDS = {
    "trades": Kind("trade", msgspec.json.Decoder(Notification[list[TradeRow]]).decode, (list[TradeRow],)),
    "quote": Kind("quote", msgspec.json.Decoder(Notification[QuoteData]).decode, (QuoteData,)),
    "ticker": Kind("mark", msgspec.json.Decoder(Notification[TickerData]).decode, (TickerData,)),
    "book": Kind("depth", msgspec.json.Decoder(Notification[SoundBook]).decode, (SoundBook, BookData)),
    "chart": Kind("bar", msgspec.json.Decoder(Notification[Candle]).decode, (Candle,)),
    "instrument": Kind("listing", msgspec.json.Decoder(Notification[StateData]).decode, (StateData,)),
}

_any = msgspec.json.Decoder(Notification[msgspec.Raw]).decode

_CHANNEL = b'"channel":"'

#: ``book.<instrument>.<group>.<depth>.<interval>``
_WHOLE_LADDER = Ignored("depth", "not_subscribed")

#: What their words for a state mean to us; every other word stays theirs.
_STATES = {"started": "trading", "open": "trading"}


class Parser(FrameByFrame):
    """Reads frames, given the instruments that are followed; keeps books, open candles and what tickers said last.

    >>> from fbkit.feeds.deribit.symbols import assume
    >>> parser = Parser(Instruments([assume("BTC-PERPETUAL")]))
    >>> row = (
    ...     b'{"timestamp":2,"price":80000.0,"amount":4000.0,"direction":"sell","instrument_name":"BTC-PERPETUAL",'
    ...     b'"trade_seq":7}'
    ... )
    >>> frame = b'{"method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[' + row + b"]}}"
    >>> [trade] = parser.frame(frame, 3_000_000)
    >>> trade.price, trade.size, trade.side.name, trade.ts_event
    (80000.0, 0.05, 'SELL', 2000000)
    """

    def __init__(self, instruments: Instruments, flipped: Collection[str] = frozenset()) -> None:
        self.instruments = instruments
        self.books = Books()
        self._candles = Candles()
        self._pace = Pace()
        self._current_funding = "mark" in flipped
        self._by_symbol = instruments.by_symbol
        self._readers: dict[str, Reader] = {
            "trades": self._trades,
            "quote": self._quote,
            "ticker": self._ticker,
            "book": self._book,
            "chart": self._chart,
            "instrument": self._state,
        }
        self._at_once = {word.encode(): (kind.decode, f"{word}.", self._readers[word]) for word, kind in KINDS.items()}

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        begin = payload.find(_CHANNEL) + len(_CHANNEL)
        way = self._at_once.get(payload[begin : payload.find(b".", begin)])
        if way is not None:
            decode, prefix, read = way
            try:
                params = decode(payload).params
            except MALFORMED:
                return self._slowly(payload, ts_recv)
            if params.channel.startswith(prefix):
                return read(params.data, params.channel, ts_recv)
        return self._slowly(payload, ts_recv)

    def forget(self, symbols: Iterable[str]) -> None:
        """A connection was cut: books wait for snapshots, open candles are no longer known, tickers speak at once."""
        symbols = list(symbols)
        self.books.forget(symbols)
        names = [self._by_symbol[symbol].name for symbol in symbols if symbol in self._by_symbol]
        self._candles.forget(names)
        for name in names:
            self._pace.forget(name)

    # one channel each

    def _trades(self, rows: list[TradeRow], channel: str, ts_recv: int) -> list[Item]:
        return [self._trade(row, ts_recv) for row in rows] or [Control("empty", channel)]

    def _trade(self, row: TradeRow, ts_recv: int) -> Item:
        known = self._known(row.instrument_name)
        return self._stranger("trade", row.instrument_name) if known is None else trade_of(row, known, ts_recv)

    def _quote(self, m: QuoteData, channel: str, ts_recv: int) -> list[Item]:
        known = self._known(m.instrument_name)
        if known is None:
            return [self._stranger("quote", m.instrument_name)]
        bid, bid_size = _side(m.best_bid_price, m.best_bid_amount, known)
        ask, ask_size = _side(m.best_ask_price, m.best_ask_amount, known)
        return [Quote(known.name, m.timestamp * NS_MS, ts_recv, m.timestamp, bid, bid_size, ask, ask_size)]

    def _ticker(self, m: TickerData, channel: str, ts_recv: int) -> list[Item]:
        """One row, several events: those whose cadence is over."""
        known = self._known(m.instrument_name)
        if known is None:
            return [self._stranger("mark", m.instrument_name)]
        if not is_price(m.mark_price):
            return [malformed("mark", msgspec.json.encode(m), known.name)]
        due = events_of(m, known, m.mark_price, ts_recv, self._pace, current_funding=self._current_funding)
        if not due:
            return [Ignored("mark", "within_cadence")]
        return [tuple(due) if len(due) > 1 else due[0]]

    def _book(self, m: BookData, channel: str, ts_recv: int) -> list[Item]:
        """Every book is kept and its sequence watched; those we follow are told."""
        if channel.count(".") > 2:
            return [_WHOLE_LADDER]
        known = self._known(m.instrument_name)
        if known is not None and type(m) is not SoundBook:
            # Not applied: the next update breaks the book.
            return [malformed("depth", msgspec.json.encode(m), known.name)]
        book, why_not = self.books.update(m)
        if known is None:
            book.top()  # nobody else looks, and what waits for a look would grow
            return [self._stranger("depth", m.instrument_name)]
        if why_not is not None:
            return [Ignored("depth", why_not)]
        return [_depth(book, known, m.timestamp * NS_MS, ts_recv)]

    def _chart(self, candle: Candle, channel: str, ts_recv: int) -> list[Item]:
        """``chart.trades.<instrument>.<minutes>``."""
        _, _, rest = channel.partition(".trades.")
        symbol, _, resolution = rest.rpartition(".")
        known = self._known(symbol)
        if known is None:
            return [self._stranger("bar", symbol)]
        if resolution != "1":
            return [Ignored("bar", "not_subscribed")]
        return [self._candles.take(candle, known, ts_recv)]

    def _state(self, m: StateData, channel: str, ts_recv: int) -> list[Item]:
        """A contract's state changed; everything else about it is as we knew it. Perpetuals are settled every day.

        Of a future that we do not know, only the list can say more: a control tells that it is worth reading again.
        """
        known = self._by_symbol.get(m.instrument_name)
        if known is None and is_future(m.instrument_name):
            return [Control("listing", m.instrument_name)]
        if known is None:
            return [self._stranger("listing", m.instrument_name)]
        status = _STATES.get(m.state, m.state)
        if known.instrument.expiry is None and status == "settled":
            return [Ignored("listing", "unchanged")]
        instrument = msgspec.structs.replace(known.instrument, status=status or known.instrument.status)
        return [listing_of(instrument, m.timestamp * NS_MS, ts_recv)]

    # who is meant

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)

    def _stranger(self, channel: str, symbol: str) -> Ignored:
        return Ignored(channel, "not_subscribed" if is_future(symbol) else "other_market")

    def _name(self, channel: str) -> str:
        known = self._by_symbol.get(symbol_in(channel))
        return known.name if known else ""

    # what failed the one decode

    def _slowly(self, payload: bytes, ts_recv: int) -> list[Item]:
        try:
            params = _any(payload).params
        except MALFORMED:
            return [spoken(payload)]
        word, channel = params.channel.partition(".")[0], params.channel
        kind = KINDS.get(word)
        if kind is None:
            return [Rejected("", "unknown", payload[:SAMPLE_BYTES])]
        if word == "book" and channel.count(".") > 2:
            return [_WHOLE_LADDER]
        for data in kind.data:
            found = decoded(params.data, data)
            if found is not None:
                return self._readers[word](found, channel, ts_recv)
        if word == "trades":
            return each(params.data, TradeRow, "trade", self._name(channel), lambda row: self._trade(row, ts_recv)) or [
                Control("empty", channel)
            ]
        return [malformed(kind.channel, bytes(params.data), self._name(channel))]


def symbol_in(channel: str) -> str:
    """The instrument a channel names, ``""`` if none.

    >>> symbol_in("book.BTC-PERPETUAL.100ms"), symbol_in("chart.trades.BTC-PERPETUAL.1"), symbol_in("platform_state")
    ('BTC-PERPETUAL', 'BTC-PERPETUAL', '')
    """
    words = channel.split(".")
    at = 2 if words[0] == "chart" else 1
    return words[at] if len(words) > at else ""


def _side(price: float | None, amount: float | None, known: Known) -> tuple[float | None, float | None]:
    if not is_price(price):
        return None, None
    return price, None if amount is None else known.coins(amount, price)


def _depth(book: Book, known: Known, ts_event: int, ts_recv: int) -> Item:
    if not book.due(ts_event):
        return Ignored("depth", "within_cadence")
    if not book.moved(ts_event) or book.told is None:
        return Ignored("depth", "unchanged")
    bids, asks = book.told
    return depth_quote(bids, asks, known, book.last, ts_event, ts_recv)
