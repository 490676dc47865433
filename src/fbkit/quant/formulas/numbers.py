"""Numbers in, numbers out: a formula is written once, for floats and arrays; no value rather than a bad one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf, isfinite, log, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A float, or an array of float64 (whatever numpy takes for one: a list, a Series). ``None`` counts as NaN.
Numbers = Any


def computed(formula: Callable[..., Any], *inputs: Numbers, positive: Iterable[int] = ()) -> Any:
    """``formula`` of the inputs, element by element: a float for floats, an array for arrays.

    NaN where an input or the result is not finite, or where an input at one of the places ``positive`` is not above 0
    (a price, an interval, whatever is divided by).

    >>> computed(lambda a, b: a / b, 1.0, 0.0, positive=(1,)), computed(lambda a, b: a / b, [1.0, 3.0], 2.0)
    (nan, array([0.5, 1.5]))
    """
    arrays = [np.asarray(x, np.float64) for x in inputs]
    with np.errstate(all="ignore"):
        result = formula(*arrays)
        good = np.isfinite(result)
        for array in arrays:
            good = good & np.isfinite(array)
        for place in positive:
            good = good & (arrays[place] > 0.0)
        result = np.where(good, result, nan)
    return float(result) if result.ndim == 0 else result


def each(function: Callable[..., float]) -> Callable[..., Floats]:
    """Apply a function of :mod:`math` one element at a time: its bits do not depend on how many there are."""
    return np.vectorize(function, otypes=[np.float64])


def ln(x: float) -> float:
    """The natural logarithm by :mod:`math`, NaN where there is none.

    >>> ln(1.0), ln(0.0)
    (0.0, nan)
    """
    return log(x) if 0.0 < x < inf else nan


def power(base: float, exponent: float) -> float:
    """``base ** exponent`` by :mod:`math`, NaN where that has no finite value.

    >>> power(2.0, 3.0), power(0.0, -1.0), power(1e300, 2.0)
    (8.0, nan, nan)
    """
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        return nan
    return result if not isinstance(result, complex) and isfinite(result) else nan


def by_venue(*inputs: Numbers) -> list[Floats]:
    """Values of venues along the last axis. Mappings by venue are put in the order of the names, all the same.

    >>> by_venue({"okx": 1.0, "bybit": 2.0}, {"bybit": 5.0})
    [array([2., 1.]), array([ 5., nan])]
    """
    if all(isinstance(x, Mapping) for x in inputs):
        names = sorted({name for x in inputs for name in x})
        inputs = tuple([x.get(name) for name in names] for x in inputs)
    arrays = [np.asarray(x, np.float64) for x in inputs]
    return [np.atleast_1d(array) for array in np.broadcast_arrays(*arrays)]


def summed(x: Floats) -> Floats:
    """Sums along the last axis, one by one in order, NaN left out; NaN where nothing is there.

    >>> summed(np.array([[1.0, np.nan, 2.0], [np.nan, np.nan, np.nan]]))
    array([ 3., nan])
    """
    there = ~np.isnan(x)
    if not x.shape[-1]:
        return np.full(x.shape[:-1], nan)
    with np.errstate(all="ignore"):  # beyond float64: no sum, but no warning either
        total = np.add.accumulate(np.where(there, x, 0.0), axis=-1)[..., -1]
    return np.where(there.any(axis=-1), total, nan)


def weighted_mean(x: Numbers, weights: Numbers) -> Any:
    """``Σ w·x / Σ w`` along the last axis over the places that have both (a weight below 0 is none).

    >>> weighted_mean([1.0, 4.0, 9.0], [1.0, 2.0, np.nan])
    3.0
    """
    values, weight = by_venue(x, weights)
    with np.errstate(all="ignore"):
        usable = np.isfinite(values) & np.isfinite(weight) & (weight >= 0.0)
        values, weight = np.where(usable, values, nan), np.where(usable, weight, nan)
        return computed(np.divide, summed(weight * values), summed(weight), positive=(1,))
