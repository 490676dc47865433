"""The Z-score of a value against the values before it, one value at a time."""

from __future__ import annotations

from math import isfinite, sqrt

from fbkit.quant.reading import NAN, NOTHING_YET, Reading, needed

_INF = float("inf")

#: A named tuple's own constructor costs as much as the whole statistic.
_new = tuple.__new__


class RollingZScore:
    """Distance of a value from the values before it, in standard deviations.

    Parameters
    ----------
    window : int
        How many earlier values form the baseline; at least 2.
    min_coverage : float
        Share of the baseline that must be there.
    offset : int
        Number of the first slot, plus what staggers its blocks: blocks are cut where it is a multiple of ``window``.
    include_current : bool
        Count the value itself into its baseline, as many do; for comparison only (it caps the score).

    Notes
    -----
    ``NaN`` with reason ``warmup`` until enough of the baseline is there, ``gap`` when later too little is, ``zero_var``
    while flat. A missing value (NaN) occupies its slot. Two-pass blocks (metrics reference 8), ``ddof`` 1: nothing is
    ever subtracted from a sum, so a bad print leaves with its window and flat is exactly flat.
    Twin: :func:`fbkit.quant.frames.zscore`.

    Examples
    --------
    >>> z = RollingZScore(window=4)
    >>> [z.update(x).reason for x in (1.0, 2.0, 3.0, 4.0)]
    ['warmup', 'warmup', 'warmup', 'warmup']
    >>> round(z.update(100.0).value, 6)
    75.523175
    """

    __slots__ = (
        "_anchor",
        "_anchored",
        "_current",
        "_filled",
        "_m",
        "_need",
        "_place",
        "_previous",
        "_q",
        "_s",
        "_suffix_m",
        "_suffix_q",
        "_suffix_s",
        "include_current",
        "offset",
        "reading",
        "window",
    )

    def __init__(
        self, window: int = 240, *, min_coverage: float = 0.8, offset: int = 0, include_current: bool = False
    ) -> None:
        if window < 2:
            raise ValueError(f"a baseline needs at least 2 values, not {window}")
        self.window, self.offset, self.include_current = window, offset, include_current
        self._need = needed(window, min_coverage)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard."""
        n = self.window
        self.reading = NOTHING_YET
        self._place = self.offset % n
        self._previous, self._current = [NAN] * n, [NAN] * n
        self._suffix_s, self._suffix_q, self._suffix_m = [0.0] * (n + 1), [0.0] * (n + 1), [0] * (n + 1)
        self._s = self._q = self._anchor = 0.0
        self._m = 0
        self._anchored = self._filled = False

    def update(self, x: float) -> Reading:
        """Judge ``x`` (NaN when missing), then make it part of the baseline."""
        x = float(x)
        place, s, q = self._place, self._s, self._q
        m = self._suffix_m[place] + self._m
        if m < self._need or place == self.window or not self._anchored or self.include_current:
            return self._update(x)
        # Within a block, what _judge and _push do, at two thirds of their price; whatever is odd goes to them.
        d = x - self._anchor
        total = self._suffix_s[place] + s
        var = (self._suffix_q[place] + q - total * total / m) / (m - 1)
        if not 0.0 < var < _INF:
            return self._update(x)
        z = (d - total / m) / sqrt(var)
        if z - z != 0.0:
            return self._update(x)
        self._filled = True
        self._s, self._q = s + d, q + d * d
        self._m += 1
        self._current[place] = x
        self._place = place + 1
        self.reading = reading = _new(Reading, (z, "", m, m / self.window))
        return reading

    def _update(self, x: float) -> Reading:
        if self.include_current:
            self._push(x)
            self.reading = self._judge(x)
        else:
            self.reading = self._judge(x)
            self._push(x)
        return self.reading

    def _judge(self, x: float) -> Reading:
        place, n = self._place, self.window
        m = self._suffix_m[place] + self._m
        if m < self._need:
            return Reading(NAN, "gap" if self._filled else "warmup", m, m / n)
        self._filled = True
        if not isfinite(x):
            return Reading(NAN, "gap", m, m / n)
        s = self._suffix_s[place] + self._s
        q = self._suffix_q[place] + self._q
        var = (q - s * s / m) / (m - 1)
        if var <= 0.0:
            return Reading(NAN, "zero_var", m, m / n)
        if not var < _INF:
            return Reading(NAN, "unsupported", m, m / n)
        z = ((x - self._anchor) - s / m) / sqrt(var)
        return Reading(z, "", m, m / n) if isfinite(z) else Reading(NAN, "unsupported", m, m / n)

    def _push(self, x: float) -> None:
        finite = isfinite(x)
        if self._place == self.window:
            self._turn(rebuild=not finite)
        if finite:
            if not self._anchored:
                self._anchored = True
                self._rebuild(x)
            d = x - self._anchor
            self._s += d
            self._q += d * d
            self._m += 1
        self._current[self._place] = x
        self._place += 1

    def _turn(self, *, rebuild: bool) -> None:
        """The block is full: it becomes the previous one."""
        self._previous, self._current = self._current, self._previous
        self._current[:] = [NAN] * self.window
        self._s = self._q = 0.0
        self._m = self._place = 0
        self._anchored = False
        if rebuild:
            self._rebuild(next((x for x in reversed(self._previous) if isfinite(x)), 0.0))

    def _rebuild(self, anchor: float) -> None:
        """Sums over the end of the previous block, newest to oldest, as distances from ``anchor``."""
        self._anchor = anchor
        suffix_s, suffix_q, suffix_m = self._suffix_s, self._suffix_q, self._suffix_m
        s = q = 0.0
        m, place = 0, self.window
        for x in reversed(self._previous):
            place -= 1
            if x - x == 0.0:  # finite, without a call
                d = x - anchor
                s += d
                q += d * d
                m += 1
            suffix_s[place], suffix_q[place], suffix_m[place] = s, q, m
