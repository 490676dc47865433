"""Rolling correlation of two series of changes, a pair at a time."""

from __future__ import annotations

from math import isfinite, sqrt

from fbkit.quant.interval import LEAST_PAIRS, interval, rounded
from fbkit.quant.reading import NAN, NOTHING_YET, Reading, needed

Sums = tuple[int, float, float, float, float, float]
_NOTHING: Sums = (0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Correlation:
    """Pearson's correlation over the last ``window`` pairs, the current one included.

    Parameters
    ----------
    window : int
        How many slots are looked at; at least 30.
    min_coverage : float
        Share of the slots that must hold a complete pair; never fewer than 30 pairs.

    Notes
    -----
    Give it changes on one grid, such as log returns or ``oi_dlog``: two levels always seem related. A pair with a
    missing side is left out (never filled forward) and occupies its slot. Reasons: ``warmup``, ``gap`` (too few pairs),
    ``zero_var`` (a side does not move), ``unsupported`` (beyond float64). ``interval`` is the 95 % interval of the
    last reading. Two-pass blocks, as in :class:`RollingZScore`: no drift, and a bad print leaves with its window.
    Twin: :func:`fbkit.quant.frames.rolling_correlation`.

    Examples
    --------
    >>> both = Correlation(window=30)
    >>> readings = [both.update(k % 7, k % 7 + k % 3) for k in range(30)]
    >>> readings[22].reason, round(readings[-1].value, 4), readings[-1].n
    ('warmup', 0.927, 30)
    >>> [round(x, 4) for x in both.interval]
    [0.851, 0.965]
    """

    __slots__ = (
        "_anchor",
        "_anchored",
        "_current",
        "_filled",
        "_need",
        "_previous",
        "_suffix",
        "_sums",
        "reading",
        "window",
    )

    def __init__(self, window: int = 240, *, min_coverage: float = 0.8) -> None:
        if window < LEAST_PAIRS:
            raise ValueError(f"a correlation needs at least {LEAST_PAIRS} pairs, not {window}")
        self.window = window
        self._need = needed(window, min_coverage, least=LEAST_PAIRS)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard."""
        self.reading = NOTHING_YET
        self._previous: list[tuple[float, float]] = [(NAN, NAN)] * self.window
        self._current: list[tuple[float, float]] = []
        self._suffix: list[Sums] = [_NOTHING] * (self.window + 1)
        self._sums = _NOTHING
        self._anchor = (0.0, 0.0)
        self._anchored = self._filled = False

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the last reading; NaN where that has no value."""
        return interval(self.reading.value, self.reading.n)

    def update(self, x: float, y: float) -> Reading:
        """Take the next pair (NaN where a side is missing)."""
        self._push(float(x), float(y))
        self.reading = self._read()
        return self.reading

    def _push(self, x: float, y: float) -> None:
        if len(self._current) == self.window:
            self._turn()
        if isfinite(x) and isfinite(y):
            if not self._anchored:
                self._anchored = True
                self._rebuild((x, y))
            self._sums = _added(self._sums, x - self._anchor[0], y - self._anchor[1])
        self._current.append((x, y))

    def _turn(self) -> None:
        """The block is full: it becomes the previous one."""
        self._previous, self._current = self._current, []
        self._sums, self._anchored = _NOTHING, False
        there = (pair for pair in reversed(self._previous) if isfinite(pair[0]) and isfinite(pair[1]))
        self._rebuild(next(there, (0.0, 0.0)))

    def _rebuild(self, anchor: tuple[float, float]) -> None:
        """Sums over the end of the previous block, newest to oldest, as distances from ``anchor``."""
        self._anchor = kx, ky = anchor
        sums = _NOTHING
        for place in range(self.window - 1, -1, -1):
            x, y = self._previous[place]
            if isfinite(x) and isfinite(y):
                sums = _added(sums, x - kx, y - ky)
            self._suffix[place] = sums

    def _read(self) -> Reading:
        tail, head, n = self._suffix[len(self._current)], self._sums, self.window
        m = tail[0] + head[0]
        if m < self._need:
            return Reading(NAN, "gap" if self._filled else "warmup", m, m / n)
        self._filled = True
        sx, sy, sxx, syy, sxy = (a + b for a, b in zip(tail[1:], head[1:], strict=True))
        vx, vy = sxx - sx * sx / m, syy - sy * sy / m
        if vx <= 0.0 or vy <= 0.0:
            return Reading(NAN, "zero_var", m, m / n)
        spread = sqrt(vx) * sqrt(vy) if vx == vx and vy == vy else NAN  # noqa: PLR0124 - not NaN
        r = rounded((sxy - sx * sy / m) / spread) if spread > 0.0 else NAN
        return Reading(r, "", m, m / n) if isfinite(r) else Reading(NAN, "unsupported", m, m / n)


def _added(sums: Sums, x: float, y: float) -> Sums:
    m, sx, sy, sxx, syy, sxy = sums
    return m + 1, sx + x, sy + y, sxx + x * x, syy + y * y, sxy + x * y
