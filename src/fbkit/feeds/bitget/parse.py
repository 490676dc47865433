"""Bitget's frames → our items. Pure of I/O: the same frames in the same order give the same items, live and recorded.

``arg`` says what ``data`` is: in the words of v2 (which live speaks), of v3 (``topic``), or of v1 as it was in 2022.
A row that cannot be read costs only itself. Nothing raises.

Source: Bitget API v2, "Contract / Websocket / Public"; API v3, "UTA / Websocket / Public".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from fbkit.feeds.bitget import of_2022, wire
from fbkit.feeds.bitget.book import Books
from fbkit.feeds.bitget.candles import Candles
from fbkit.feeds.bitget.envelope import (
    books_of,
    channel_of,
    envelope_decoder,
    parted,
    rows_of,
    stranger,
    strangers,
    texts_of,
    unwrapped,
    whole,
)
from fbkit.feeds.bitget.symbols import OURS
from fbkit.feeds.bitget.ticker import Said, Tickers
from fbkit.feeds.bitget.wire import Envelope
from fbkit.feeds.book import LEVELS, depth_quote
from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.decoding import MALFORMED, hashed, malformed
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.pace import too_early
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
from fbkit.model.items import IgnoreReason

#: What a data frame may be.
_ACTIONS = frozenset({"snapshot", "update"})

_BUY, _SELL = Side.BUY, Side.SELL

#: Their word for a timeframe, ours, and its length in ms.
INTERVALS = {"1m": ("1m", 60_000), "5m": ("5m", 300_000), "15m": ("15m", 900_000), "1H": ("1h", 3_600_000)}

#: A depth quote of a symbol is told this often at most (ns of event time); the venue sends up to seven a second.
DEPTH_CADENCE = 500 * NS_MS

#: More coins than there can be, so the price or the worth is wrong.
MOST_COINS = 1e18

#: Whose position died, by the side of a liquidation: as we read it, and flipped.
_DIED: dict[str, Literal["long", "short"]] = {"buy": "long", "sell": "short"}
_DIED_BY_ORDER: dict[str, Literal["long", "short"]] = {"buy": "short", "sell": "long"}


def trade_id(told: str | int) -> int:
    """A trade's id as an int64: the venue's number where it is one, else its hash.

    >>> trade_id("1235671063871070209"), trade_id("x") == hashed("x")
    (1235671063871070209, True)
    """
    text = str(told)
    if len(text) <= 19 and text.isascii() and text.isdigit():
        number = int(text)
        if number < 2**63:
            return number
    return hashed(text)


class Parser(FrameByFrame):
    """Reads frames, given the instruments that are followed.

    ``flipped`` with ``open_interest``: ``holdingAmount`` is both sides' sum, and halved; with ``liquidation``: a side
    is the closing order's, so that ``sell`` says that a long died.

    >>> from fbkit.feeds.bitget.symbols import assume
    >>> parser = Parser(Instruments([assume("BTCUSDT")]))
    >>> frame = (b'{"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},'
    ...          b'"data":[{"ts":"1","price":"83091.7","size":"0.02","side":"buy","tradeId":"1235"}],"ts":2}')
    >>> [trade] = parser.frame(frame, 3_000_000)
    >>> trade.price, trade.side.name, trade.ts_event, trade.venue_id
    (83091.7, 'BUY', 1000000, 1235)
    """

    def __init__(self, instruments: Instruments, flipped: frozenset[str] = frozenset()) -> None:
        self.instruments = instruments
        self.books = Books()
        self._tickers = Tickers(halved="open_interest" in flipped)
        self._died = _DIED_BY_ORDER if "liquidation" in flipped else _DIED
        self._candles = Candles()
        self._told_depth: dict[str, int] = {}
        self._by_symbol = instruments.by_symbol
        self._readers: dict[str, Callable[[Envelope[Any], Known, int], list[Item]]] = {
            "trade": self._trades,
            "publicTrade": self._trades,
            "ticker": self._ticker,
            "books1": self._quote,
            "books5": self._top,
            "books15": self._top,
            "books50": self._top,
            "books": self._book,
            "candle1m": self._candle,
            "kline": self._kline,
        }

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        envelope = whole(payload)
        if envelope is not None and envelope.action in _ACTIONS:
            symbol = envelope.arg.instId
            known = self._by_symbol.get(symbol) or self._known(symbol)
            if known is not None:
                word = envelope.arg.channel
                return self._readers[word](envelope, known, ts_recv) or [Control("empty", word)]
        return self._slowly(payload, ts_recv)

    def forget(self, symbols: Iterable[str]) -> None:
        """The connection of these symbols was cut: books are discarded, and the next ticker and candle are news."""
        symbols = list(symbols)
        self.books.forget(symbols)
        self._candles.forget(symbols)
        for symbol in symbols:
            self._told_depth.pop(symbol, None)
            if symbol in self._by_symbol:
                self._tickers.forget(self._by_symbol[symbol].name)

    def _slowly(self, payload: bytes, ts_recv: int) -> list[Item]:
        """Whatever else a frame is: of v1 or v3, of a channel we do not subscribe to, of strangers, or damaged."""
        try:
            envelope = envelope_decoder.decode(payload)
        except MALFORMED:
            return [unwrapped(payload)]
        arg = envelope.arg
        word = arg.channel or arg.topic
        if word == "liquidation":
            return self._liquidations(envelope, ts_recv) or [Control("empty", word)]
        reader = self._readers.get(word) or (self._candle if word.startswith("candle") else None)
        if reader is None or envelope.action not in _ACTIONS:
            return [Rejected(channel_of(word), "unknown", payload[:SAMPLE_BYTES])]
        symbol = arg.instId or arg.symbol
        known = self._known(symbol) if arg.instType in OURS else None
        if known is None:
            return strangers(envelope, channel_of(word), symbol)
        return reader(envelope, known, ts_recv) or [Control("empty", word)]

    # one channel each

    def _trades(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        """Oldest first: the venue writes the newest first. What a subscription replays may fill a hole: it is kept."""

        def item(row: wire.Trade | wire.TradeV3 | of_2022.Trade) -> Item:
            return _trade(row, known, ts_recv)

        if type(envelope.data) is list:
            items: list[Item] = [_trade(row, known, ts_recv) for row in envelope.data]
        elif envelope.arg.instType in of_2022.MARKETS:
            items = rows_of(envelope, of_2022.Trade, "trade", known.name, item)
        elif envelope.arg.topic:
            items = rows_of(envelope, wire.TradeV3, "trade", known.name, item)
        else:
            items = rows_of(envelope, wire.Trade, "trade", known.name, item)
        if len(items) > 1:
            items.reverse()
            items.sort(key=_when)
        return items

    def _ticker(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        """A tuple of mark, open interest and day, as far as they are due; quotes come from ``books1``."""

        def item(row: Said) -> Item:
            ts_event = (row.ts or envelope.ts) * NS_MS or ts_recv
            events = self._tickers.due(row, known, ts_event, ts_recv)
            if not events:
                return Ignored("mark", "within_cadence")
            return events[0] if len(events) == 1 else tuple(events)

        if envelope.arg.instType in of_2022.MARKETS:
            return rows_of(envelope, of_2022.Ticker, "mark", known.name, item)
        if envelope.arg.topic:
            return rows_of(envelope, wire.TickerV3, "mark", known.name, item)
        return rows_of(envelope, wire.Ticker, "mark", known.name, item)

    def _quote(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        def item(row: wire.Book | wire.BookV3) -> Item:
            unit, size_mult = known.unit_mult, known.size_mult
            bid, bid_size = row.bids[0] if row.bids else (None, None)
            ask, ask_size = row.asks[0] if row.asks else (None, None)
            return Quote(
                known.name,
                (row.ts or envelope.ts) * NS_MS or ts_recv,
                ts_recv,
                row.seq or row.ts or envelope.ts,
                None if bid is None else bid / unit,
                None if bid_size is None else bid_size * size_mult,
                None if ask is None else ask / unit,
                None if ask_size is None else ask_size * size_mult,
            )

        return books_of(envelope, "quote", known, item)

    def _top(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        """``books5`` and its like are whole each time."""
        return books_of(
            envelope, "depth", known, lambda row: self._depth(row, row.bids, row.asks, envelope, known, ts_recv)
        )

    def _book(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        """A book put together; a break ends it until the next snapshot."""
        symbol = known.instrument.venue_symbol
        apply = self.books.start if envelope.action == "snapshot" else self.books.update

        def item(row: wire.Book | wire.BookV3) -> Item:
            book = apply(symbol, row, texts_of(envelope, row))
            if book is None:
                return Ignored("depth", "no_state")
            return self._depth(row, *book.top(), envelope, known, ts_recv)

        return books_of(envelope, "depth", known, item)

    def _depth(
        self,
        row: wire.Book | wire.BookV3,
        bids: list[Any],
        asks: list[Any],
        envelope: Envelope[Any],
        known: Known,
        now: int,
    ) -> Item:
        symbol, ts_ms = known.instrument.venue_symbol, row.ts or envelope.ts
        ts_event = ts_ms * NS_MS or now
        if too_early(self._told_depth.get(symbol), ts_event, DEPTH_CADENCE):
            return Ignored("depth", "within_cadence")
        self._told_depth[symbol] = ts_event
        return depth_quote(bids[:LEVELS], asks[:LEVELS], known, row.seq or ts_ms, ts_event, now)

    def _candle(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        interval = envelope.arg.channel.removeprefix("candle")
        return self._bars(envelope, wire.Candle, interval, known, ts_recv)

    def _kline(self, envelope: Envelope[Any], known: Known, ts_recv: int) -> list[Item]:
        return self._bars(envelope, wire.Kline, envelope.arg.interval, known, ts_recv)

    def _bars(
        self, envelope: Envelope[Any], kind: type[wire.Candle | wire.Kline], interval: str, known: Known, ts_recv: int
    ) -> list[Item]:
        """The row that begins a candle becomes the bar before it. A candle without turnover (v1) becomes none."""
        tf, length_ms = INTERVALS.get(interval, ("", 0))
        rows, set_aside = parted(envelope, kind, "bar", known.name)
        if not tf or None in [row.turnover for row in rows]:
            return [*set_aside, *[Ignored("bar", "not_subscribed")] * len(rows)]
        if len(rows) > 1:
            rows.sort(key=lambda row: row.start)
        key = (known.instrument.venue_symbol, tf)
        bars = [_bar(closed, tf, length_ms, known, ts_recv) for closed in self._candles.take(key, rows)]
        return [*set_aside, *bars]

    def _liquidations(self, envelope: Envelope[Any], ts_recv: int) -> list[Item]:
        """``side`` is read as the position's: ``buy`` says that a long died. ``amount`` is worth, in the quote coin.

        Source: Bitget API v3, "Liquidation Channel"; a frame agrees on the worth: 13.70319 at 0.1649 are 83.1 coins.
        """
        ours = envelope.arg.instType in OURS

        def item(row: wire.Liquidation) -> Item:
            known = self._known(row.symbol) if ours else None
            if known is None:
                return Ignored("liquidation", stranger(envelope.arg, row.symbol))
            coins = row.amount / row.price * known.size_mult
            if not 0 < coins < MOST_COINS:
                return malformed("liquidation", msgspec.json.encode(row), known.name)
            return Liquidation(
                known.name, row.ts * NS_MS, ts_recv, self._died[row.side], row.price / known.unit_mult, coins
            )

        return rows_of(envelope, wire.Liquidation, "liquidation", "", item)

    def _known(self, symbol: str) -> Known | None:
        return self._by_symbol.get(symbol) or self.instruments.meet(symbol)


def _trade(row: wire.Trade | wire.TradeV3 | of_2022.Trade, known: Known, ts_recv: int) -> Trade:
    return Trade(
        known.name,
        row.ts * NS_MS,
        ts_recv,
        trade_id(row.tradeId),
        row.price / known.unit_mult,
        row.size * known.size_mult,
        _BUY if row.side == "buy" else _SELL,
    )


def _bar(closed: wire.Candle | wire.Kline | IgnoreReason, tf: str, length_ms: int, known: Known, ts_recv: int) -> Item:
    if isinstance(closed, str):
        return Ignored("bar", closed)
    coins, usd = closed.volume * known.size_mult, closed.turnover or 0.0
    numbers = Ohlcv(closed.open, closed.high, closed.low, closed.close, coins, usd)
    return bar_of(known, tf, (closed.start + length_ms) * NS_MS, ts_recv, numbers)


def _when(item: Item) -> int:
    return item.ts_event if isinstance(item, Trade) else 0
