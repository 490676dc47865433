"""Wilder's average over a whole column, with its holes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.reading import GAP, WARMUP, needed

Floats = NDArray[np.float64]


class Averages(NamedTuple):
    """Wilder averages of one or more columns that are missing together, after each row."""

    levels: tuple[Floats, ...]
    code: NDArray[np.int8]
    seen: NDArray[np.int64]


def averages(columns: tuple[Floats, ...], window: int, min_coverage: float) -> Averages:
    """Seed with the mean of the first ``window`` values, then ``(avg * (window - 1) + x) / window``; skip NaN.

    ``window`` rows without a value begin anew.
    """
    there = np.isfinite(columns[0])
    total = np.concatenate((np.zeros(window, np.int64), np.add.accumulate(there, dtype=np.int64)))
    count = total[window:] - total[:-window]
    seen = _seen(there, count)
    levels = tuple(_levels(column, there, seen, window) for column in columns)
    filled = np.logical_or.accumulate(seen >= window)
    code = np.where(filled, GAP, WARMUP).astype(np.int8)
    code[(seen >= window) & (count >= needed(window, min_coverage, least=1)) & there] = 0
    return Averages(levels, code, seen)


def _seen(there: NDArray[np.bool_], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values since the last beginning: rows with none in their whole window set it back to 0."""
    total = np.add.accumulate(there, dtype=np.int64)
    return total - np.maximum.accumulate(np.where(count == 0, total, 0))


def _levels(column: Floats, there: NDArray[np.bool_], seen: NDArray[np.int64], window: int) -> Floats:
    out = np.full(len(column), np.nan)
    rows = np.flatnonzero(there)
    level, levels = 0.0, []
    for x, place in zip(column[rows].tolist(), seen[rows].tolist(), strict=True):
        if place > window:
            level = (level * (window - 1) + x) / window
        else:
            level = x if place == 1 else level + x
            if place == window:
                level /= window
        levels.append(level)
    out[rows] = levels
    return out
