"""Performance of returns, equity and trades (metrics reference 10). Sums are rounded once (``math.fsum``)."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum, inf, isfinite, nan, sqrt
from typing import NamedTuple

import numpy as np

from fbkit.quant.formulas.numbers import Numbers

#: 97.5 % of a normal distribution lie below.
_Z95 = 1.959963984540054


class HitRate(NamedTuple):
    """Share of winning trades with its Wilson 95 % interval; ``n`` trades won or lost."""

    rate: float
    low: float
    high: float
    n: int


def _numbers(x: Numbers) -> list[float]:
    """The values one by one; empty where one of them is no number."""
    values: list[float] = np.asarray(x, np.float64).ravel().tolist()
    return values if all(isfinite(value) for value in values) else []


def _mean(values: Iterable[float], n: int) -> float:
    try:
        return fsum(values) / n
    except OverflowError:  # beyond float64
        return nan


def _quotient(a: float, b: float) -> float:
    result = a / b if 0.0 < b < inf else nan
    return result if isfinite(result) else nan


def sharpe(r: Numbers, rf: float = 0.0, per_year: float = 365.0) -> float:
    """``mean(r - rf) / sd(r, ddof=1) * sqrt(N)`` of returns per period, ``rf`` per period, N periods a year.

    NaN with fewer than 2 returns, where they do not vary, or where one is missing.

    >>> round(sharpe([0.01, -0.005, 0.02, -0.01, 0.003]), 6)
    5.765626
    """
    values = _numbers(r)
    n = len(values)
    if n < 2 or per_year < 0.0:
        return nan
    d = [x - values[0] for x in values]  # equal returns have no spread, not even by rounding
    mean = _mean(d, n)
    var = _mean(((x - mean) * (x - mean) for x in d), n - 1)
    return _quotient((mean + (values[0] - rf)) * sqrt(per_year), sqrt(var) if var > 0.0 else nan)


def sortino(r: Numbers, mar: float = 0.0, per_year: float = 365.0) -> float:
    """``mean(r - mar) / sqrt(mean(min(r - mar, 0)^2)) * sqrt(N)``; the downside is a mean over **all** returns.

    NaN with fewer than 2 returns, without any below ``mar``, or where one is missing.

    >>> round(sortino([0.01, -0.005, 0.02, -0.01, 0.003]), 6)
    13.755581
    """
    over = [x - mar for x in _numbers(r)]
    n = len(over)
    if n < 2 or per_year < 0.0:
        return nan
    down = _mean((min(x, 0.0) * min(x, 0.0) for x in over), n)
    return _quotient(_mean(over, n) * sqrt(per_year), sqrt(down) if down > 0.0 else nan)


def equity(r: Numbers, start: float = 1.0) -> list[float]:
    """Returns compounded, ``start`` first; the run ends with equity at or below 0 (ruin).

    >>> equity([0.5, -0.5, 1.0])
    [1.0, 1.5, 0.75, 1.5]
    """
    level, run = start, [start]
    for x in np.asarray(r, np.float64).ravel().tolist():
        if level <= 0.0:
            break
        level *= 1.0 + x
        run.append(level)
    return run


def max_drawdown(equity: Numbers) -> float:
    """``min(E / cummax(E) - 1)``, at most 0. The run ends where equity is at or below 0 (ruin: -1 or less).

    NaN where equity is missing somewhere, or begins at or below 0.

    >>> round(max_drawdown([1.0, 1.01, 1.00495, 1.025049, 1.01479851]), 6)
    -0.01
    """
    values = _numbers(equity)
    if not values or values[0] <= 0.0:
        return nan
    peak, deepest = values[0], 0.0
    for x in values:
        peak = max(peak, x)
        deepest = min(deepest, x / peak - 1.0)
        if x <= 0.0:
            break
    return deepest


def hit_rate(pnl: Numbers) -> HitRate:
    """Winning trades among those won or lost; trades without profit or loss count for neither.

    >>> hit_rate([1.0, -1.0, 0.0, 2.0])._replace(low=0.0, high=0.0)
    HitRate(rate=0.6666666666666666, low=0.0, high=0.0, n=3)
    """
    values = _numbers(pnl)
    wins, losses = sum(x > 0.0 for x in values), sum(x < 0.0 for x in values)
    n = wins + losses
    return HitRate(wins / n if n else nan, *wilson(wins, n), n)


def wilson(wins: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; NaN where ``n`` is 0 or the counts make no sense.

    >>> [round(x, 4) for x in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not (0 <= wins <= n and 0 < n < inf):
        return nan, nan
    share, z2 = wins / n, _Z95 * _Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (middle - reach if wins else 0.0), (middle + reach if wins < n else 1.0)
