"""Deribit's order books, by their rule: each update's ``prev_change_id`` is the last ``change_id``.

Source: Deribit API 2.1.1, "book.(instrument_name).(interval)".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fbkit.feeds.book import LEVELS, Break, Ladder, Rung
from fbkit.feeds.deribit.wire import BookData
from fbkit.model import NS_MS
from fbkit.model.items import IgnoreReason

#: The top of a book is told at most this often, ns of the venue's time.
CADENCE = 500 * NS_MS

#: The best levels a side, bids and asks, best first.
Top = tuple[list[Rung], list[Rung]]


class Book:
    """One instrument's book; it knows what it told last."""

    __slots__ = ("_told_at", "asks", "bids", "broken", "last", "synced", "told", "ts")

    def __init__(self) -> None:
        self.synced = self.broken = False
        self.last = self.ts = -1
        self.bids, self.asks = Ladder(), Ladder()
        self.told: Top | None = None
        self._told_at = 0

    def start(self, snapshot: BookData) -> None:
        """Discard what was known and begin here."""
        self.bids, self.asks = Ladder(), Ladder()
        self.synced, self.told = True, None
        self.apply(snapshot)

    def is_late(self, snapshot: BookData) -> bool:
        """Whether a snapshot is older than what we have: another connection lags."""
        return self.synced and snapshot.change_id < self.last and snapshot.timestamp <= self.ts

    def apply(self, change: BookData) -> None:
        """Set the levels of an update."""
        self.last, self.ts = change.change_id, change.timestamp
        bids, asks = self.bids.changed, self.asks.changed
        for action, price, amount in change.bids:
            bids[price] = 0.0 if action == "delete" else amount
        for action, price, amount in change.asks:
            asks[price] = 0.0 if action == "delete" else amount

    def top(self) -> Top:
        """The best five levels a side, best first."""
        return self.bids.last(LEVELS), self.asks.first(LEVELS)

    def due(self, ts: int) -> bool:
        """Whether the cadence is over at ``ts`` (UTC ns)."""
        return self.told is None or ts - self._told_at >= CADENCE

    def moved(self, ts: int) -> bool:
        """Whether the top differs from what was told; it is told with this."""
        top = self.top()
        if top == self.told:
            return False
        self.told, self._told_at = top, ts
        return True


class Books:
    """Every instrument's book, followed or not.

    ``on_break`` hears of each that lost its sequence, ``on_mend`` the symbol of each that found it again.
    """

    def __init__(
        self, on_break: Callable[[Break], None] = lambda _: None, on_mend: Callable[[str], None] = lambda _: None
    ) -> None:
        self.on_break, self.on_mend = on_break, on_mend
        self._books: dict[str, Book] = {}

    def update(self, data: BookData) -> tuple[Book, IgnoreReason | None]:
        """Apply what came to its book, or say why not: it repeats something, or there is no snapshot yet."""
        book = self._books.get(data.instrument_name)
        if book is None:
            book = self._books[data.instrument_name] = Book()
        if data.is_snapshot and book.is_late(data):
            return book, "unchanged"
        if data.is_snapshot:
            book.start(data)
            self._mend(data.instrument_name, book)
        elif not book.synced:
            return book, "no_state"
        elif data.change_id <= book.last:
            return book, "unchanged"
        else:
            self._change(data, book)
        return book, None if book.synced else "no_state"

    def forget(self, symbols: Iterable[str]) -> None:
        """A connection was cut: these wait for their next snapshot. What was broken stays so until then."""
        for symbol in symbols:
            book = self._books.get(symbol)
            if book is not None:
                book.synced = False

    def _change(self, data: BookData, book: Book) -> None:
        if data.prev_change_id == book.last:
            book.apply(data)
            return
        book.synced, book.broken = False, True
        self.on_break(Break(data.instrument_name, book.last, data.prev_change_id or 0))

    def _mend(self, symbol: str, book: Book) -> None:
        if book.broken:
            book.broken = False
            self.on_mend(symbol)
