"""Finds the decimals of the wire behind a column of float64: integers over a power of ten, at most one conversion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_EXACT = 2.0**53
_MAX_DECIMALS = 12
_SAMPLE = 64


class Decimals(NamedTuple):
    """``ints / 10**decimals``, then ``× by`` or ``÷ by``."""

    ints: Ints
    decimals: int
    by: float
    multiply: bool


def find_decimals(values: Floats) -> Decimals | None:
    """The integers a float column was written as on the wire, or ``None`` when it is no such column.

    >>> find_decimals(np.array([0.1, 0.25])).ints.tolist()
    [10, 25]
    """
    if not np.isfinite(values).all():
        return None
    sample = values[:: max(1, len(values) // _SAMPLE)]
    with np.errstate(over="ignore"):
        for by, multiply in _CONVERSIONS:
            start = _decimals_of(sample, by, multiply=multiply, start=0)
            if start is None:
                continue
            found = _decimals_of(values, by, multiply=multiply, start=start.decimals)
            if found is not None:
                return found
    return None


#: What a venue's contract may multiply or divide by, the likeliest first.
_CONVERSIONS = (
    (1.0, False),
    (1e3, False),
    (1e3, True),
    (1e6, False),
    (1e6, True),
    (0.1, True),
    (0.01, True),
    (0.001, True),
    (0.0001, True),
    (10.0, False),
    (100.0, False),
    (1e4, False),
)


def _decimals_of(values: Floats, by: float, *, multiply: bool, start: int) -> Decimals | None:
    wire = values if by == 1.0 else (values / by if multiply else values * by)
    for decimals in range(start, _MAX_DECIMALS + 1):
        power = 10.0**decimals
        rounded = np.rint(wire * power)
        if len(rounded) and np.abs(rounded).max() >= _EXACT:
            return None
        ints = rounded.astype(np.int64)
        back = converted(ints.astype(np.float64), decimals, by, multiply=multiply)
        if np.array_equal(back.view(np.int64), values.view(np.int64)):
            return Decimals(ints, decimals, by, multiply)
    return None


def converted(ints: Floats, decimals: int, by: float, *, multiply: bool) -> Floats:
    """Wire integers as the numbers they became: two IEEE operations, always the same."""
    wire = ints / 10.0**decimals
    if by == 1.0:
        return wire
    return wire * by if multiply else wire / by
