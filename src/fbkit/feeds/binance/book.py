"""The order book behind a diff stream: kept here, told upstairs as the sum of its top five levels.

Live we subscribe to whole top fives and need no book. Recordings hold diffs, and so may a deeper feature later.
"""

from __future__ import annotations

from collections.abc import Callable

from fbkit.feeds.binance.wire import DepthUpdate, Snapshot
from fbkit.feeds.book import LEVELS, Break, Ladder, Rung

#: Diffs kept while a snapshot is awaited; beyond, the oldest go.
_WAITING = 10_000

Top = tuple[list[Rung], list[Rung]]


class Book:
    """One symbol's book, by the venue's rule: first ``U ≤ lastUpdateId ≤ u``, then each ``pu`` is the last ``u``.

    Source: Binance USDⓈ-M Futures, "How to manage a local order book correctly".
    """

    def __init__(self) -> None:
        self.synced = False
        self.last = 0
        self.ts = 0
        self._bids, self._asks = Ladder(), Ladder()
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
        self._bids, self._asks = Ladder(snapshot.bids), Ladder(snapshot.asks)
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


def _nobody(_: object) -> None:
    pass


class Books:
    """Every symbol's book; ``on_break`` hears of each that lost its sequence, ``on_mend`` when it has it again."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self._broken: set[str] = set()
        self.on_break: Callable[[Break], None] = _nobody
        self.on_mend: Callable[[str], None] = _nobody

    def update(self, update: DepthUpdate) -> Book:
        """Apply a diff to its symbol's book."""
        book = self._books.get(update.s)
        if book is None:
            book = self._books[update.s] = Book()
        broken = book.update(update)
        if broken is not None:
            self._lost(broken)
        return book

    def start(self, symbol: str, snapshot: Snapshot) -> Book:
        """Begin a symbol's book from a snapshot."""
        book = self._books.setdefault(symbol, Book())
        broken = book.start(snapshot)
        if broken is not None:
            self._lost(broken)
        elif symbol in self._broken:
            self._broken.discard(symbol)
            self.on_mend(symbol)
        return book

    def _lost(self, broken: Break) -> None:
        self._broken.add(broken.symbol)
        self.on_break(broken)

    def whose(self, snapshot: Snapshot) -> str:
        """The symbol an anonymous snapshot must be of: the one waiting book it fits; ``""`` if not exactly one."""
        fitting = [symbol for symbol, book in self._books.items() if book.covers(snapshot.lastUpdateId)]
        if not fitting:
            fitting = [symbol for symbol, book in self._books.items() if not book.synced]
        return fitting[0] if len(fitting) == 1 else ""
