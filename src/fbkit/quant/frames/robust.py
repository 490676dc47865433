"""The robust Z-score of whole columns."""

from __future__ import annotations

from math import fsum
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fbkit.quant.frames.shape import like, vector
from fbkit.quant.frames.zscore import ZColumn
from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR, needed
from fbkit.quant.streaming.robust import MAD_OF_NORMAL, MEAN_AD_SCALE

T = TypeVar("T")
Floats = NDArray[np.float64]

#: So many values are sorted at a time.
_STRETCH = 1 << 16


def robust_zscore(series: T, window: int = 240, *, min_coverage: float = 0.8) -> T:
    """Distance of each value from the median of the ``window`` values before it, scaled by their MAD.

    As :func:`zscore`: numpy array, Series or DataFrame (column by column), one row a slot, NaN where a slot is missing
    and where there is no value. Twin of :class:`fbkit.quant.streaming.RobustZScore`.

    >>> robust_zscore(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), window=4).round(6)
    array([      nan,       nan,       nan,       nan, 65.762751])
    """
    return like(series, lambda x: robust_zscore_readings(x, window, min_coverage=min_coverage).value)


def robust_zscore_readings(x: Any, window: int = 240, *, min_coverage: float = 0.8) -> ZColumn:
    """As :func:`robust_zscore` of one column, with reason codes and counts."""
    if window < 2:
        raise ValueError(f"a baseline needs at least 2 values, not {window}")
    values = vector(x)
    usable = np.where(np.isfinite(values), values, np.nan)
    before = sliding_window_view(np.concatenate((np.full(window, np.nan), usable)), window)[: len(values)]
    z, mad, m = np.empty(len(values)), np.empty(len(values)), np.empty(len(values), np.int64)
    step = max(1, _STRETCH // window)
    for start in range(0, len(values), step):
        at = slice(start, start + step)
        z[at], mad[at], m[at] = _judged(values[at], before[at])
    enough = m >= needed(window, min_coverage)
    code = np.where(np.logical_or.accumulate(enough), GAP, WARMUP).astype(np.int8)
    judged = enough & np.isfinite(values)
    code[judged] = np.where(np.isfinite(z) & np.isfinite(mad), 0, UNSUPPORTED)[judged]
    code[judged & (mad < 0.0)] = ZERO_VAR
    return ZColumn(np.where(code == 0, z, np.nan), code, m)


def _judged(x: Floats, baselines: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Z, MAD (-1 where nothing deviates) and how many stand behind, for a baseline a row."""
    ordered = np.sort(baselines, axis=1)  # NaN last
    m = np.isfinite(ordered).sum(axis=1)
    with np.errstate(all="ignore"):
        median = _middles(ordered, m)
        deviations = np.sort(np.abs(ordered - median[:, None]), axis=1)
        mad = _middles(deviations, m)
        z = MAD_OF_NORMAL * (x - median) / mad
        for row in np.flatnonzero((mad == 0.0) & np.isfinite(x)):
            mean = _mean(deviations[row, : m[row]].tolist())
            z[row] = (x[row] - median[row]) / (MEAN_AD_SCALE * mean)
            mad[row] = -1.0 if mean == 0.0 else 0.0
    return z, mad, m


def _middles(ordered: Floats, m: NDArray[np.int64]) -> Floats:
    rows = np.arange(len(m))
    lower, upper = np.maximum(m - 1, 0) // 2, np.minimum(m // 2, ordered.shape[1] - 1)
    middles: Floats = (ordered[rows, lower] + ordered[rows, upper]) / 2.0
    return middles


def _mean(deviations: list[float]) -> float:
    try:
        return fsum(deviations) / len(deviations)
    except (OverflowError, ValueError):  # beyond float64
        return float("nan")
