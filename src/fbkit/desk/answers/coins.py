"""What many coins say together: how alike they move, who leads, how broad a move is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.desk.answers.saying import covered, many, over, share


def of_correlation(frame: pd.DataFrame) -> list[str]:
    """The usual r, the two ends, and how many pairs can be told from none."""
    r, low, high, n = (frame[part].to_numpy(dtype=np.float64) for part in ("r", "low", "high", "n"))
    upper = np.triu_indices(len(r), 1)
    known = np.isfinite(r[upper])
    if not known.any():
        return ["No pair of coins has 30 returns in common yet: nothing can be said."]
    names = [str(name) for name in frame.index]
    pairs = [(names[a], names[b]) for a, b in zip(*upper, strict=True)]
    values = np.where(known, r[upper], np.nan)
    most, least = int(np.nanargmax(values)), int(np.nanargmin(values))
    told_apart = int(((low[upper] > 0) | (high[upper] < 0))[known].sum())

    def said(at: int) -> str:
        a, b = pairs[at]
        return f"{a} and {b} (r {values[at]:+.2f}, 95 % {low[upper][at]:+.2f} to {high[upper][at]:+.2f})"

    return [
        f"Coins move together with a median r of {np.nanmedian(values):+.2f}, {frame.attrs['tf']} bars.",
        f"Most alike: {said(most)}. Least: {said(least)}.",
        (
            f"{told_apart:,} of {many(int(known.sum()), 'pair')} can be told from 0, on {int(n[upper][known].min()):,} "
            f"bars in common or more{covered(frame)}; about 1 in 20 would by chance."
        ),
    ]


def of_lead_lag(frame: pd.DataFrame) -> list[str]:
    """Who leads, no more than the interval allows."""
    return [str(frame.attrs["sentence"])]


def of_breadth(frame: pd.DataFrame) -> list[str]:
    """How much of the market moves now, and what was the broadest move."""
    known = frame.dropna(subset=["up_share"])
    if known.empty:
        return ["No perpetual has a Z of its return yet: breadth is not known."]
    last, loud = known.iloc[-1], known["up_share"] + known["down_share"]
    place = int(np.argmax(loud.to_numpy()))
    at, widest = known.index[place], known.iloc[place]
    shares = f"{share(widest['up_share'])} up, {share(widest['down_share'])} down"
    often = int((loud >= 0.25).sum())
    way = "up" if widest["up_share"] >= widest["down_share"] else "down"
    return [
        (
            f"{share(last['up_share'])} of {many(int(last['n']), 'perpetual')} are 2 standard deviations up, "
            f"{share(last['down_share'])} down; noise alone gives 2.3 % each."
        ),
        (
            f"Broadest, mostly {way}, at {at:%Y-%m-%d %H:%M} UTC: {shares}. "
            f"Of {many(len(known), 'bar')} {over(frame)}, {often:,} moved a quarter of the market or more."
        ),
    ]
