"""Binance's frames → our items. Pure: the same bytes and instruments give the same items, live and from recordings.

One decode into a tagged union with float64 prices; what fails it is looked at again, slowly, row by row, and becomes
``Rejected`` or ``Control``. Nothing raises.

Source: Binance USDⓈ-M Futures, "Websocket Market Streams". Both shapes parse: combined (``{"stream", "data"}``) and
raw; with the fields of 2026-06-30 (``st``, ``ps``, ``nq``, ``ap``) and without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from fbkit.feeds.binance.apart import Row, rejected, take_apart
from fbkit.feeds.binance.book import Book, Books
from fbkit.feeds.binance.symbols import is_coin_margined
from fbkit.feeds.binance.wire import (
    COIN_M,
    AggTrade,
    BookTicker,
    ContractInfo,
    DepthUpdate,
    Envelope,
    ForceOrder,
    Kline,
    MarkUpdate,
    Message,
    SingleTrade,
    Snapshot,
    Ticker,
)
from fbkit.feeds.book import LEVELS, depth_quote
from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.decoding import MALFORMED, number
from fbkit.feeds.instruments import Instruments, Known, listing_of
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    TIMEFRAMES,
    Control,
    Day,
    Ignored,
    Item,
    Liquidation,
    Mark,
    Quote,
    Rejected,
    Side,
    Trade,
)

_BUY, _SELL = Side.BUY, Side.SELL

_bare = msgspec.json.Decoder(Message, strict=False)
_snapshot = msgspec.json.Decoder(Snapshot, strict=False)


class Parser:
    """Reads frames, given the instruments that are followed.

    ``books`` keep the state that diff streams need; whole top fives and everything else need none. Nothing that is
    streamed can be read another way, so ``flipped`` (open interest) is for the pages.

    >>> from fbkit.feeds.binance.symbols import assume
    >>> parser = Parser(Instruments([assume("BTCUSDT")]))
    >>> frame = b'{"e":"aggTrade","E":2,"a":7,"s":"BTCUSDT","p":"83091.70","q":"0.022","T":1,"m":false}'
    >>> [trade] = parser.frame(frame, 3_000_000)
    >>> trade.price, trade.side.name, trade.ts_event
    (83091.7, 'BUY', 1000000)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments, self.flipped = instruments, flipped
        self.books = Books()
        self._by_symbol = instruments.by_symbol
        self._decode = msgspec.json.Decoder(Envelope, strict=False).decode
        self._readers: dict[type, Callable[[Any, bytes, int], Item]] = {
            AggTrade: self._agg_trade,
            BookTicker: self._book_ticker,
            DepthUpdate: self._depth,
            MarkUpdate: self._mark,
            Ticker: self._ticker,
            Kline: self._kline,
            ForceOrder: self._force_order,
            SingleTrade: self._single_trade,
            ContractInfo: self._contract_info,
        }

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        return self.frames((payload,), ts_recv)

    def frames(self, payloads: Sequence[bytes], ts_recv: int) -> list[Item]:
        """The items of frames that came together.

        Best bids and asks and trades that need no look twice are read here: they are nearly all there is, and a call
        costs a third of what is to be done. A test holds that their readers say the same.
        """
        decode, readers, known_by = self._decode, self._readers, self._by_symbol.get
        items: list[Item] = []
        keep = items.append
        for payload in payloads:
            try:
                data = decode(payload).data
            except MALFORMED:
                items += self._slowly(payload, ts_recv)
                continue
            kind = type(data)
            if kind is BookTicker:
                m: Any = data
                known, bid, ask, ts = known_by(m.s), m.b, m.a, m.T
                if known is not None and known.is_plain and m.st != COIN_M and bid and ask and ts:
                    keep(Quote(known.name, ts * NS_MS, ts_recv, m.u, bid, m.B, ask, m.A))
                else:
                    keep(self._book_ticker(m, payload, ts_recv))
            elif kind is AggTrade:
                m = data
                known = known_by(m.s)
                if known is not None and known.is_plain and m.st != COIN_M:
                    keep(Trade(known.name, m.T * NS_MS, ts_recv, m.a, m.p, m.q, _SELL if m.m else _BUY))
                else:
                    keep(self._agg_trade(m, payload, ts_recv))
            elif kind is list:
                rows: Any = data
                items += [readers[type(row)](row, payload, ts_recv) for row in rows] or [Control("empty", "")]
            else:
                keep(readers[kind](data, payload, ts_recv))
        return items

    def snapshot(self, body: bytes, symbol: str, ts_recv: int) -> list[Item]:
        """Begin a book from a REST depth snapshot; ``symbol`` ``""`` if it must be guessed.

        Source: Binance USDⓈ-M Futures, "Order Book".
        """
        try:
            snapshot = _snapshot.decode(body)
        except MALFORMED:
            return [Rejected("depth", "malformed", body[:SAMPLE_BYTES])]
        symbol = symbol or snapshot.symbol or self.books.whose(snapshot)
        known = self._known(symbol)
        if known is None:
            return [self._stranger("depth", symbol)]
        book = self.books.start(symbol, snapshot)
        book.moved()
        return [_book_quote(book, known, ts_recv)] if book.synced else [Ignored("depth", "unchanged")]

    # one message each

    def _agg_trade(self, m: AggTrade, payload: bytes, ts_recv: int) -> Item:
        """``m`` is true when the buyer was the maker, so the taker sold."""
        known = self._by_symbol.get(m.s) or self._known(m.s)
        if known is None or m.st == COIN_M:
            return self._stranger("trade", m.s, m.st)
        return Trade(
            known.name,
            m.T * NS_MS,
            ts_recv,
            m.a,
            m.p / known.unit_mult,
            m.q * known.size_mult,
            _SELL if m.m else _BUY,
        )

    def _single_trade(self, m: SingleTrade, payload: bytes, ts_recv: int) -> Item:
        """Rows of the insurance fund and of deleveraging are no trades of the market; ``NA`` rows have no price."""
        known = self._by_symbol.get(m.s) or self._known(m.s)
        if known is None or m.st == COIN_M:
            return self._stranger("trade", m.s, m.st)
        if not (m.p and m.q):
            return Rejected("trade", "malformed", msgspec.json.encode(m)[:SAMPLE_BYTES], known.name)
        if m.X != "MARKET":
            return Ignored("trade", "other_market")
        return Trade(
            known.name,
            m.T * NS_MS,
            ts_recv,
            m.t,
            m.p / known.unit_mult,
            m.q * known.size_mult,
            _SELL if m.m else _BUY,
        )

    def _book_ticker(self, m: BookTicker, payload: bytes, ts_recv: int) -> Item:
        known = self._by_symbol.get(m.s) or self._known(m.s)
        if known is None or m.st == COIN_M:
            return self._stranger("quote", m.s, m.st)
        unit, size = known.unit_mult, known.size_mult
        bid, ask = m.b, m.a
        return Quote(
            known.name,
            (m.T or m.E) * NS_MS or ts_recv,
            ts_recv,
            m.u,
            bid / unit if bid else None,
            m.B * size if bid else None,
            ask / unit if ask else None,
            m.A * size if ask else None,
        )

    def _depth(self, m: DepthUpdate, payload: bytes, ts_recv: int) -> Item:
        """The stream's name in ``payload`` says whether these are whole levels (``depth5``) or changes (``depth``)."""
        known = self._by_symbol.get(m.s) or self._known(m.s)
        if known is None or m.st == COIN_M:
            return self._stranger("depth", m.s, m.st)
        if _is_whole(payload):
            return depth_quote(m.b[:LEVELS], m.a[:LEVELS], known, m.u, (m.T or m.E) * NS_MS or ts_recv, ts_recv)
        book = self.books.update(m)
        if not (book.synced and book.moved()):
            return Ignored("depth", "unchanged")
        return _book_quote(book, known, ts_recv)

    def _mark(self, m: MarkUpdate, payload: bytes, ts_recv: int) -> Item:
        """``T`` 0 or an empty ``r`` mean that nothing is scheduled (dated and delisted contracts)."""
        known = self._by_symbol.get(m.s) or self._known(m.s)
        if known is None or m.st == COIN_M:
            return self._stranger("mark", m.s, m.st)
        index = number(m.i)
        funded = m.T > 0
        return Mark(
            known.name,
            m.E * NS_MS,
            ts_recv,
            m.p / known.unit_mult,
            index / known.unit_mult if index and index > 0 else None,
            number(m.r) if funded else None,
            known.funding_hours if funded else None,
            m.T * NS_MS if funded else None,
        )

    def _ticker(self, m: Ticker, payload: bytes, ts_recv: int) -> Item:
        known = self._by_symbol.get(m.s) or self._known(m.s)
        if known is None or m.st == COIN_M:
            return self._stranger("day", m.s, m.st)
        return Day(
            known.name,
            m.E * NS_MS,
            ts_recv,
            m.c / known.unit_mult,
            m.P / 100.0,
            m.v * known.size_mult,
            m.q,
            m.n,
        )

    def _kline(self, m: Kline, payload: bytes, ts_recv: int) -> Item:
        """A candle becomes a bar when it is closed; its ``T`` is the last millisecond, ours is the end."""
        known = self._by_symbol.get(m.s) or self._known(m.s)
        k = m.k
        if known is None or m.st == COIN_M or k.i not in TIMEFRAMES:
            return self._stranger("bar", m.s, m.st)
        if not k.x:
            return Ignored("bar", "open_bar")
        numbers = Ohlcv(k.o, k.h, k.l, k.c, k.v * known.size_mult, k.q, k.Q, k.n)
        return bar_of(known, k.i, (k.T + 1) * NS_MS, ts_recv, numbers)

    def _force_order(self, m: ForceOrder, payload: bytes, ts_recv: int) -> Item:
        """``S`` is the side of the closing order: SELL closes a long. ``z`` at ``ap`` is what was liquidated."""
        o = m.o
        known = self._by_symbol.get(o.s) or self._known(o.s)
        st = COIN_M if COIN_M in (m.st, o.st) else 1
        if known is None or st == COIN_M:
            return self._stranger("liquidation", o.s, st)
        died: Literal["long", "short"] = "long" if o.S == "SELL" else "short"
        return Liquidation(known.name, o.T * NS_MS, ts_recv, died, o.ap / known.unit_mult, o.z * known.size_mult)

    def _contract_info(self, m: ContractInfo, payload: bytes, ts_recv: int) -> Item:
        """A contract's state changed; everything else about it is as we knew it. A stranger's is news for the list."""
        known = self._by_symbol.get(m.s)
        if m.st == COIN_M or is_coin_margined(m.s):
            return Ignored("listing", "other_market")
        if known is None:
            return Control("listing", m.s)
        instrument = msgspec.structs.replace(known.instrument, status=m.cs.lower() or known.instrument.status)
        return listing_of(instrument, m.E * NS_MS or ts_recv, ts_recv)

    # who is meant

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)

    def _stranger(self, channel: str, symbol: str, st: int = 1) -> Ignored:
        if st == COIN_M or is_coin_margined(symbol):
            return Ignored(channel, "other_market")
        return Ignored(channel, "not_subscribed")

    # what failed the one decode

    def _slowly(self, payload: bytes, ts_recv: int) -> list[Item]:
        return [self._one(piece, ts_recv) if isinstance(piece, Row) else piece for piece in take_apart(payload)]

    def _one(self, row: Row, ts_recv: int) -> Item:
        """One message on its own: read, or rejected with what can be known of it."""
        if row.is_snapshot:
            return self.snapshot(row.message, "", ts_recv)[0]
        try:
            message = _bare.decode(row.message)
        except MALFORMED:
            return rejected(row.message, self.instruments)
        return self._readers[type(message)](message, row.stream.encode(), ts_recv)


def _is_whole(payload: bytes) -> bool:
    at = payload.find(b"@depth")
    return at >= 0 and payload[at + 6 : at + 7].isdigit()


def _book_quote(book: Book, known: Known, ts_recv: int) -> Quote:
    bids, asks = book.top()
    return depth_quote(bids, asks, known, book.last, book.ts * NS_MS or ts_recv, ts_recv)
