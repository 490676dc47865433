"""The order book behind Gate's updates: kept here, told upstairs as the sum of its top five levels.

Updates begin before their snapshot: they wait for it, and no depth is told meanwhile. A book that lost its sequence
waits for the next snapshot the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fbkit.feeds.book import LEVELS, Break, Ladder, Rung
from fbkit.feeds.gate.rows import BookPage
from fbkit.feeds.gate.wire import BookChangeRow, BookRow, BookUpdateRow, LevelRow, moment_ns
from fbkit.model import NS_MS

#: The least distance of two told tops of a book, ns of the venue's time.
CADENCE = 500 * NS_MS

#: Updates kept while a snapshot is awaited; beyond, the oldest go.
_WAITING = 10_000

Top = tuple[list[Rung], list[Rung]]


class Book:
    """One contract's book, by the venue's rule: first ``U ≤ id + 1 ≤ u``, then each ``U`` is the last ``u`` plus one.

    Source: Gate "Futures WebSocket v4", "How to maintain local order book".
    """

    def __init__(self) -> None:
        self.synced = False
        self.broken = False
        self.last = 0
        self.ts = 0
        self._bids, self._asks = Ladder(), Ladder()
        self._begun = False
        self._waiting: list[BookUpdateRow] = []
        self.told: Top = ([], [])
        self._told_at = 0

    def top(self) -> Top:
        """The best five levels a side, best first."""
        return self._bids.last(LEVELS), self._asks.first(LEVELS)

    def begin(self, update_id: int, ts: int, bids: Iterable[LevelRow], asks: Iterable[LevelRow]) -> None:
        """Discard what was known: these are the levels (UTC ns)."""
        self.synced, self.last, self.ts = True, update_id, ts
        self._bids, self._asks = Ladder(_rungs(bids)), Ladder(_rungs(asks))
        self._begun = True

    def start(self, page: BookPage) -> None:
        """Begin from a snapshot and what waited for it; a snapshot older than what waits leaves the book waiting."""
        if self.synced and page.id <= self.last:
            return  # asked for twice: what we have is newer
        self.begin(page.id, moment_ns(page.update or page.current), page.bids, page.asks)
        waiting, self._waiting = self._waiting, []
        for at, update in enumerate(waiting):
            if not self._apply(update):
                self._waiting = waiting[at:]
                return

    def update(self, update: BookUpdateRow) -> Break | None:
        """Apply an update, or let it wait for a snapshot."""
        if not self.synced:
            self._waiting.append(update)
            del self._waiting[:-_WAITING]
            return None
        expected = self.last + 1
        if self._apply(update):
            return None
        self._waiting = [update]
        return Break(update.s, expected, update.U)

    def _apply(self, update: BookUpdateRow) -> bool:
        """Whether an update follows what we have; one that is older, or repeated, changes nothing."""
        if self.last + 1 < update.U:
            self.synced = False
            return False
        if update.u > self.last:
            self.last, self.ts = update.u, update.t * NS_MS
            bids, asks = self._bids.changed, self._asks.changed
            for level in update.b:
                bids[level.p] = level.s
            for level in update.a:
                asks[level.p] = level.s
        return True

    def forget(self) -> None:
        """Wait for a snapshot again, with nothing."""
        self.synced, self._waiting, self.told = False, [], ([], [])

    def awaits(self, update_id: int | None = None) -> bool:
        """Whether updates wait for a snapshot (and one with this id fits them)."""
        if self.synced:
            return False
        return any(update_id is None or update.U <= update_id + 1 <= update.u for update in self._waiting)

    def change(self, rows: Sequence[BookChangeRow]) -> None:
        """Apply the older channel's changes, whose asks are below zero."""
        for row in rows:
            if row.s <= 0:
                self._asks.changed[row.p] = -row.s
            if row.s >= 0:
                self._bids.changed[row.p] = row.s
            self.last = max(self.last, row.id)

    def is_calm(self) -> bool:
        """Whether the top was told so lately that it is kept for later."""
        return 0 <= self.ts - self._told_at < CADENCE

    def moved(self) -> bool:
        """Whether the top is another than the one told last; from now on it is ``told``."""
        if not self._touched():
            return False
        top = self.top()
        if top == self.told:
            return False
        self.told, self._told_at = top, self.ts
        return True

    def _touched(self) -> bool:
        """Whether anything changed as near to the middle as what was told: most changes are further out."""
        bids, asks = self.told
        if self._begun or len(bids) < LEVELS or len(asks) < LEVELS:
            self._begun = False
            return True
        new_bids, new_asks = self._bids.changed, self._asks.changed
        near_bid = bool(new_bids) and max(new_bids) >= bids[-1][0]
        return near_bid or (bool(new_asks) and min(new_asks) <= asks[-1][0])


class Books:
    """Every contract's book. ``on_break`` hears of each that lost its sequence, ``on_mend`` of each that found it."""

    def __init__(
        self, on_break: Callable[[Break], None] = lambda _: None, on_mend: Callable[[str], None] = lambda _: None
    ) -> None:
        self._books: dict[str, Book] = {}
        self.on_break, self.on_mend = on_break, on_mend

    def update(self, update: BookUpdateRow) -> Book:
        """Apply an update to its contract's book."""
        book = self._books.get(update.s) or self._book(update.s)
        broken = book.update(update)
        if broken is not None:
            book.broken = True
            self.on_break(broken)
        return book

    def start(self, symbol: str, page: BookPage) -> Book:
        """Begin a contract's book from a REST snapshot."""
        book = self._book(symbol)
        book.start(page)
        if book.broken and book.synced:
            book.broken = False
            self.on_mend(symbol)
        return book

    def whole(self, row: BookRow, ts: int) -> Book:
        """Begin a contract's book from the older channel's whole top."""
        book = self._book(row.contract)
        book.begin(row.id, row.t * NS_MS or ts, row.bids, row.asks)
        return book

    def change(self, symbol: str, rows: Sequence[BookChangeRow], ts: int) -> Book:
        """Apply the older channel's changes, heard of at ``ts`` (UTC ns)."""
        book = self._book(symbol)
        if book.synced:
            book.change(rows)
            book.ts = ts
        return book

    def forget(self, symbols: Iterable[str]) -> None:
        """A connection was cut: these books begin anew, with a snapshot."""
        for symbol in symbols:
            if symbol in self._books:
                self._books[symbol].forget()

    def awaits(self, symbol: str) -> bool:
        """Whether a contract's updates wait for a snapshot."""
        return symbol in self._books and self._books[symbol].awaits()

    def whose(self, page: BookPage) -> str:
        """The contract an anonymous snapshot must be of: whose waiting updates it fits; ``""`` if not just one."""
        fitting = [symbol for symbol, book in self._books.items() if book.awaits(page.id)]
        return fitting[0] if len(fitting) == 1 else ""

    def _book(self, symbol: str) -> Book:
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = Book()
        return book


def _rungs(levels: Iterable[LevelRow]) -> list[Rung]:
    return [(level.p, level.s) for level in levels]
