"""Tables of slots × contracts or venues, a row a slot: sums from left to right, means, neighbours, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fbkit.model import TIMEFRAMES
from fbkit.quant.formulas.numbers import Floats, summed

Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]


def columnwise(columns: Sequence[NDArray[Any]], rows: int, dtype: type = np.float64) -> NDArray[Any]:
    """Columns side by side, also none of them."""
    return np.stack(columns, axis=1) if columns else np.empty((rows, 0), dtype)


def finite(values: Floats) -> Floats:
    """NaN instead of what is too large for float64."""
    return np.where(np.isfinite(values), values, np.nan)


def total(values: Floats) -> Floats:
    """The sum of each row, left to right, over what is there; NaN where nothing is.

    >>> total(np.array([[1.0, np.nan], [np.nan, np.nan]]))
    array([ 1., nan])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return finite(summed(values))


def in_bp(fraction: Floats) -> Floats:
    """A fraction in basis points."""
    with np.errstate(over="ignore"):
        return finite(1e4 * fraction)


def mean_where(values: Floats, there: Bools) -> Floats:
    """The mean of each row where ``there`` is true; NaN where nowhere.

    >>> mean_where(np.array([[1.0, 0.5]]), np.array([[True, False]]))
    array([1.])
    """
    n = there.sum(axis=1)
    mean: Floats = np.divide(total(np.where(there, values, 0.0)), n, out=np.full(len(n), np.nan), where=n > 0)
    return mean


def before(t1: Ints, tf: str, values: Floats) -> Floats:
    """What stood one slot earlier; NaN where the slot before has no row.

    >>> minute = TIMEFRAMES["1m"]
    >>> before(np.array([1, 2, 4]) * minute, "1m", np.array([[1.0], [2.0], [4.0]])).ravel()
    array([nan,  1., nan])
    """
    earlier = np.full_like(values, np.nan)
    next_to = np.diff(t1) == TIMEFRAMES[tf]
    earlier[1:][next_to] = values[:-1][next_to]
    return earlier


def joined(words: Sequence[str], there: Bools) -> list[str]:
    """Of each row, the words whose column is true.

    >>> joined(("binance", "okx"), np.array([[True, True], [False, True]]))
    ['binance, okx', 'okx']
    """
    seen: dict[bytes, str] = {}
    told = []
    for row in there:
        key = row.tobytes()
        if key not in seen:
            seen[key] = ", ".join(word for word, yes in zip(words, row.tolist(), strict=True) if yes)
        told.append(seen[key])
    return told
