"""Who has how much of a coin's volume and open interest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.interest import volume_24h
from fbkit.across.long import venue_frame
from fbkit.across.tables import finite, total
from fbkit.quant.formulas.numbers import Floats


def shares(coin: Coin) -> pd.DataFrame:
    """One row a slot and venue: volume of the bar and of 24 h, open interest (USD), and the share of each in all.

    A share is of the venues that are fresh at that instant (``venues``: of the bar's volume); NaN for one that is not,
    and where nobody traded.
    """
    volume = coin.by_venue(coin.fresh("vol_usd"))
    day = coin.by_venue(volume_24h(coin))
    interest = coin.by_venue(coin.fresh("oi_usd"))
    columns = {
        "vol_usd": volume, "vol_share": share_of(volume),
        "vol_24h_usd": day, "vol_24h_share": share_of(day),
        "oi_usd": interest, "oi_share": share_of(interest),
    }  # fmt: skip
    return venue_frame(coin, columns, coin.names_where(~np.isnan(coin.fresh("vol_usd"))))


def share_of(by_venue: Floats) -> Floats:
    """Each over the sum of its row; NaN where that is 0.

    >>> share_of(np.array([[1.0, 3.0, np.nan], [0.0, 0.0, np.nan]]))
    array([[0.25, 0.75,  nan],
           [ nan,  nan,  nan]])
    """
    whole = total(by_venue)[:, None]
    with np.errstate(all="ignore"):
        return finite(np.divide(by_venue, whole, out=np.full_like(by_venue, np.nan), where=whole > 0.0))
