"""The exponentially weighted Z-score of whole columns."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from fbkit.quant.frames.shape import like, vector
from fbkit.quant.frames.zscore import ZColumn
from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR
from fbkit.quant.streaming.ewma import check, decay

T = TypeVar("T")

_NAN, _INF = float("nan"), float("inf")


def ewma_zscore(series: T, halflife: float = 120.0, *, least: int = 2) -> T:
    """Distance of each value from an exponentially weighted mean of those before it, in standard deviations.

    As :func:`zscore`: numpy array, Series or DataFrame (column by column), one row a slot, NaN where a slot is missing
    and where there is no value. Twin of :class:`fbkit.quant.streaming.EwmaZScore`.

    >>> ewma_zscore(np.array([0.0, 1.0, -1.0, 2.0]), halflife=6.578813478960584).round(6)
    array([      nan,       nan, -3.666667,  4.61247 ])
    """
    return like(series, lambda x: ewma_zscore_readings(x, halflife, least=least).value)


def ewma_zscore_readings(x: Any, halflife: float = 120.0, *, least: int = 2) -> ZColumn:
    """As :func:`ewma_zscore` of one column, with reason codes and counts of values seen."""
    check(halflife, least)
    values = vector(x)
    d, v, n = (np.array(column) for column in _walk(values.tolist(), decay(halflife)))
    with np.errstate(all="ignore"):
        z = d / np.sqrt(v)
    code = np.where(n < least, WARMUP, GAP).astype(np.int8)
    judged = np.isfinite(values) & (n >= least)
    code[judged] = np.where(np.isfinite(z), 0, UNSUPPORTED)[judged]
    code[judged & (v <= 0.0)] = ZERO_VAR
    return ZColumn(np.where(code == 0, z, np.nan), code, n.astype(np.int64))


def _walk(values: list[float], keep: float) -> tuple[list[float], list[float], list[int]]:
    """Distance from the mean, variance and count before each value; NaN where a value is not taken in."""
    m = v = 0.0
    n, taken = 0, 1.0 - keep
    ds, vs, ns = [], [], []
    for x in values:
        d = x - m if n else x - x  # NaN for what is not finite
        after = keep * (v + taken * (d * d))
        ns.append(n)
        if after < _INF:
            ds.append(d)
            vs.append(v)
            m = m + taken * d if n else x
            v = after
            n += 1
        else:
            ds.append(_NAN)
            vs.append(_NAN)
    return ds, vs, ns
