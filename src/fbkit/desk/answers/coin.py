"""What the venues of one coin say together, and where they differ."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pandas as pd

from fbkit.across import sentences
from fbkit.desk.answers.saying import many, number, over, pct, share, usd
from fbkit.widgets.format import signed


def of_coin(frame: pd.DataFrame, board: pd.DataFrame | None, curve: pd.DataFrame | None) -> list[str]:
    """The newest bar over all venues; with the board and the curve of the same bar, everything there is to say."""
    if frame.empty:
        return [f"No bar of {frame.attrs.get('coin', 'this coin')} has closed yet."]
    row = frame.iloc[-1]
    told = [] if board is None or curve is None else [_capital(one) for one in sentences(row, board, curve)]
    return [*(told or _whole(frame, row)), f"{_changed(frame)}All of it {over(frame)}."]


def _whole(frame: pd.DataFrame, row: pd.Series) -> list[str]:
    rate, total = number(row, "funding_oiw_8h"), number(row, "oi_total_usd")
    coin = frame.attrs["coin"]
    told = (
        f"{coin} has {usd(total)} of open interest over {row['oi_venues']}"
        if isfinite(total)
        else f"No open interest of {coin} is fresh"
    )
    paid = f"; {_payer(rate)}, {pct(rate, 4)} per 8 h" if isfinite(rate) else ""
    return [f"{told}{paid}."]


def _changed(frame: pd.DataFrame) -> str:
    """The change of coins, bar by bar over the venues at both ends: one that comes or goes is none."""
    known = frame["oi_dlog"].dropna()
    if len(known) < 2:
        return ""
    told = pct(float(np.expm1(known.sum())))
    return (
        f"Coins of open interest changed by {told} in {many(len(known), 'bar')}, over the venues at both ends of each. "
    )


def _payer(rate: float) -> str:
    return "longs pay shorts" if rate > 0 else "shorts pay longs" if rate < 0 else "nobody pays"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def of_board(frame: pd.DataFrame) -> list[str]:
    """Who is largest, who pays most."""
    venues = frame[(frame["venue"] != "all") & frame["oi_usd"].notna()]
    if venues.empty:
        return [f"No venue of {frame.attrs.get('coin', 'this coin')} has fresh open interest."]
    first = venues.iloc[0]
    return [
        f"{first['venue']} is largest: {usd(first['oi_usd'])} of open interest, {first['oi_share_pct']:.1f} % of all."
    ]


def of_funding(frame: pd.DataFrame) -> list[str]:
    """Who pays most and least now, and what holding it would have cost on the whole."""
    known = frame.dropna(subset=["funding_8h"])
    coin = frame.attrs.get("coin", "this coin")
    if known.empty:
        return [f"No venue has told a funding rate of {coin}."]
    newest = known[known.index == known.index.max()].sort_values("funding_8h")
    least, most = newest.iloc[0], newest.iloc[-1]
    apart = 1e4 * (most["funding_8h"] - least["funding_8h"])
    claim = f"Of {coin} at {most['instrument']} {_payer(most['funding_8h'])} most"
    usual = known.groupby("instrument", observed=True)["funding_apr"].mean().sort_values()
    return [
        f"{claim}: {pct(most['funding_8h'], 4)} per 8 h, {pct(most['funding_apr'])} a year, predicted.",
        _least(least, apart) if len(newest) > 1 else "It is the only contract with a rate: nothing to compare it with.",
        (
            f"On the whole {over(frame)}: from {pct(float(usual.iloc[0]))} a year ({usual.index[0]}) "
            f"to {pct(float(usual.iloc[-1]))} ({usual.index[-1]})."
        ),
    ]


def _least(row: pd.Series, apart: float) -> str:
    rate = pct(row["funding_8h"], 4)
    return f"Least at {row['instrument']}: {rate} per 8 h; {apart:.2f} bp per 8 h lie between the two."


def of_curve(frame: pd.DataFrame) -> list[str]:
    """Contango or backwardation, and what 90 days of it pay."""
    dated = frame[frame["basis_ann"].notna()]
    coin = frame.attrs.get("coin", "this coin")
    if dated.empty:
        return [f"No dated future of {coin} with more than a day to go has a fresh mark: there is no basis to tell."]
    whole = (
        "contango" if (dated["basis_ann"] > 0).all() else "backwardation" if (dated["basis_ann"] < 0).all() else "mixed"
    )
    near, far = dated.sort_values("days").iloc[0], dated.sort_values("days").iloc[-1]
    at_90, how = frame.attrs["basis_3m"], "the expiry nearest to it" if frame.attrs["extrapolated"] else "interpolated"
    ends = [near] if len(dated) == 1 else [near, far]
    told = ", ".join(f"{pct(row['basis_ann'])} with {row['days']:.0f} days to go ({row['instrument']})" for row in ends)
    return [
        f"{coin} futures stand in {whole}, a year: {told}.",
        *([f"90 days out it is {pct(at_90)} a year ({how})."] if isfinite(at_90) else []),
    ]


def of_dispersion(frame: pd.DataFrame) -> list[str]:
    """How far marks lie apart, usually and at most."""
    known = frame["dispersion_bp"].dropna()
    if known.empty:
        return [f"Fewer than two venues have a mark of {frame.attrs.get('coin', 'this coin')}: nothing to compare."]
    last = frame.loc[known.index[-1]]
    ends = f"{last['lowest']} lowest, {last['highest']} highest"
    return [
        f"Marks of {frame.attrs['coin']} lie {known.iloc[-1]:.2f} bp apart, {ends}.",
        f"Half of {many(len(known), 'bar')} below {known.median():.2f} bp, at most {known.max():.2f} bp.",
    ]


def of_liquidated(frame: pd.DataFrame) -> list[str]:
    """Which side was forced out, where, and how much of it is only a lower bound."""
    coin = frame.attrs.get("coin", "this coin")
    long, short = (float(frame[name].sum(min_count=1)) for name in ("liq_long_usd", "liq_short_usd"))
    if not isfinite(long) and not isfinite(short):
        return [f"No venue has told of liquidations of {coin} while we listened; that is not 0."]
    heard = frame[frame["liq_long_usd"].notna() | frame["liq_short_usd"].notna()]
    by_venue = frame.groupby("venue", observed=True)[["liq_long_usd", "liq_short_usd"]].sum(min_count=1).sum(axis=1)
    first = by_venue.sort_values(ascending=False).index[0]
    sampled = sorted(frame.loc[~frame["complete"] & frame["liq_long_usd"].notna(), "venue"].unique())
    told = f"{many(len(heard.index.unique()), 'bar')} {over(heard).partition(' (')[0]}"
    sums = f"longs {usd(long)}, shorts {usd(short)}"
    side = "Longs" if long > short else "Shorts" if short > long else "Both sides alike"
    return [
        f"{side} of {coin} were forced out most: {sums}; most at {first}. Told of: {told}.",
        *([f"At least: {', '.join(sampled)} do not tell of all, so levels are not to be compared."] if sampled else []),
    ]


def of_shares(frame: pd.DataFrame) -> list[str]:
    """Who holds most, and who gained."""
    whole = frame.set_index("venue", append=True)["oi_share"].unstack().dropna(how="all")  # noqa: PD010 - nothing to sum
    if whole.empty:
        return [f"No venue has fresh open interest of {frame.attrs.get('coin', 'this coin')}."]
    there = whole.notna()
    alike = whole[(there == there.iloc[-1]).all(axis=1)].fillna(0.0)
    gains, most = (alike.iloc[-1] - alike.iloc[0]).to_numpy(), int(np.argmax(alike.iloc[-1].to_numpy()))
    gained = int(np.argmax(gains))
    largest = share(float(alike.iloc[-1].to_numpy()[most]))
    told = f"{whole.columns[most]} holds {largest} of {frame.attrs['coin']} open interest"
    if len(alike) < 2:
        return [f"{told}; the same venues were never heard together before, so nobody is said to have gained."]
    more = f"{whole.columns[gained]} gained most, {signed(100 * float(gains[gained]), 1)} points"
    return [f"{told}; {more}, over {many(len(alike), 'bar')} of the same venues."]
