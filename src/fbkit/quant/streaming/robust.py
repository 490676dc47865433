"""The robust Z-score, one value at a time: median and MAD instead of mean and standard deviation."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from math import fsum, isfinite

from fbkit.quant.reading import NAN, NOTHING_YET, Reading, needed

#: The MAD, and the mean absolute deviation, of a standard normal distribution (metrics reference 8).
MAD_OF_NORMAL, MEAN_AD_SCALE = 0.67448975, 1.253314


class RobustZScore:
    """Distance of a value from the median of the values before it, as a standard deviation would be read.

    Parameters
    ----------
    window : int
        How many earlier values form the baseline; at least 2.
    min_coverage : float
        Share of the baseline that must be there.

    Notes
    -----
    ``0.67448975 * (x - med) / MAD``; where more than half of the baseline is equal (MAD 0),
    ``(x - med) / (1.253314 * meanAD)``. An outlier is above 3.5 in size (Iglewicz & Hoaglin).
    Reasons as :class:`RollingZScore`. A step costs two searches in a sorted baseline.
    Twin: :func:`fbkit.quant.frames.robust_zscore`.

    Examples
    --------
    >>> z = RobustZScore(window=4)
    >>> [z.update(x).reason for x in (1.0, 2.0, 3.0, 4.0)]
    ['warmup', 'warmup', 'warmup', 'warmup']
    >>> round(z.update(100.0).value, 6)
    65.762751
    """

    __slots__ = ("_filled", "_need", "_slots", "_sorted", "reading", "window")

    def __init__(self, window: int = 240, *, min_coverage: float = 0.8) -> None:
        if window < 2:
            raise ValueError(f"a baseline needs at least 2 values, not {window}")
        self.window = window
        self._need = needed(window, min_coverage)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard."""
        self.reading = NOTHING_YET
        self._slots: deque[float] = deque(maxlen=self.window)
        self._sorted: list[float] = []
        self._filled = False

    def update(self, x: float) -> Reading:
        """Judge ``x`` (NaN when missing), then make it part of the baseline."""
        x = float(x)
        self.reading = self._judge(x)
        self._push(x)
        return self.reading

    def _judge(self, x: float) -> Reading:
        m, n = len(self._sorted), self.window
        if m < self._need:
            return Reading(NAN, "gap" if self._filled else "warmup", m, m / n)
        self._filled = True
        if not isfinite(x):
            return Reading(NAN, "gap", m, m / n)
        median = _middle(self._sorted)
        mad = _median_deviation(self._sorted, median)
        if mad != 0.0:
            z = MAD_OF_NORMAL * (x - median) / mad
        else:
            mean = _mean_deviation(self._sorted, median)
            if mean == 0.0:
                return Reading(NAN, "zero_var", m, m / n)
            z = (x - median) / (MEAN_AD_SCALE * mean)
        usable = isfinite(z) and isfinite(mad)
        return Reading(z, "", m, m / n) if usable else Reading(NAN, "unsupported", m, m / n)

    def _push(self, x: float) -> None:
        if len(self._slots) == self.window:
            oldest = self._slots[0]
            if isfinite(oldest):
                del self._sorted[bisect_left(self._sorted, oldest)]
        self._slots.append(x)
        if isfinite(x):
            insort(self._sorted, x)


def _middle(ordered: list[float]) -> float:
    m = len(ordered)
    return (ordered[(m - 1) // 2] + ordered[m // 2]) / 2.0


def _mean_deviation(ordered: list[float], median: float) -> float:
    try:
        return fsum([abs(x - median) for x in ordered]) / len(ordered)
    except (OverflowError, ValueError):  # beyond float64
        return NAN


def _median_deviation(ordered: list[float], median: float) -> float:
    """The median of ``abs(x - median)``: to its left and right the deviations are sorted already."""
    m = len(ordered)
    low, high = _deviation(ordered, median, (m - 1) // 2), 0.0
    high = low if m % 2 else _deviation(ordered, median, m // 2)
    return (low + high) / 2.0


def _deviation(ordered: list[float], median: float, rank: int) -> float:
    """The deviation of this rank. The ``rank + 1`` nearest values stand side by side: search where they begin."""
    first, last = 0, len(ordered) - rank - 1
    while first < last:
        middle = (first + last) // 2
        if median - ordered[middle] > ordered[middle + rank + 1] - median:
            first = middle + 1
        else:
            last = middle
    return max(abs(median - ordered[first]), abs(ordered[first + rank] - median))
