"""By how much alerts did better than random instants, and between which bounds that lies.

Alerts are not independent: those of one instrument overlap, and a market moves as one. A formula for independent ones
(Newcombe's for two rates) is far too sure of itself here. The bounds come from the turns (:mod:`fbkit.scorecard.base`):
turned alerts overlap and cluster as the real ones do. 0 lies within the bounds exactly where the excess lies within the
middle 95 % of the turns' own; where alerts bring nothing, that is so 95 times in 100 (a test counts).

Hit rates are compared as they are. Means are compared in units of their standard error, each turn in its own: alerts
like wild hours, and a calm hour's mean says little of how far a wild one's strays (Chung & Romano 2013, studentised
permutation tests).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.scorecard.minutes import Floats

#: 95 % lie between these.
_TAILS = (0.025, 0.975)

NAN = float("nan")


class Excess(NamedTuple):
    """The rate or mean at random instants, how far the alerts' own lies above it, and the bounds of that."""

    base: float
    value: float
    low: float
    high: float


NOTHING = Excess(NAN, NAN, NAN, NAN)


def of_rate(rate: float, hits: NDArray[Any], decided: NDArray[Any]) -> Excess:
    """A hit rate against those of the turns.

    >>> of_rate(0.9, np.array([4, 5, 6]), np.array([10, 10, 10])).base
    0.5
    """
    some = decided > 0
    if not some.any() or np.isnan(rate):
        return NOTHING
    base = float(hits.sum() / decided.sum())
    strays = hits[some] / decided[some] - base
    low, high = np.quantile(strays, _TAILS)
    return Excess(base, rate - base, rate - base - high, rate - base - low)


def of_mean(values: Floats, known: NDArray[Any], total: Floats, squares: Floats) -> Excess:
    """A mean against those of the turns: of each how many values, their sum and the sum of their squares."""
    some = known > 1
    if not some.any() or len(values) < 2:
        return NOTHING
    base = float(total.sum() / known.sum())
    n, mean = known[some], total[some] / known[some]
    error = np.sqrt(np.maximum(squares[some] - n * mean * mean, 0.0) / (n - 1) / n)
    moved = error > 0.0
    if not moved.any():
        return NOTHING
    low, high = np.quantile((mean[moved] - base) / error[moved], _TAILS)
    own = float(values.std(ddof=1)) / np.sqrt(len(values))
    value = float(values.mean()) - base
    return Excess(base, value, value - high * own, value - low * own)
