"""How far a venue's clock is from ours: the median over five minutes of ten-second minima of ``ts_recv - ts_event``."""

from __future__ import annotations

from bisect import insort
from collections import deque
from statistics import median_low

from fbkit.model import NS_S

_WINDOW_NS = 10 * NS_S
_WINDOWS = 30

# Before the first ten seconds are full, the median of so many delays stands for them.
_FIRST = 1001

#: A venue this much above the smallest skew does not hold back the others' bars.
LAGGARD_NS = 10 * NS_S


class Skew:
    """The skew of one venue, signed, in ns; ``None`` before its first live event.

    >>> skew = Skew()
    >>> for ts, delay in ((10_000, 600), (10_001, 500), (10_002, 9_000)): skew.hear(ts, ts - delay)
    >>> skew.ns
    600
    """

    __slots__ = ("_first", "_frame", "_lowest", "_minima", "_until", "ns")

    def __init__(self) -> None:
        self._minima: deque[int] = deque(maxlen=_WINDOWS)
        self._first: list[int] = []
        self._frame = (-1, 0)  # ts_recv of the newest frame, and its least delay
        self._until = 0
        self._lowest = 0
        self.ns: int | None = None

    def hear(self, ts_recv: int, ts_event: int) -> None:
        """Take in one live trade, quote or mark; of what came together, the newest is enough."""
        behind = ts_recv - ts_event
        if ts_recv < self._until:
            self._lowest = min(self._lowest, behind)
            if not self._minima and len(self._first) < _FIRST:
                self._hear_first(ts_recv, behind)
        elif self.ns is None:
            self._until, self._lowest = ts_recv + _WINDOW_NS, behind
            self._hear_first(ts_recv, behind)
        else:
            self._minima.append(self._lowest)
            self._until, self._lowest = ts_recv + _WINDOW_NS, behind
            self.ns = median_low(self._minima)

    def _hear_first(self, ts_recv: int, behind: int) -> None:
        """One delay in ten seconds may be nonsense; the median of all so far is not moved by it.

        What came in one frame counts once, with its least delay: some venues send the trades of the last minute again
        when they are subscribed to.
        """
        heard, least = self._frame
        if ts_recv == heard:
            if behind >= least:
                return
            self._first.remove(least)
        self._frame = (ts_recv, behind)
        insort(self._first, behind)
        self.ns = self._first[(len(self._first) - 1) // 2]


def largest_fair(skews: list[int]) -> int:
    """The largest skew that a Beat waits for: laggards more than ten seconds above the smallest do not count."""
    if not skews:
        return 0
    bound = min(skews) + LAGGARD_NS
    return max(skew for skew in skews if skew <= bound)
