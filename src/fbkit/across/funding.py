"""Funding of a coin over its venues (metrics reference 2): above zero, longs pay shorts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.long import contract_frame
from fbkit.across.tables import in_bp
from fbkit.quant.formulas import funding


@np.errstate(all="ignore")
def weighted_funding(coin: Coin) -> pd.DataFrame:
    """``funding_oiw_8h`` (a fraction per 8 h), weighted by open interest in USD, and the venues in it.

    A contract that lacks its rate or its open interest is left out; dated futures have no rate.
    """
    rates, usd = coin.fresh("funding_8h"), coin.fresh("oi_usd")
    told = {
        "funding_oiw_8h": funding.oi_weighted(usd, rates),
        "funding_venues": coin.names_where(~np.isnan(rates) & ~np.isnan(usd)),
    }
    return pd.DataFrame(told, index=coin.times)


def funding_by_venue(coin: Coin) -> pd.DataFrame:
    """One row a slot and perpetual: ``funding_8h`` (per 8 h), ``funding_apr`` (per year, simple), ``premium_bp``.

    ``oi_usd`` is its weight in the mean of all, ``venues`` are those that had a rate at that instant.
    """
    rates = coin.fresh("funding_8h")
    columns = {
        "funding_8h": rates,
        "funding_apr": coin.fresh("funding_apr"),
        "premium_bp": in_bp(coin.fresh("premium")),
        "oi_usd": coin.fresh("oi_usd"),
    }
    return contract_frame(coin, columns, coin.names_where(~np.isnan(rates)), coin.perpetual)
