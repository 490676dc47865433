"""Wilder's relative strength index of a whole column."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.frames.shape import like, vector
from fbkit.quant.frames.wilder import averages
from fbkit.quant.reading import UNSUPPORTED

T = TypeVar("T")


def rsi(close: T, window: int = 14, *, min_coverage: float = 0.8) -> T:
    """Wilder's RSI of closes (NaN where missing), 0 to 100; the same type comes back.

    Twin of :class:`fbkit.quant.streaming.RSI`.

    >>> rsi(np.array([10, 11, 10.5, 11.5, 12, 11, 11.2]), window=3)[3:].round(6)
    array([80.      , 84.615385, 50.      , 55.465587])
    """
    return like(close, lambda x: rsi_readings(x, window, min_coverage=min_coverage)[0])


def rsi_readings(
    close: Any, window: int = 14, *, min_coverage: float = 0.8
) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:
    """Values, reason codes, and changes seen."""
    x = vector(close)
    with np.errstate(all="ignore"):
        change = np.concatenate((np.full(min(1, len(x)), np.nan), x[1:] - x[:-1]))
        change[~np.isfinite(change)] = np.nan
        up = np.where(change > 0.0, change, np.where(np.isnan(change), np.nan, 0.0))
        down = np.where(change < 0.0, -change, np.where(np.isnan(change), np.nan, 0.0))
        (gain, loss), code, seen = averages((up, down), window, min_coverage)
        value = 100.0 - 100.0 / (1.0 + gain / loss)
        value = np.where(loss == 0.0, np.where(gain > 0.0, 100.0, 50.0), value)
    code[(code == 0) & ~np.isfinite(value)] = UNSUPPORTED
    return np.where(code == 0, value, np.nan), code, seen
