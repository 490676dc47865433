"""Topics that Bybit has since replaced, as recordings hold them.

``liquidation.{symbol}`` (until 2025-02-20): one object, at most one a second. ``side`` was documented as the order's
until the venue corrected its text: as in ``allLiquidation``, ``Buy`` says that a long position was liquidated.

``orderbook.1`` (until 2025-03-20): a snapshot, then deltas, as every other depth has them to this day.

Source: Bybit v5 docs, "Liquidation" (deprecated) and changelog.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fbkit.feeds.book import Rung
from fbkit.feeds.bybit.book import Books
from fbkit.feeds.bybit.wire import AllLiquidation, OrderBook, Side
from fbkit.feeds.decoding import Millis, Price, Size


class Liquidation(Struct, gc=False):
    """The old ``liquidation``; ``updatedTime`` is ``updateTime`` in its documentation."""

    symbol: str
    side: Side
    size: Size
    price: Price
    updatedTime: Millis

    def as_new(self) -> AllLiquidation:
        """The same as today's topic would say it."""
        return AllLiquidation(self.updatedTime, self.symbol, self.side, self.size, self.price)


class Tops:
    """Books of one level: the last snapshot of each symbol, and what deltas made of it."""

    def __init__(self) -> None:
        self._fresh: dict[str, OrderBook] = {}
        self._books = Books()

    def whole(self, snapshot: OrderBook) -> None:
        """A snapshot; nothing is made of it until a delta asks."""
        self._fresh[snapshot.s] = snapshot

    def changed(self, delta: OrderBook) -> tuple[list[Rung], list[Rung]] | None:
        """Best bid and ask after a delta; ``None`` before a snapshot, after a lost delta, and for a repeated one."""
        fresh = self._fresh.pop(delta.s, None)
        if fresh is not None:
            self._books.start(fresh)
        book = self._books.following(delta)
        return book.top() if book is not None and book.update(delta) else None

    def forget(self, symbols: Iterable[str]) -> None:
        """Discard books: their connection was cut."""
        symbols = list(symbols)
        for symbol in symbols:
            self._fresh.pop(symbol, None)
        self._books.forget(symbols)
