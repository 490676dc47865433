"""Order books, as far as every venue's are alike: two ladders of levels, and the sum of the top five.

Each venue's room has its own rule of sequence (``feeds/<venue>/book.py``); what breaks and mends is told here.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fbkit.feeds.instruments import Known
from fbkit.model import Quote

#: Levels a side that depth sums add up.
LEVELS = 5

Rung = tuple[float, float]

#: Price and size of levels; of a price that comes twice, the later size.
Levels = Mapping[float, float] | Iterable[Rung]


class Break(NamedTuple):
    """Updates are missing: the book of ``symbol`` is not to be trusted until the next snapshot."""

    symbol: str
    expected: int
    received: int


class Ladder:
    """One side of a book, by price; size 0 removes a level, known or not.

    What changed waits in ``changed``, the newest size of each price, and is put in order when somebody looks: many
    updates come for one look.

    >>> bids = Ladder([(99.0, 1.0), (98.0, 2.0)])
    >>> bids.update([(98.5, 3.0), (99.0, 0.0), (12.0, 0.0)]); bids.last(2)
    [(98.5, 3.0), (98.0, 2.0)]
    """

    __slots__ = ("_prices", "_sizes", "changed")

    def __init__(self, levels: Levels = ()) -> None:
        self.changed = dict(levels)
        self._sizes: dict[float, float] = {}
        self._prices: list[float] = []

    def update(self, levels: Levels) -> None:
        """Set levels."""
        self.changed.update(levels)

    def first(self, n: int) -> list[Rung]:
        """The ``n`` lowest, from the lowest up: the best asks."""
        self._settle()
        return [(price, self._sizes[price]) for price in self._prices[:n]]

    def last(self, n: int) -> list[Rung]:
        """The ``n`` highest, from the highest down: the best bids."""
        self._settle()
        return [(price, self._sizes[price]) for price in self._prices[: -n - 1 : -1]]

    def _settle(self) -> None:
        """Put what changed in its place: one by one where that is little, else all anew."""
        changed, sizes = self.changed, self._sizes
        if len(changed) * 4 > len(sizes):
            sizes.update(changed)
            for price in [price for price, size in changed.items() if not size]:
                del sizes[price]
            self._prices = sorted(sizes)
        elif changed:
            self._place(changed.items())
        changed.clear()

    def _place(self, levels: Iterable[Rung]) -> None:
        sizes, prices = self._sizes, self._prices
        for price, size in levels:
            if size:
                if price not in sizes:
                    insort(prices, price)
                sizes[price] = size
            elif price in sizes:
                del sizes[price]
                del prices[bisect_left(prices, price)]


def depth_quote(
    bids: Sequence[Rung], asks: Sequence[Rung], known: Known, update_id: int, ts_event: int, ts_recv: int
) -> Quote:
    """The top of a book (wire prices and sizes, best first, at most :data:`LEVELS` a side) as a quote with its sums."""
    unit = known.unit_mult
    bid_size, depth_bid = _coins(bids, known)
    ask_size, depth_ask = _coins(asks, known)
    return Quote(
        known.name,
        ts_event,
        ts_recv,
        update_id,
        bids[0][0] / unit if bids else None,
        bid_size,
        asks[0][0] / unit if asks else None,
        ask_size,
        LEVELS,
        depth_bid,
        depth_ask,
    )


def _coins(levels: Sequence[Rung], known: Known) -> tuple[float | None, float]:
    """The best level's coins, and those of all.

    Sizes are summed as the wire has them, and converted once; an inverse level has its own price.
    """
    if not levels:
        return None, 0.0
    if known.inverse:
        coins = [known.coins(size, price) for price, size in levels]
        return coins[0], sum(coins)
    return levels[0][1] * known.size_mult, sum([level[1] for level in levels]) * known.size_mult
