"""Correlation of whole columns with its interval, of all pairs of many, and who leads (metrics reference 9)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import isfinite, nan, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.frames.shape import vector
from fbkit.quant.interval import LEAST_PAIRS, Correlated, interval, rounded

Floats = NDArray[np.float64]


class LeadLag(NamedTuple):
    """The lag with the largest correlation in size: above 0, the first series leads by so many bars."""

    lag: int
    r: float
    low: float
    high: float
    n: int

    @property
    def reason(self) -> str:
        """Why ``r`` is NaN: ``warmup`` (no lag has 30 pairs) or ``zero_var`` (a side does not move); else ``""``."""
        if isfinite(self.r):
            return ""
        return "warmup" if self.n < LEAST_PAIRS else "zero_var"


def correlation(x: Any, y: Any) -> Correlated:
    """Pearson's correlation of two columns of changes on one grid (log returns, ``oi_dlog``), NaN where missing.

    Rows with a missing side are left out. NaN with fewer than 30 pairs, or where a side does not move.

    >>> k = np.arange(40.0)
    >>> [round(float(part), 4) for part in correlation(k % 7, k % 7 + k % 3)]
    [0.9199, 0.8528, 0.9572, 40.0]
    """
    a, b = vector(x), vector(y)
    there = np.isfinite(a) & np.isfinite(b)
    return _correlated(_centred(a[there]), _centred(b[there]))


def correlations(columns: Any) -> Correlated:
    """The correlation of every two columns.

    Parameters
    ----------
    columns : DataFrame, or mapping of names to columns
        Changes on one grid, NaN where missing.

    Returns
    -------
    ``r``, ``low``, ``high`` and ``n`` as DataFrames, both ways; each pair over the rows that both have.

    Examples
    --------
    >>> k = np.arange(40.0)
    >>> found = correlations({"a": k % 7, "b": k % 7 + k % 3})
    >>> float(found.r.loc["b", "a"].round(4)), int(found.n.loc["a", "b"])
    (0.9199, 40)
    """
    import pandas as pd

    names = list(columns.keys() if isinstance(columns, Mapping) else columns.columns)
    series = [vector(columns[name]) for name in names]
    whole = [np.isfinite(x) for x in series]
    centred = [_centred(x) if there.all() else None for x, there in zip(series, whole, strict=True)]
    matrices = [np.full((len(names), len(names)), nan) for _ in range(3)]
    counts = np.zeros((len(names), len(names)), np.int64)
    for i, j in _pairs(len(names)):
        a, b = centred[i], centred[j]
        if a is None or b is None:
            there = whole[i] & whole[j]
            a = _centred(series[i][there])
            b = a if i == j else _centred(series[j][there])
        found = _correlated(a, b)
        for matrix, part in zip((*matrices, counts), found, strict=True):
            matrix[i, j] = matrix[j, i] = part
    return Correlated(*(pd.DataFrame(matrix, names, names) for matrix in (*matrices, counts)))


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(i, i) for i in range(count)] + list(combinations(range(count), 2))


def cross_correlations(x: Any, y: Any, most: int = 10) -> tuple[NDArray[np.int64], Correlated]:
    """Lags from ``-most`` to ``most`` and the correlation of ``x`` with ``y`` so many bars later, as arrays.

    >>> k = np.arange(60.0)
    >>> lags, found = cross_correlations(k % 7, (k - 2) % 7, most=2)
    >>> lags.tolist(), found.r.round(2).tolist()
    ([-2, -1, 0, 1, 2], [-0.49, -0.5, -0.27, 0.23, 1.0])
    """
    if most < 0:
        raise ValueError(f"lags go from -most to most, and most is 0 or more, not {most}")
    a, b = vector(x), vector(y)
    if len(a) != len(b):
        raise ValueError(f"two columns on one grid have as many rows, not {len(a)} and {len(b)}")
    lags = np.arange(-most, most + 1)
    rows = [max(0, len(a) - abs(k)) for k in lags.tolist()]
    starts = [(max(0, -k), max(0, k)) for k in lags.tolist()]
    found = [correlation(a[i : i + n], b[j : j + n]) for (i, j), n in zip(starts, rows, strict=True)]
    r, low, high, n = zip(*found, strict=True)
    return lags, Correlated(np.array(r), np.array(low), np.array(high), np.array(n))


def lead_lag(x: Any, y: Any, most: int = 10) -> LeadLag:
    """The lag, from ``-most`` to ``most`` bars, at which two columns of changes correlate most in size.

    ``lag`` above 0: ``x`` leads ``y`` by so many bars. Of equals the lag nearest to 0 (of those the positive one). The
    interval is that of one lag; the largest of many is more extreme by chance than one of them. No lag has 30 pairs, or
    a side does not move: lag 0 and NaN, and ``reason`` says which.

    >>> k = np.arange(60.0)
    >>> found = lead_lag(k % 7, (k - 2) % 7, most=3)
    >>> found.lag, round(found.r, 4), found.n
    (2, 1.0, 58)
    """
    lags, found = cross_correlations(x, y, most)
    order = sorted(range(len(lags)), key=lambda i: (abs(int(lags[i])), -int(lags[i])))
    best = max(order, key=lambda i: abs(float(found.r[i])) if isfinite(found.r[i]) else -1.0)
    r, low, high = (float(part[best]) for part in found[:3])
    return LeadLag(int(lags[best]), r, low, high, int(found.n[best]))


def _centred(x: Floats) -> tuple[Floats, float]:
    """Distances from the mean and their sum of squares; a flat column is exactly flat."""
    if not len(x):
        return x, 0.0
    with np.errstate(all="ignore"):
        d = x - x[0]
        d -= d.mean()
        return d, float((d * d).sum())


def _correlated(a: tuple[Floats, float], b: tuple[Floats, float]) -> Correlated:
    (dx, xx), (dy, yy) = a, b
    n = len(dx)
    spread = sqrt(xx) * sqrt(yy) if xx > 0.0 and yy > 0.0 else nan
    if n < LEAST_PAIRS or not 0.0 < spread < float("inf"):
        return Correlated(nan, nan, nan, n)
    r = 1.0 if dx is dy else rounded(float((dx * dy).sum()) / spread)
    return Correlated(r, *interval(r, n), n)
