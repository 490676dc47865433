"""What dated futures cost over spot (metrics reference 3): numbers of slots × contracts, made without frames."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import NamedTuple

import numpy as np

from fbkit.across.coin import Coin
from fbkit.across.tables import finite
from fbkit.model import NS_DAY
from fbkit.quant.formulas import basis
from fbkit.quant.formulas.basis import ThreeMonths
from fbkit.quant.formulas.numbers import Floats


class Basis(NamedTuple):
    """Slots × contracts, NaN for perpetuals: days to expiry, spot index (USD), basis (fraction), basis per year."""

    days: Floats
    spot: Floats
    fraction: Floats
    annualised: Floats


@np.errstate(all="ignore")
def basis_of(coin: Coin) -> Basis:
    """The dated futures against the spot index.

    The index is the one that the future's own venue published beside its mark; where that is missing, the median of
    the indices that are fresh.
    """
    expiry = np.array([np.nan if one.expiry is None else one.expiry for one in coin.contracts], np.float64)
    days = (expiry - coin.t1[:, None].astype(np.float64)) / NS_DAY
    own = coin.fresh("index")
    spot = np.where(np.isnan(own), spot_index(coin)[:, None], own)
    marks = np.where(coin.perpetual, np.nan, coin.fresh("mark"))
    return Basis(days, spot, basis.basis(marks, spot), basis.annualised(marks, spot, days))


def spot_index(coin: Coin) -> Floats:
    """Of each slot the median of the index prices (USD) that are fresh."""
    fresh = [row[~np.isnan(row)] for row in coin.fresh("index")]
    return finite(np.array([np.median(row) if len(row) else np.nan for row in fresh], np.float64))


@np.errstate(all="ignore")
def in_three_months(dated: Basis) -> list[ThreeMonths]:
    """Of each slot the basis in 90 days, per year."""
    return [at_90_days(days, values) for days, values in zip(dated.days, dated.annualised, strict=True)]


def at_90_days(days: Floats, annualised: Floats) -> ThreeMonths:
    """The basis in 90 days; of venues that share an expiry the median stands for it.

    >>> at_90_days(np.array([60.0, 60.0, 120.0]), np.array([0.05, 0.07, 0.08]))
    ThreeMonths(value=0.07, extrapolated=False)
    """
    shared: dict[float, list[float]] = defaultdict(list)
    for day, value in zip(days.tolist(), annualised.tolist(), strict=True):
        if np.isfinite(value):
            shared[day].append(value)
    return basis.three_months(list(shared), [median(values) for values in shared.values()])
