"""Premium of a perpetual and basis of dated futures (metrics reference 3). Above zero is contango."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fbkit.quant.formulas.numbers import Numbers, computed

_THREE_MONTHS_DAYS = 90.0


class ThreeMonths(NamedTuple):
    """A basis 90 days ahead, fraction per year; ``extrapolated``: no two expiries lie around it."""

    value: float
    extrapolated: bool


def premium(mark: Numbers, index: Numbers) -> Any:
    """``(mark - index) / index`` of a perpetual, a fraction. Never annualised: see :func:`funding.apr`.

    >>> premium(101.0, 100.0)
    0.01
    """
    return computed(lambda m, i: (m - i) / i, mark, index, positive=(0, 1))


def basis(future: Numbers, spot: Numbers) -> Any:
    """``(F - S) / S`` of a dated future and its spot index, a fraction.

    >>> basis(61_200.0, 60_000.0)
    0.02
    """
    return premium(future, spot)


def annualised(future: Numbers, spot: Numbers, days: Numbers) -> Any:
    """``(F/S - 1) * 365 / D``, fraction per year; NaN with less than a day to expiry.

    >>> round(annualised(61_200.0, 60_000.0, 90.0), 6)
    0.081111
    """

    def formula(f: Any, s: Any, d: Any) -> Any:
        return np.where(d >= 1.0, (f / s - 1.0) * 365.0 / d, np.nan)

    return computed(formula, future, spot, days, positive=(0, 1))


def three_months(days: Numbers, annualised: Numbers) -> ThreeMonths:
    """The annualised basis at 90 days, linear in time between the two expiries around it.

    Parameters
    ----------
    days, annualised : array
        Fractional days to each expiry and its basis (fraction per year), in any order. An expiry without a value, or
        less than a day ahead, is left out.

    Returns
    -------
    Where no two lie around 90 days, the nearest expiry's value and ``extrapolated=True``; NaN where there is none.

    Examples
    --------
    >>> three_months([60.0, 120.0], [0.06, 0.08])
    ThreeMonths(value=0.07, extrapolated=False)
    >>> three_months([30.0, 60.0], [0.06, 0.07])
    ThreeMonths(value=0.07, extrapolated=True)
    """
    d, y = (np.atleast_1d(np.asarray(x, np.float64)) for x in (days, annualised))
    curve = sorted((a, b) for a, b in zip(d.tolist(), y.tolist(), strict=True) if np.isfinite(a + b) and a >= 1.0)
    before = [point for point in curve if point[0] <= _THREE_MONTHS_DAYS]
    after = [point for point in curve if point[0] >= _THREE_MONTHS_DAYS]
    if before and after:
        return ThreeMonths(_between(before[-1], after[0]), extrapolated=False)
    if not curve:
        return ThreeMonths(float("nan"), extrapolated=False)
    return ThreeMonths((before[-1] if before else after[0])[1], extrapolated=True)


def _between(early: tuple[float, float], late: tuple[float, float]) -> float:
    if early[0] == late[0]:
        return early[1]
    share = (_THREE_MONTHS_DAYS - early[0]) / (late[0] - early[0])
    return early[1] + share * (late[1] - early[1])
