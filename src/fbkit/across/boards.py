"""The newest state of a coin, one row a venue and one for all of them: what a person looks at first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.across.coin import Coin
from fbkit.across.liquidations import COMPLETE
from fbkit.across.share import shares
from fbkit.across.state import across
from fbkit.across.tables import finite
from fbkit.quant.formulas import funding

#: What the columns of the board count.
UNITS = {
    "contracts": "contracts with fresh open interest, of all that are listed",
    "oi_usd": "USD, one side",
    "oi_share_pct": "% of the fresh venues' sum",
    "vol_usd": "USD in the bar",
    "vol_24h_usd": "USD in 24 h",
    "vol_24h_share_pct": "% of the sum",
    "perpetual": "the venue's most traded; the next four columns are its own",
    "funding_bp_8h": "bp per 8 h; above 0 longs pay",
    "funding_apr_pct": "% a year, simple",
    "premium_bp": "bp of mark over index",
    "mark_usd": "USD",
    "liq_long_usd": "USD of longs liquidated in the bar",
    "liq_short_usd": "USD of shorts liquidated in the bar",
    "liq_complete": "no: the venue samples, its sums are lower bounds",
    "coverage": "share of the bar outside gaps, mean over its contracts",
}


@np.errstate(all="ignore")
def board(coin: Coin) -> pd.DataFrame:
    """One row a venue at the newest slot, by open interest, the row ``all`` last; units in the names and ``UNITS``.

    ``all`` has sums; its funding is weighted by open interest, its mark is the median.
    """
    if not len(coin.t1):
        return pd.DataFrame(columns=["venue", *UNITS], index=coin.times)
    newest, whole = coin.newest(), across(coin).iloc[-1]
    parts = shares(coin).tail(len(coin.venues)).set_index("venue")
    rows = pd.DataFrame(
        {
            "contracts": _contracts(newest),
            "oi_usd": parts["oi_usd"], "oi_share_pct": 100 * parts["oi_share"],
            "vol_usd": parts["vol_usd"],
            "vol_24h_usd": parts["vol_24h_usd"], "vol_24h_share_pct": 100 * parts["vol_24h_share"],
            **_mains(newest),
            "liq_long_usd": newest.by_venue(newest.fresh("liq_long_usd"))[0],
            "liq_short_usd": newest.by_venue(newest.fresh("liq_short_usd"))[0],
            "liq_complete": [venue in COMPLETE for venue in newest.venues],
            "coverage": newest.covered_by_venue()[0],
        }, index=list(newest.venues),
    )  # fmt: skip  # a table
    rows = rows.sort_values("oi_usd", ascending=False, na_position="last", kind="stable")
    rows = pd.concat([rows, pd.DataFrame(_all(newest, whole, parts), index=["all"])])
    return rows.rename_axis("venue").reset_index().set_index(newest.times.repeat(len(rows)))


def _contracts(newest: Coin) -> list[str]:
    there, fresh = newest.there[0], ~np.isnan(newest.fresh("oi_usd")[0])
    return [f"{fresh[places].sum()} of {there[places].sum()}" for places in map(newest.at, newest.venues)]


def _mains(newest: Coin) -> dict[str, list[object]]:
    """Each venue's main perpetual with its own numbers; a venue without one has none."""
    main = newest.main()
    places = [main.get(venue) for venue in newest.venues]

    def of(column: str, factor: float = 1.0) -> list[object]:
        values = finite(factor * newest.fresh(column)[0])
        return [np.nan if at is None else values[at] for at in places]

    return {
        "perpetual": ["" if at is None else newest.contracts[at].symbol for at in places],
        "funding_bp_8h": of("funding_8h", 1e4),
        "funding_apr_pct": of("funding_apr", 100.0),
        "premium_bp": of("premium", 1e4),
        "mark_usd": of("mark"),
    }


def _all(newest: Coin, whole: pd.Series, parts: pd.DataFrame) -> dict[str, object]:
    there, fresh = newest.there[0], ~np.isnan(newest.fresh("oi_usd")[0])
    rate = whole["funding_oiw_8h"]
    return {
        "contracts": f"{fresh.sum()} of {there.sum()}",
        "oi_usd": whole["oi_total_usd"], "oi_share_pct": 100 * parts["oi_share"].sum(min_count=1),
        "vol_usd": whole["vol_usd"],
        "vol_24h_usd": parts["vol_24h_usd"].sum(min_count=1),
        "vol_24h_share_pct": 100 * parts["vol_24h_share"].sum(min_count=1),
        "perpetual": "", "funding_bp_8h": 1e4 * rate, "funding_apr_pct": 100 * funding.apr(rate, 8.0),
        "premium_bp": np.nan, "mark_usd": whole["mark_median_usd"],
        "liq_long_usd": whole["liq_long_usd"], "liq_short_usd": whole["liq_short_usd"],
        "liq_complete": bool(whole["liq_complete"]), "coverage": whole["coverage"],
    }  # fmt: skip  # a row
