"""The term structure of a coin: premium of its perpetuals, basis of its dated futures (metrics reference 3)."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import NamedTuple

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.long import contract_frame
from fbkit.across.tables import finite, in_bp
from fbkit.model import NS_DAY
from fbkit.quant.formulas import basis
from fbkit.quant.formulas.basis import ThreeMonths
from fbkit.quant.formulas.numbers import Floats

#: How numpy's instants say that there is none.
_NEVER = -(2**63)


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
    return finite(pd.DataFrame(coin.fresh("index")).median(axis=1).to_numpy(np.float64))


@np.errstate(all="ignore")
def three_months(coin: Coin) -> pd.DataFrame:
    """Of each slot ``basis_3m`` (fraction per year), whether it is ``extrapolated``, and the venues behind it."""
    dated = basis_of(coin)
    found = [at_90_days(days, values) for days, values in zip(dated.days, dated.annualised, strict=True)]
    body = {
        "basis_3m": np.array([one.value for one in found], np.float64),
        "basis_extrapolated": np.array([one.extrapolated for one in found], np.bool_),
        "basis_venues": coin.names_where(~np.isnan(dated.annualised)),
    }
    return pd.DataFrame(body, index=coin.times)


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


def curve(coin: Coin) -> pd.DataFrame:
    """The curve at the newest slot: one row a contract, perpetuals first, then by expiry.

    ``premium_bp`` is a perpetual's and is never annualised (what it costs a year is its ``funding_apr``); ``basis_bp``
    and ``basis_ann`` (fraction per year) are a dated future's, the latter NaN with less than a day to go. ``days`` to
    expiry are fractional. ``attrs`` hold ``basis_3m``, per year in 90 days, and whether it is ``extrapolated``.
    """
    newest = coin.newest()
    dated, perpetual = basis_of(newest), newest.perpetual
    expiry = np.array([_NEVER if one.expiry is None else one.expiry for one in newest.contracts], "M8[ns]")
    columns = {
        "expiry": np.tile(expiry, (len(newest.t1), 1)),
        "days": dated.days,
        "mark_usd": newest.fresh("mark"),
        "index_usd": dated.spot,
        "premium_bp": np.where(perpetual, in_bp(newest.fresh("premium")), np.nan),
        "basis_bp": in_bp(dated.fraction),
        "basis_ann": dated.annualised,
    }
    venues = newest.names_where(~np.isnan(newest.fresh("mark")))
    frame = contract_frame(newest, columns, venues, np.ones(len(newest.contracts), np.bool_))
    frame["expiry"] = frame["expiry"].dt.tz_localize("UTC")
    frame = frame.sort_values(["expiry", "instrument"], na_position="first", kind="stable")
    found = three_months(newest)
    frame.attrs["basis_3m"] = float(found["basis_3m"].iloc[-1]) if len(found) else np.nan
    frame.attrs["extrapolated"] = bool(found["basis_extrapolated"].iloc[-1]) if len(found) else False
    return frame
