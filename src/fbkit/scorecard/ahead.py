"""What lies ahead of a minute, and what a trader who entered there saw. There is no way to ask back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fbkit.model import NS_MIN
from fbkit.scorecard.minutes import Floats, Integers, Minutes

#: How far ahead is looked, in 1m bars.
HORIZONS: dict[str, int] = {"5m": 5, "15m": 15, "1h": 60, "4h": 240}

#: A mean of coverages is so near to what it would be on paper.
_ROUNDING = 1e-9


class Forward(NamedTuple):
    """For each minute of entry: what the price did until the horizon, as fractions of the entry price.

    ``ret`` at the last bar's close, ``up`` at the highest and ``down`` at the lowest price on the way. NaN where a bar
    of the horizon is missing, or all of them together are covered by less than was asked.
    """

    ret: Floats
    up: Floats
    down: Floats


class Ahead:
    """An instrument's 1m bars as they lie ahead of each of its minutes.

    Element ``i`` of every answer is made of the bars ``i``, ``i + 1``, … alone: all answers are built by :func:`later`,
    which cannot be asked for an earlier one. What is not there is NaN.

    Examples
    --------
    >>> from fbkit.scorecard.minutes import lay
    >>> x = [10.0, 11.0, 9.0, 12.0]
    >>> bars = Ahead(lay([n * NS_MIN for n in range(4)], (x, x, x, x), [1.0] * 4))
    >>> bars.close(2).tolist(), bars.highest(3).tolist(), bars.lowest(3).tolist()
    ([11.0, 9.0, 12.0, nan], [11.0, 12.0, nan, nan], [9.0, 9.0, nan, nan])
    """

    def __init__(self, minutes: Minutes) -> None:
        self.begin, self.entry, self._bars = minutes.begin, minutes.open, minutes

    def close(self, bars: int) -> Floats:
        """Where the price stood after so many bars."""
        return later(self._bars.close, bars - 1)

    def highest(self, bars: int) -> Floats:
        """The highest price within so many bars."""
        return _extreme(self._bars.high, bars, np.maximum)

    def lowest(self, bars: int) -> Floats:
        """The lowest price within so many bars."""
        return _extreme(self._bars.low, bars, np.minimum)

    def coverage(self, bars: int) -> Floats:
        """The mean coverage of so many bars."""
        return _total(self._bars.coverage, bars) / bars

    def forward(self, bars: int, min_coverage: float) -> Forward:
        """What followed an entry at each minute's open."""
        reached = self.close(bars), self.highest(bars), self.lowest(bars)
        known = np.isfinite(reached).all(axis=0) & (self.coverage(bars) >= min_coverage - _ROUNDING)
        entry = np.where(known, self.entry, np.nan)
        return Forward(*(prices / entry - 1.0 for prices in reached))


def first_minute(ts: Integers) -> Integers:
    """The first minute that begins at or after an instant (UTC ns): no bar before it may be seen.

    >>> first_minute(np.array([0, 1, NS_MIN])).tolist()
    [0, 1, 1]
    """
    return -(-ts // NS_MIN)


def later(x: Floats, bars: int) -> Floats:
    """What stands so many bars later, NaN beyond the last; raises ``ValueError`` for anything earlier.

    >>> later(np.array([1.0, 2.0, 3.0]), 1).tolist()
    [2.0, 3.0, nan]
    """
    if bars < 0:
        raise ValueError(f"{bars} bars later would be earlier")
    out = np.full(len(x), np.nan)
    if bars < len(x):
        out[: len(x) - bars] = x[bars:]
    return out


def _extreme(x: Floats, bars: int, pick: Any) -> Floats:
    """Over windows that double: 1, 2, 4, … bars, then two of them that overlap. A NaN anywhere in it is the answer."""
    found, width = x, 1
    while 2 * width <= bars:
        found, width = pick(found, later(found, width)), 2 * width
    return np.asarray(pick(found, later(found, bars - width)))


def _total(x: Floats, bars: int) -> Floats:
    """Sums over windows that double, put together as the number of bars is written in binary."""
    total, done, block, width = np.zeros(len(x)), 0, x, 1
    while True:
        if bars & width:
            total, done = total + later(block, done), done + width
        if done == bars:
            return total
        block, width = block + later(block, width), 2 * width
