"""Wilder's average true range, one bar at a time."""

from __future__ import annotations

from math import isfinite

from fbkit.quant.reading import NAN, NOTHING_YET, Reading, needed


class ATR:
    """Wilder's average true range, in the unit of the prices.

    Parameters
    ----------
    window : int
        Length n: seeded with the mean of the first n true ranges, then ``(avg * (n - 1) + range) / n``.
    min_coverage : float
        Share of the last n bars that must have a true range.

    Notes
    -----
    The first bar has no true range (there is no close before it), so the first value stands at index n. A bar with a
    missing price, and the one after a missing close, have none either; the average is left alone. After n bars
    without one it begins anew (``gap``). Divide by the close to compare symbols.
    Twin: :func:`fbkit.quant.frames.atr`.

    Examples
    --------
    >>> atr = ATR(window=3)
    >>> bars = [(10, 8, 9), (12, 9, 11), (9, 7, 8), (11, 9, 10), (10, 8, 9)]
    >>> [round(atr.update(*bar).value, 6) for bar in bars][3:]
    [3.333333, 2.888889]
    """

    __slots__ = ("_close", "_filled", "_full", "_level", "_mask", "_need", "reading", "seen", "window")

    def __init__(self, window: int = 14, *, min_coverage: float = 0.8) -> None:
        if not 1 <= window <= 62:
            raise ValueError(f"an ATR looks at 1 to 62 bars, not {window}")
        self.window = window
        self._need = needed(window, min_coverage, least=1)
        self._full = (1 << window) - 1
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard."""
        self.reading = NOTHING_YET
        self._close = NAN
        self._level = 0.0
        self.seen = self._mask = 0
        self._filled = False

    @property
    def unsettled(self) -> bool:
        """Whether the seed still shows: fewer than ten lengths seen."""
        return self.seen < 10 * self.window

    @property
    def state(self) -> tuple[float, int, int, bool, float]:
        """Average, true ranges seen, mask of the last bars, whether ever filled, last close."""
        return self._level, self.seen, self._mask, self._filled, self._close

    @state.setter
    def state(self, state: tuple[float, int, int, bool, float]) -> None:
        self._level, self.seen, self._mask, self._filled, self._close = state

    def update(self, high: float, low: float, close: float) -> Reading:
        """Take the next bar (NaN when missing)."""
        self.push(float(high), float(low), float(close))
        self.reading = self._read()
        return self.reading

    def push(self, high: float, low: float, close: float) -> None:
        """As :meth:`update`, without reading."""
        before, self._close = self._close, close
        n = self.window
        # A missing price makes the sum NaN; max() alone would overlook it.
        if not isfinite(high - low + close + before):
            self._mask = self._mask << 1 & self._full
            if not self._mask:
                self.seen, self._level = 0, 0.0
            return
        self._mask = (self._mask << 1 | 1) & self._full
        reach = max(high - low, abs(high - before), abs(low - before))
        self.seen += 1
        if self.seen > n:
            self._level = (self._level * (n - 1) + reach) / n
            return
        self._level += reach
        if self.seen == n:
            self._level /= n
            self._filled = True

    def _read(self) -> Reading:
        there = self._mask.bit_count()
        coverage = there / self.window
        if self.seen < self.window:
            return Reading(NAN, "gap" if self._filled else "warmup", self.seen, coverage)
        if there < self._need or not self._mask & 1:
            return Reading(NAN, "gap", self.seen, coverage)
        value = self._level
        return (
            Reading(value, "", self.seen, coverage)
            if isfinite(value)
            else Reading(NAN, "unsupported", self.seen, coverage)
        )
