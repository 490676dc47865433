"""OKX's rule of sequence for books that come as a snapshot and updates: ``books`` and its kin, in recordings.

Live we subscribe to whole top fives and need no book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal
from zlib import crc32

from fbkit.feeds.book import LEVELS, Break, Ladder, Rung
from fbkit.feeds.decoding import number
from fbkit.feeds.okx.wire import BookRow, TextLevel

#: Levels a side that a checksum covers.
_CHECKED = 25

Top = tuple[list[Rung], list[Rung]]

#: What a row did: ``unchanged`` also for a repetition, ``no_state`` before the first snapshot and after a break.
Outcome = Literal["moved", "unchanged", "heartbeat", "no_state"]


class Book:
    """One symbol's book: a snapshot, then each ``prevSeqId`` is the last ``seqId``.

    An update that repeats its own number is a heartbeat (60 s without change); a number that falls is the venue's
    maintenance, legal as long as the chain holds. Frames of 2022 have no numbers: there the checksum is the rule.

    Source: OKX v5 docs, "Order book channel", "Sequence ID" and "Checksum".
    """

    def __init__(self) -> None:
        self.synced = False
        self.last = -1
        self._applied: tuple[int | None, int] = (None, -1)
        self._sides = (_Side(), _Side())
        self._told: Top = ([], [])

    def top(self) -> Top:
        """The best five levels a side, bids and asks, best first."""
        bids, asks = self._sides
        return bids.ladder.last(LEVELS), asks.ladder.first(LEVELS)

    def start(self, row: BookRow, levels: Top) -> Outcome:
        """A snapshot: what was known is forgotten."""
        self._sides = (_Side(), _Side())
        self._set(row, levels)
        self.synced = True
        return self._moved()

    def update(self, row: BookRow, levels: Top, symbol: str) -> Outcome | Break:
        """Apply one update, or say what is missing before it."""
        if not self.synced:
            return "no_state"
        if row.prevSeqId is not None:
            if (row.prevSeqId, row.seqId) == self._applied:
                return "heartbeat" if row.prevSeqId == row.seqId else "unchanged"
            if row.prevSeqId != self.last:
                return self._lose(Break(symbol, self.last, row.prevSeqId))
        self._set(row, levels)
        if row.checksum:
            ours = self.checksum()
            if ours != row.checksum:
                return self._lose(Break(symbol, row.checksum, ours))
        if row.prevSeqId == row.seqId and not (row.bids or row.asks):
            return "heartbeat"
        return self._moved()

    def checksum(self) -> int:
        """CRC-32, signed, of ``bid:size:ask:size:…`` over the best 25 levels a side."""
        bids, asks = self._sides
        pairs = zip_longest(
            bids.written(bids.ladder.last(_CHECKED)), asks.written(asks.ladder.first(_CHECKED)), fillvalue=""
        )
        found = crc32(":".join(text for pair in pairs for text in pair if text).encode())
        return found - (1 << 32) if found >> 31 else found

    def _set(self, row: BookRow, levels: Top) -> None:
        for side, rungs, texts in zip(self._sides, levels, (row.bids, row.asks), strict=True):
            side.update(rungs, texts)
        self.last, self._applied = row.seqId, (row.prevSeqId, row.seqId)

    def _lose(self, broken: Break) -> Break:
        self.synced = False
        return broken

    def _moved(self) -> Outcome:
        top = self.top()
        if top == self._told:
            return "unchanged"
        self._told = top
        return "moved"


class Books:
    """Every symbol's book; ``on_break`` hears of each that lost its sequence, ``on_mend`` of the snapshot after it."""

    def __init__(self) -> None:
        self.on_break: Callable[[Break], None] = lambda _: None
        self.on_mend: Callable[[str], None] = lambda _: None
        self._books: dict[str, Book] = {}
        self._broken: set[str] = set()

    def take(self, symbol: str, row: BookRow, *, snapshot: bool) -> tuple[Book, Outcome]:
        """Apply a row to its symbol's book. Raises ``ValueError`` for what is no price or no size."""
        levels = _rungs(row.bids), _rungs(row.asks)
        book = self._books.setdefault(symbol, Book())
        if not snapshot:
            outcome = book.update(row, levels, symbol)
            if not isinstance(outcome, Break):
                return book, outcome
            self._broken.add(symbol)
            self.on_break(outcome)
            return book, "no_state"
        started = book.start(row, levels)
        if symbol in self._broken:
            self._broken.discard(symbol)
            self.on_mend(symbol)
        return book, started

    def forget(self, symbol: str) -> None:
        """A connection was cut: nothing is known until the next snapshot."""
        self._books.pop(symbol, None)


class _Side:
    """One side: levels by price, and how each was written."""

    def __init__(self) -> None:
        self.ladder = Ladder()
        self._texts: dict[float, str] = {}

    def update(self, rungs: Sequence[Rung], texts: Sequence[TextLevel]) -> None:
        self.ladder.update(rungs)
        for (price, size), text in zip(rungs, texts, strict=True):
            if size:
                self._texts[price] = f"{text.px}:{text.sz}"
            else:
                self._texts.pop(price, None)

    def written(self, levels: Iterable[Rung]) -> Iterator[str]:
        return (self._texts[price] for price, _ in levels)


def _rungs(levels: Sequence[TextLevel]) -> list[Rung]:
    rungs = []
    for level in levels:
        price, size = number(level.px), number(level.sz)
        if price is None or size is None or price <= 0 or size < 0:
            raise ValueError(level)
        rungs.append((price, size))
    return rungs
