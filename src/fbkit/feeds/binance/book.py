"""The order book behind a diff stream: kept here, told upstairs as the sum of its top five levels.

Live we subscribe to whole top fives and need no book. Recordings hold diffs, and so may a deeper feature later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

from fbkit.feeds.binance.wire import DepthUpdate, Level, Snapshot

#: Levels a side that depth sums add up.
LEVELS = 5

#: Diffs kept while a snapshot is awaited; beyond, the oldest go.
_WAITING = 10_000

Top = tuple[list[Level], list[Level]]


class Break(NamedTuple):
    """Diffs are missing: the book is not to be trusted until the next snapshot."""

    symbol: str
    expected: int
    received: int


class Book:
    """One symbol's book, by the venue's rule: first ``U ≤ lastUpdateId ≤ u``, then each ``pu`` is the last ``u``.

    Source: Binance USDⓈ-M Futures, "How to manage a local order book correctly".
    """

    def __init__(self) -> None:
        self.synced = False
        self.last = 0
        self.ts = 0
        self._bids = _Side()
        self._asks = _Side()
        self._waiting: list[DepthUpdate] = []
        self._snapshot_id: int | None = None
        self._told: Top = ([], [])

    def top(self) -> Top:
        """The best five levels a side, best first."""
        return self._bids.last(LEVELS), self._asks.first(LEVELS)

    def moved(self) -> bool:
        """Whether the top five differ from the last time somebody asked."""
        top = self.top()
        if top == self._told:
            return False
        self._told = top
        return True

    def start(self, snapshot: Snapshot) -> Break | None:
        """Begin from a snapshot and what waited for it."""
        self._bids, self._asks = _Side(), _Side()
        self._bids.update(snapshot.bids)
        self._asks.update(snapshot.asks)
        self.ts = snapshot.T or snapshot.E
        self.last = self._snapshot_id = snapshot.lastUpdateId
        self.synced = True
        waiting, self._waiting = self._waiting, []
        for update in waiting:
            broken = self.update(update)
            if broken is not None:
                return broken
        return None

    def update(self, update: DepthUpdate) -> Break | None:
        """Apply one diff, or keep it until there is a snapshot."""
        if not self.synced:
            self._waiting.append(update)
            del self._waiting[:-_WAITING]
            return None
        if self._snapshot_id is not None:
            if update.u < self._snapshot_id:
                return None  # older than the snapshot
            if self._snapshot_id < update.U and update.pu != self._snapshot_id:
                return self._lose(update, self._snapshot_id)
            self._snapshot_id = None
        elif update.u <= self.last:
            return None  # a repetition
        elif update.pu != self.last:
            return self._lose(update, self.last)
        self.last, self.ts = update.u, update.T or update.E
        self._bids.update(update.b)
        self._asks.update(update.a)
        return None

    def covers(self, update_id: int) -> bool:
        """Whether this book waits for a snapshot and one with this id fits what waits."""
        return not self.synced and any(update.U <= update_id <= update.u for update in self._waiting)

    def _lose(self, update: DepthUpdate, expected: int) -> Break:
        self.synced, self._snapshot_id = False, None
        self._waiting = [update]
        return Break(update.s, expected, update.pu)


class Books:
    """Every symbol's book; ``on_break`` hears of each that lost its sequence."""

    def __init__(self, on_break: Callable[[Break], None] = lambda _: None) -> None:
        self._books: dict[str, Book] = {}
        self.on_break = on_break

    def update(self, update: DepthUpdate) -> Book:
        """Apply a diff to its symbol's book."""
        book = self._books.get(update.s)
        if book is None:
            book = self._books[update.s] = Book()
        broken = book.update(update)
        if broken is not None:
            self.on_break(broken)
        return book

    def start(self, symbol: str, snapshot: Snapshot) -> Book:
        """Begin a symbol's book from a snapshot."""
        book = self._books.setdefault(symbol, Book())
        broken = book.start(snapshot)
        if broken is not None:
            self.on_break(broken)
        return book

    def whose(self, snapshot: Snapshot) -> str:
        """The symbol an anonymous snapshot must be of: the one waiting book it fits; ``""`` if not exactly one."""
        fitting = [symbol for symbol, book in self._books.items() if book.covers(snapshot.lastUpdateId)]
        if not fitting:
            fitting = [symbol for symbol, book in self._books.items() if not book.synced]
        return fitting[0] if len(fitting) == 1 else ""


class _Side:
    """Sizes by price, prices in order."""

    def __init__(self) -> None:
        self._sizes: dict[float, float] = {}
        self._prices: list[float] = []

    def update(self, levels: list[Level]) -> None:
        sizes, prices = self._sizes, self._prices
        for price, size in levels:
            if size:
                if price not in sizes:
                    prices.insert(bisect_left(prices, price), price)
                sizes[price] = size
            elif price in sizes:
                del sizes[price]
                del prices[bisect_left(prices, price)]

    def first(self, n: int) -> list[Level]:
        return [(price, self._sizes[price]) for price in self._prices[:n]]

    def last(self, n: int) -> list[Level]:
        return [(price, self._sizes[price]) for price in self._prices[: -n - 1 : -1]]
