"""The Z-score against an exponentially weighted past, one value at a time."""

from __future__ import annotations

from math import isfinite, sqrt

from fbkit.quant.reading import NAN, NOTHING_YET, Reading


class EwmaZScore:
    """Distance of a value from an exponentially weighted mean of the values before it, in standard deviations.

    Parameters
    ----------
    halflife : float
        After so many values a value counts half; above 0.
    least : int
        How many values must have been seen; at least 2.

    Notes
    -----
    ``(x - m) / sqrt(v)`` with m and v from before x; then ``d = x - m; m += (1 - λ) d; v = λ (v + (1 - λ) d²)``,
    ``λ = 2 ** (-1 / halflife)``. m begins as the first value, v as 0. A missing value leaves both as they are
    (``gap``). ``coverage`` is the share of all slots so far that had a value. A value whose square is beyond float64
    is ``unsupported`` and left out. Twin: :func:`fbkit.quant.frames.ewma_zscore`.

    Examples
    --------
    >>> z = EwmaZScore(halflife=6.578813478960584)
    >>> [round(z.update(x).value, 6) for x in (0.0, 1.0, -1.0, 2.0, 0.0, 3.0)]
    [nan, nan, -3.666667, 4.61247, -0.261247, 4.063637]
    """

    __slots__ = ("_decay", "_m", "_n", "_slots", "_v", "halflife", "least", "reading")

    def __init__(self, halflife: float = 120.0, *, least: int = 2) -> None:
        self.halflife, self.least = check(halflife, least)
        self._decay = decay(halflife)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard."""
        self.reading = NOTHING_YET
        self._m = self._v = 0.0
        self._n = self._slots = 0

    def update(self, x: float) -> Reading:
        """Judge ``x`` (NaN when missing), then make it part of what follows."""
        x = float(x)
        n, coverage = self._n, self._n / self._slots if self._slots else 0.0
        self._slots += 1
        if not isfinite(x):
            self.reading = Reading(NAN, "warmup" if n < self.least else "gap", n, coverage)
            return self.reading
        z, reason = self._judge(x)
        self.reading = Reading(z, reason, n, coverage)
        return self.reading

    def _judge(self, x: float) -> tuple[float, str]:
        n, m, v, keep = self._n, self._m, self._v, self._decay
        d = x - m if n else 0.0
        after = keep * (v + (1.0 - keep) * (d * d))
        if not after < float("inf"):
            return NAN, "warmup" if n < self.least else "unsupported"
        self._m = m + (1.0 - keep) * d if n else x
        self._v, self._n = after, n + 1
        if n < self.least:
            return NAN, "warmup"
        if v <= 0.0:
            return NAN, "zero_var"
        z = d / sqrt(v)
        return (z, "") if isfinite(z) else (NAN, "unsupported")


def decay(halflife: float) -> float:
    """λ: what is left of a weight one value later.

    >>> decay(1.0)
    0.5
    """
    return float(2.0 ** (-1.0 / halflife))


def check(halflife: float, least: int) -> tuple[float, int]:
    """Both as they are, or :class:`ValueError`."""
    if not 0.0 < halflife < float("inf"):
        raise ValueError(f"a halflife is a number of values above 0, not {halflife}")
    if least < 2:
        raise ValueError(f"a spread needs at least 2 values, not {least}")
    return halflife, least
