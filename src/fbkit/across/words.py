"""The newest bar of a coin in sentences: what a table of venues cannot say, and who is not in its sums."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

import numpy as np
import pandas as pd

from fbkit.across.liquidations import COMPLETE
from fbkit.quant.formulas import funding


@np.errstate(all="ignore")
def sentences(row: pd.Series, board: pd.DataFrame, curve: pd.DataFrame) -> list[str]:
    """One line each about a row of :func:`fbkit.across.across`, with the board and the curve of the same bar."""
    listed = ", ".join(sorted(board.loc[board["venue"] != "all", "venue"]))
    coin = str(board.attrs.get("coin", "coins"))
    return [
        _interest(row, coin, listed),
        _funding(row, listed),
        _prices(row, listed),
        *_basis(row, curve),
        *_liquidations(board),
    ]


def _interest(row: pd.Series, coin: str, listed: str) -> str:
    if isnan(row["oi_total_usd"]):
        return "open interest: none is fresh."
    told = f"open interest: {_usd(row['oi_total_usd'])} over {_named(row['oi_venues'], listed)}"
    if not isnan(row["oi_dlog"]):
        change = f"{_coins(row['oi_change_base'])} {coin} ({100 * row['oi_dlog']:+.3f} %)"
        told += f"; {change} since the bar before, over {_same(row['oi_change_venues'], row['oi_venues'], listed)}"
    if "," in row["oi_vw_venues"] and not isnan(row["oi_vw_usd_per_venue"]):
        told += f"; a mean per venue, weighted by volume: {_usd(row['oi_vw_usd_per_venue'])}"
    return f"{told}." + (f" Not in it, for none is fresh: {row['oi_missing']}." if row["oi_missing"] else "")


def _funding(row: pd.Series, listed: str) -> str:
    rate, venues = row["funding_oiw_8h"], row["funding_venues"]
    year = 100 * funding.apr(rate, 8.0)
    if isnan(year):
        return (
            f"funding: no weighted mean of {venues}." if venues else "funding: no venue has a rate and open interest."
        )
    who = "longs pay shorts" if rate > 0 else "shorts pay longs" if rate < 0 else "nobody pays"
    told = f"{1e4 * rate:+.3f} bp per 8 h, {year:+.2f} % a year ({who})"
    return f"funding, weighted by open interest: {told}, over {_named(venues, listed)}."


def _prices(row: pd.Series, listed: str) -> str:
    if isnan(row["mark_median_usd"]):
        return "prices: no mark price is fresh."
    if isnan(row["dispersion_bp"]):
        return f"mark price: {_price(row['mark_median_usd'])} USD, of {row['mark_venues']}; with none to compare."
    ends = (
        f"lowest {row['lowest']} {_price(row['lowest_usd'])}, highest {row['highest']} {_price(row['highest_usd'])} USD"
    )
    return f"mark prices lie {row['dispersion_bp']:.2f} bp apart: {ends}, of {_named(row['mark_venues'], listed)}."


def _basis(row: pd.Series, curve: pd.DataFrame) -> Iterator[str]:
    dated = curve[curve["expiry"].notna()]
    if dated.empty:
        yield "basis: no dated futures are listed."
        return
    for _, one in dated.iterrows():
        if isnan(one["basis_bp"]):
            yield f"basis of {one['instrument']}: its mark is not fresh."
            continue
        year = f"{100 * one['basis_ann']:+.2f} % a year" if not isnan(one["basis_ann"]) else "less than a day to go"
        over = f"{one['basis_bp']:+.1f} bp over spot"
        yield f"basis of {one['instrument']}: {over}, {one['days']:.2f} days to go, {year}."
    if not isnan(row["basis_3m"]):
        how = "of the expiry nearest to 90 days: no two lie around it" if row["basis_extrapolated"] else "interpolated"
        yield f"basis in 3 months: {100 * row['basis_3m']:+.2f} % a year, {how}."


def _liquidations(board: pd.DataFrame) -> Iterator[str]:
    venues = board[board["venue"] != "all"]
    heard = venues[venues["liq_long_usd"].notna() | venues["liq_short_usd"].notna()]["venue"].tolist()
    silent = [venue for venue in venues["venue"] if venue not in heard]
    sampled = sorted(venue for venue in heard if venue not in COMPLETE)
    if sampled:
        yield f"liquidations are lower bounds at {', '.join(sampled)}: do not compare them between venues."
    if silent:
        yield f"liquidations of {', '.join(sorted(silent))}: none was heard, which is not 0."


def _usd(value: float) -> str:
    return f"{value:,.0f} USD"


def _coins(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 1e5 else f"{value:+,.6g}"


def _price(value: float) -> str:
    return f"{value:,.8g}"


def _same(venues: str, others: str, listed: str) -> str:
    return "the same" if venues == others else _named(venues, listed)


def _named(venues: str, listed: str) -> str:
    """Venues by name; all that are listed, by their number.

    >>> _named("a, b", "a, b, c"), _named("a, b, c", "a, b, c"), _named("a", "a")
    ('a, b', 'all 3 venues', 'a')
    """
    return f"all {venues.count(',') + 1} venues" if venues == listed and "," in venues else venues
