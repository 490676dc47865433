"""One row a slot: everything that is summed, weighted or compared over the venues of a coin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.curves import three_months
from fbkit.across.dispersions import dispersion
from fbkit.across.funding import weighted_funding
from fbkit.across.interest import open_interest
from fbkit.across.liquidations import all_liquidated
from fbkit.across.tables import total


def across(coin: Coin) -> pd.DataFrame:
    """Open interest, funding, volume, prices, basis and liquidations of a coin over its venues.

    Each number is over the venues that were fresh at that instant, named beside it (``…_venues``); ``venues`` are all
    of which anything was fresh. ``coverage`` is the mean over the contracts that existed.
    """
    volume = coin.fresh("vol_usd")
    traded = {"vol_usd": total(coin.by_venue(volume)), "vol_venues": coin.names_where(~np.isnan(volume))}
    parts = [
        open_interest(coin),
        weighted_funding(coin),
        pd.DataFrame(traded, index=coin.times),
        dispersion(coin).drop(columns="coverage").rename(columns={"venues": "mark_venues"}),
        three_months(coin),
        all_liquidated(coin),
    ]
    frame = pd.concat(parts, axis=1)
    heard = np.logical_or.reduce([~np.isnan(coin.fresh(name)) for name in ("oi_usd", "funding_8h", "vol_usd", "mark")])
    frame["venues"] = coin.names_where(heard)
    frame["coverage"] = coin.covered()
    return frame
