"""Who was liquidated where, and how much of it a venue tells (metrics reference 6)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.long import venue_frame
from fbkit.across.tables import total
from fbkit.quant.formulas import liquidations

#: The venues that tell every liquidation. The others leave some out, or do not say that they do not.
COMPLETE = frozenset({"bybit", "deribit"})


def is_complete(venues: Iterable[str]) -> bool:
    """Whether all of these tell every liquidation; of none, false.

    >>> is_complete(["bybit", "deribit"]), is_complete(["binance", "bybit"]), is_complete([])
    (True, False, False)
    """
    named = set(venues)
    return bool(named) and named <= COMPLETE


def liquidated(coin: Coin) -> pd.DataFrame:
    """One row a slot and venue: USD of longs and of shorts that were liquidated; the net of both; ``complete``.

    ``liq_net_usd`` is shorts minus longs: forced buying above zero. Where ``complete`` is false the venue samples: its
    sums are lower bounds, and its level is not to be compared with another venue's. A venue without such a feed, or of
    which none was heard yet, is NaN, not 0.
    """
    long, short = (coin.by_venue(coin.fresh(name)) for name in ("liq_long_usd", "liq_short_usd"))
    columns = {"liq_long_usd": long, "liq_short_usd": short, "liq_net_usd": liquidations.net(long, short)}
    frame = venue_frame(coin, columns, coin.names_where(~np.isnan(coin.fresh("liq_long_usd"))))
    frame.insert(4, "complete", frame["venue"].isin(COMPLETE))
    return frame


def all_liquidated(coin: Coin) -> pd.DataFrame:
    """The same summed over the venues that tell any: ``liq_complete`` only where all of these tell all."""
    long, short = (total(coin.by_venue(coin.fresh(name))) for name in ("liq_long_usd", "liq_short_usd"))
    venues = coin.names_where(~np.isnan(coin.fresh("liq_long_usd")))
    body = {
        "liq_long_usd": long,
        "liq_short_usd": short,
        "liq_net_usd": liquidations.net(long, short),
        "liq_complete": [is_complete(names.split(", ") if names else ()) for names in venues],
        "liq_venues": venues,
    }
    return pd.DataFrame(body, index=coin.times)
