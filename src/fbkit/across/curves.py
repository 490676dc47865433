"""The term structure of a coin: premium of its perpetuals, basis of its dated futures (metrics reference 3)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.across.basis import basis_of, in_three_months
from fbkit.across.coin import Coin
from fbkit.across.long import contract_frame
from fbkit.across.tables import in_bp

#: How numpy's instants say that there is none.
_NEVER = -(2**63)


def three_months(coin: Coin) -> pd.DataFrame:
    """Of each slot ``basis_3m`` (fraction per year), whether it is ``extrapolated``, and the venues behind it."""
    dated = basis_of(coin)
    found = in_three_months(dated)
    body = {
        "basis_3m": np.array([one.value for one in found], np.float64),
        "basis_extrapolated": np.array([one.extrapolated for one in found], np.bool_),
        "basis_venues": coin.names_where(~np.isnan(dated.annualised)),
    }
    return pd.DataFrame(body, index=coin.times)


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
