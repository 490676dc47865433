"""Wilder's average true range of whole columns."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.frames.shape import like, vector
from fbkit.quant.frames.wilder import averages
from fbkit.quant.reading import UNSUPPORTED

T = TypeVar("T")


def atr(high: Any, low: Any, close: T, window: int = 14, *, min_coverage: float = 0.8) -> T:
    """Wilder's ATR of bars (NaN where missing), in the unit of the prices; the type of ``close`` comes back.

    Twin of :class:`fbkit.quant.streaming.ATR`.

    >>> high, low = np.array([10.0, 12, 9, 11, 10]), np.array([8.0, 9, 7, 9, 8])
    >>> atr(high, low, np.array([9.0, 11, 8, 10, 9]), window=3)[3:].round(6)
    array([3.333333, 2.888889])
    """
    return like(close, lambda x: atr_readings(high, low, x, window, min_coverage=min_coverage)[0])


def atr_readings(
    high: Any, low: Any, close: Any, window: int = 14, *, min_coverage: float = 0.8
) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:
    """Values, reason codes, and true ranges seen."""
    h, l, c = vector(high), vector(low), vector(close)  # noqa: E741 - the field's own letters
    before = np.concatenate((np.full(min(1, len(c)), np.nan), c[:-1]))
    with np.errstate(all="ignore"):
        reach = np.maximum(np.maximum(h - l, np.abs(h - before)), np.abs(l - before))
        reach[~np.isfinite(h - l + c + before)] = np.nan
        (level,), code, seen = averages((reach,), window, min_coverage)
    code[(code == 0) & ~np.isfinite(level)] = UNSUPPORTED
    return np.where(code == 0, level, np.nan), code, seen
