"""The order book behind ``books``: a snapshot begins it, each update's ``pseq`` is the ``seq`` before.

Live we subscribe to whole top fives and need no book; recordings hold updates. Those of 2022 to 2024 have no ``seq``:
there a checksum over the first 25 levels, as they are written, tells a book that went wrong.

Source: Bitget API v2, "Depth Channel".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest
from zlib import crc32

from fbkit.feeds.bitget.wire import Book as Change
from fbkit.feeds.bitget.wire import BookV3, Texts
from fbkit.feeds.book import LEVELS, Break, Ladder, Rung

#: Levels a side that a checksum is of.
_CHECKED = 25


class Book:
    """One symbol's book."""

    __slots__ = ("_texts", "asks", "bids", "seq")

    def __init__(self, snapshot: Change | BookV3, texts: Texts | None) -> None:
        self.bids, self.asks = Ladder(snapshot.bids), Ladder(snapshot.asks)
        self.seq = snapshot.seq
        self._texts: dict[float, str] = {}
        self._note(texts)

    def update(self, change: Change | BookV3, texts: Texts | None) -> None:
        """Set what changed."""
        self.bids.update(change.bids)
        self.asks.update(change.asks)
        self.seq = change.seq
        self._note(texts)

    def top(self) -> tuple[list[Rung], list[Rung]]:
        """The best five levels a side, best first."""
        return self.bids.last(LEVELS), self.asks.first(LEVELS)

    def checksum(self) -> int:
        """The venue's checksum of what is here, a signed number of 32 bits."""
        sides = zip_longest(self.bids.last(_CHECKED), self.asks.first(_CHECKED))
        levels = [self._texts.get(level[0], "") for pair in sides for level in pair if level is not None]
        number = crc32(":".join(levels).encode())
        return number - 2**32 if number >= 2**31 else number

    def _note(self, texts: Texts | None) -> None:
        # A price is on one side of a book at a time, so both sides share a table.
        if texts is not None:
            levels = (*texts.bids, *texts.asks)
            self._texts |= {float(price): f"{price}:{size}" for price, size in levels if float(size)}


def _nobody(_: object) -> None:
    pass


class Books:
    """Every symbol's book; ``on_break`` hears which lost its sequence, ``on_mend`` which has it again."""

    def __init__(self, on_break: Callable[[Break], None] = _nobody, on_mend: Callable[[str], None] = _nobody) -> None:
        self.on_break, self.on_mend = on_break, on_mend
        self._books: dict[str, Book] = {}
        self._broken: set[str] = set()

    def start(self, symbol: str, snapshot: Change | BookV3, texts: Texts | None = None) -> Book:
        """Begin a symbol's book, or replace it. ``texts`` where only a checksum can tell whether it is right."""
        book = self._books[symbol] = Book(snapshot, texts)
        if symbol in self._broken:
            self._broken.discard(symbol)
            self.on_mend(symbol)
        return book

    def update(self, symbol: str, change: Change | BookV3, texts: Texts | None = None) -> Book | None:
        """Apply what changed; ``None`` before a snapshot and after a break."""
        book = self._books.get(symbol)
        if book is None:
            return None
        if change.seq and change.pseq != book.seq:
            self._break(symbol, book.seq, change.pseq)
            return None
        book.update(change, texts)
        if texts is not None and change.checksum and book.checksum() != change.checksum:
            self._break(symbol, change.checksum, book.checksum())
            return None
        return book

    def forget(self, symbols: Iterable[str]) -> None:
        """Discard books: their connection was cut. The next snapshot begins them anew, and mends who was broken."""
        for symbol in symbols:
            self._books.pop(symbol, None)

    def _break(self, symbol: str, expected: int, received: int) -> None:
        del self._books[symbol]
        self._broken.add(symbol)
        self.on_break(Break(symbol, expected, received))
