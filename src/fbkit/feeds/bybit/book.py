"""Books behind delta topics: a snapshot begins or replaces one, each delta has the next ``u``.

Source: Bybit v5 docs, "Orderbook" ("If you receive a new `snapshot` message, you will have to reset your local
orderbook"). That ``u`` grows by one a frame is what captures show (792 deltas of 2026, no break), and promised nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fbkit.feeds.book import LEVELS, Break, Ladder, Rung
from fbkit.feeds.bybit.wire import OrderBook


class Book:
    """One symbol's book at one depth; ``synced`` once a snapshot came and no delta is missing since."""

    __slots__ = ("asks", "bids", "synced", "ts", "u")

    def __init__(self) -> None:
        self.synced = False
        self.u = self.ts = 0
        self.bids, self.asks = Ladder(), Ladder()

    def start(self, snapshot: OrderBook, ts: int = 0) -> None:
        """Begin anew: whatever was known is discarded, and ``u`` counts from here (from 1 after a restart)."""
        self.bids, self.asks = Ladder(snapshot.b), Ladder(snapshot.a)
        self.u, self.ts, self.synced = snapshot.u, ts, True

    def update(self, delta: OrderBook, ts: int = 0) -> bool:
        """Apply what changed; false for a delta that was applied before. Call it only while ``delta`` follows."""
        if delta.u <= self.u:
            return False
        self.bids.update(delta.b)
        self.asks.update(delta.a)
        self.u, self.ts = delta.u, ts
        return True

    def top(self) -> tuple[list[Rung], list[Rung]]:
        """The best five levels a side, best first."""
        return self.bids.last(LEVELS), self.asks.first(LEVELS)


def _nobody(_: object) -> None:
    pass


class Books:
    """Every symbol's book of one depth; ``on_break`` hears which lost its sequence, ``on_mend`` which has it again."""

    def __init__(self, on_break: Callable[[Break], None] = _nobody, on_mend: Callable[[str], None] = _nobody) -> None:
        self.on_break, self.on_mend = on_break, on_mend
        self._books: dict[str, Book] = {}
        self._broken: set[str] = set()

    def is_late(self, snapshot: OrderBook, ts: int) -> bool:
        """Whether a snapshot is older than what we have (another connection lags); who began anew speaks later."""
        book = self._books.get(snapshot.s)
        return book is not None and book.synced and snapshot.u < book.u and ts < book.ts

    def start(self, snapshot: OrderBook, ts: int = 0) -> Book:
        """Begin a symbol's book, or replace it; ``ts`` is when it was so (UTC ns)."""
        book = self._books.get(snapshot.s)
        if book is None:
            book = self._books[snapshot.s] = Book()
        book.start(snapshot, ts)
        if snapshot.s in self._broken:
            self._broken.discard(snapshot.s)
            self.on_mend(snapshot.s)
        return book

    def following(self, delta: OrderBook) -> Book | None:
        """The book that a delta may be applied to; ``None`` before its snapshot and after a break."""
        book = self._books.get(delta.s)
        if book is None or not book.synced:
            return None
        if delta.u > book.u + 1:
            book.synced = False
            self._broken.add(delta.s)
            self.on_break(Break(delta.s, book.u + 1, delta.u))
            return None
        return book

    def forget(self, symbols: Iterable[str]) -> None:
        """Discard books: their connection was cut. The next snapshot begins them anew, and mends who was broken."""
        for symbol in symbols:
            self._books.pop(symbol, None)
