"""Open interest of a coin over its venues (metrics reference 1)."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.tables import before, finite, joined
from fbkit.model import NS_DAY, TIMEFRAMES
from fbkit.quant.formulas import interest
from fbkit.quant.formulas.numbers import Floats


@np.errstate(all="ignore")
def open_interest(coin: Coin) -> pd.DataFrame:
    """The size of the market, and how it changed.

    Columns
    -------
    oi_total_usd, oi_venues
        Summed over the venues fresh at that instant, and which these are.
    oi_missing
        Contracts that existed and are not in the sum.
    oi_vw_usd_per_venue, oi_vw_venues
        A mean *per venue*, weighted by volume of 24 h; not a total. Venues without either input are left out.
    oi_change_base, oi_dlog, oi_change_venues
        Coins added since the slot before, and ln(now / before), over the contracts fresh at both ends: one that went
        stale is no fall, one that appears no rise. In coins, because USD move with the price alone.
    """
    usd, volume = coin.fresh("oi_usd"), coin.by_venue(volume_24h(coin))
    by_venue = coin.by_venue(usd)
    base = coin.fresh("oi_base")
    earlier = before(coin.t1, coin.tf, base)
    both = ~np.isnan(base) & ~np.isnan(earlier)
    now, then = (interest.total(coin.by_venue(np.where(both, values, np.nan))) for values in (base, earlier))
    return pd.DataFrame(
        {
            "oi_total_usd": interest.total(by_venue),
            "oi_venues": coin.names_where(~np.isnan(usd)),
            "oi_missing": joined([one.name for one in coin.contracts], coin.there & np.isnan(usd)),
            "oi_vw_usd_per_venue": interest.volume_weighted(by_venue, volume),
            "oi_vw_venues": joined(coin.venues, ~np.isnan(by_venue) & ~np.isnan(volume)),
            "oi_change_base": finite(now - then),
            "oi_dlog": interest.dlog(now, then),
            "oi_change_venues": coin.names_where(both),
        },
        index=coin.times,
    )


def volume_24h(coin: Coin) -> Floats:
    """Volume (USD) of the 24 h that end at each slot; NaN where less than ``min_coverage`` of its slots are there."""
    if not len(coin.t1):
        return np.empty((0, len(coin.contracts)))
    first = np.searchsorted(coin.t1, coin.t1 - NS_DAY, side="right")
    bounds = np.stack([first, np.arange(1, len(coin.t1) + 1)], axis=1).ravel()
    # A row more, so that the last window may end behind the last slot.
    values = np.vstack([coin.fresh("vol_usd"), np.full((1, len(coin.contracts)), np.nan)])
    there = np.isfinite(values)
    # Each window is added up anew: nothing is ever subtracted, so a bad print leaves with its window.
    with np.errstate(over="ignore", invalid="ignore"):
        total = finite(np.add.reduceat(np.where(there, values, 0.0), bounds, axis=0)[::2])
    n = np.add.reduceat(there.astype(np.int64), bounds, axis=0)[::2]
    enough = math.ceil(coin.min_coverage * NS_DAY / TIMEFRAMES[coin.tf])
    return np.where(n >= enough, total, np.nan)
