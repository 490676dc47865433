"""A correlation and how far it can be trusted (metrics reference 9)."""

from __future__ import annotations

from math import atanh, copysign, nan, sqrt, tanh
from typing import Any, NamedTuple

#: A correlation of fewer pairs is none.
LEAST_PAIRS = 30

#: Rounding alone takes a perfect correlation no further past 1 than this.
_HAIR = 1e-9


class Correlated(NamedTuple):
    """Pearson's r with its 95 % interval over ``n`` pairs; NaN where there is none. Or matrices of these."""

    r: Any
    low: Any
    high: Any
    n: Any


def interval(r: float, n: int) -> tuple[float, float]:
    """``tanh(atanh r ± 1.96/√(n − 3))``; NaN where there is no r.

    >>> [round(x, 4) for x in interval(0.5, 103)]
    [0.3393, 0.6323]
    """
    if not abs(r) <= 1.0 or n <= 3:
        return nan, nan
    if abs(r) == 1.0:
        return r, r
    middle, reach = atanh(r), 1.96 / sqrt(n - 3)
    return tanh(middle - reach), tanh(middle + reach)


def rounded(r: float) -> float:
    """``r`` as it is; ±1 where rounding took a perfect one past it; NaN beyond that, where too little is left of it.

    >>> rounded(0.5), rounded(-1.0000000000000002), rounded(1.1)
    (0.5, -1.0, nan)
    """
    if abs(r) <= 1.0:
        return r
    return copysign(1.0, r) if abs(r) < 1.0 + _HAIR else nan
