"""What ``orderbook`` topics come to: level 1 is a quote, every other depth a book of which the top five are told.

Source: Bybit v5 docs, "Orderbook".
"""

from __future__ import annotations

from collections.abc import Iterable

from fbkit.feeds.book import Rung, depth_quote
from fbkit.feeds.bybit import until_2025
from fbkit.feeds.bybit.book import Books
from fbkit.feeds.bybit.wire import Envelope, OrderBook
from fbkit.feeds.instruments import Known
from fbkit.feeds.pace import too_early
from fbkit.model import NS_MS, Ignored, Item, Quote

#: A depth quote of a symbol is told this often at most (ns of event time); the venue sends up to fifty a second.
DEPTH_CADENCE = 500 * NS_MS


class Quotes:
    """Reads book frames, and remembers what their deltas need."""

    def __init__(self) -> None:
        self.books = Books()
        self._tops = until_2025.Tops()
        self._told: dict[str, int] = {}

    def best(self, envelope: Envelope[OrderBook], data: OrderBook, known: Known, ts_recv: int) -> Item:
        """Level 1: whole since 2025-03-20. What is said again after three calm seconds has the old ``seq``."""
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
            _ts_event(envelope, ts_recv),
            ts_recv,
            data.seq or data.u,
            None if bid is None else bid / unit,
            None if bid is None or bid_size is None else coins(bid_size, bid),
            None if ask is None else ask / unit,
            None if ask is None or ask_size is None else coins(ask_size, ask),
        )

    def depth(self, envelope: Envelope[OrderBook], data: OrderBook, known: Known, ts_recv: int) -> Item:
        """Deeper levels: a snapshot begins or replaces the book, a delta changes it."""
        ts_event = _ts_event(envelope, ts_recv)
        if envelope.type == "snapshot":
            if self.books.is_late(data, ts_event):
                return Ignored("depth", "unchanged")
            book = self.books.start(data, ts_event)
        else:
            found = self.books.following(data)
            if found is None:
                return Ignored("depth", "no_state")
            book = found
            if not book.update(data, ts_event):
                return Ignored("depth", "unchanged")
        if too_early(self._told.get(data.s), ts_event, DEPTH_CADENCE):
            return Ignored("depth", "within_cadence")
        self._told[data.s] = ts_event
        bids, asks = book.top()
        return depth_quote(bids, asks, known, data.seq or data.u, ts_event, ts_recv)

    def forget(self, symbols: Iterable[str]) -> None:
        """Discard books: their connection was cut."""
        symbols = list(symbols)
        self.books.forget(symbols)
        self._tops.forget(symbols)
        for symbol in symbols:
            self._told.pop(symbol, None)


def _ts_event(envelope: Envelope[OrderBook], ts_recv: int) -> int:
    """When the engine matched, else when the frame was made (UTC ns)."""
    return (envelope.cts or envelope.ts) * NS_MS or ts_recv
