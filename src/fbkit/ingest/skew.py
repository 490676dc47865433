"""How far a venue's clock is from ours: the median over five minutes of ten-second minima of ``ts_recv - ts_event``."""

from __future__ import annotations

from collections import deque
from statistics import median_low

from fbkit.model import NS_S

_WINDOW_NS = 10 * NS_S
_WINDOWS = 30

#: A venue this much above the smallest skew does not hold back the others' bars.
LAGGARD_NS = 10 * NS_S


class Skew:
    """The skew of one venue, signed, in ns; ``None`` before its first live event.

    >>> skew = Skew()
    >>> skew.hear(1_000, 400); skew.hear(2_000, 1_500); skew.ns
    500
    """

    __slots__ = ("_lowest", "_minima", "_since", "ns")

    def __init__(self) -> None:
        self._minima: deque[int] = deque(maxlen=_WINDOWS)
        self._since: int | None = None
        self._lowest = 0
        self.ns: int | None = None

    def hear(self, ts_recv: int, ts_event: int) -> None:
        """Take in one live trade, quote or mark."""
        behind = ts_recv - ts_event
        if self._since is None:
            self._since, self._lowest, self.ns = ts_recv, behind, behind
        elif ts_recv - self._since >= _WINDOW_NS:
            self._minima.append(self._lowest)
            self._since, self._lowest = ts_recv, behind
            self.ns = median_low(self._minima)
        elif behind < self._lowest:
            self._lowest = behind
            if not self._minima:
                self.ns = behind


def largest_fair(skews: list[int]) -> int:
    """The largest skew that a Beat waits for: laggards more than ten seconds above the smallest do not count."""
    if not skews:
        return 0
    bound = min(skews) + LAGGARD_NS
    return max(skew for skew in skews if skew <= bound)
