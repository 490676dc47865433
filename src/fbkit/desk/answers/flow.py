"""What flow says: who pushed, whether price followed, and where most was traded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fbkit.desk.answers.saying import covered, many, over, pct, share, usd


def of_bars(frame: pd.DataFrame) -> list[str]:
    """Price against the takers of one instrument, or of each."""
    if frame.empty:
        return ["There are no bars yet."]
    return [
        sentence for _, rows in frame.groupby("instrument", sort=False, observed=True) for sentence in _one(rows, frame)
    ]


def _one(rows: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    name, volume = str(rows["instrument"].iloc[0]), float(rows["vol_usd"].sum())
    moved, delta = float(np.expm1(rows["ret"].sum())), float(rows["delta"].sum(min_count=1))
    price = f"price moved {pct(moved)} on {usd(volume)} in {many(len(rows), 'bar')} {over(frame)}"
    if not np.isfinite(delta) or not volume:
        return [f"{name}: {price}; who took is not known."]
    did = "bought" if delta > 0 else "sold"
    went = "with" if (delta > 0) is (moved > 0) else "against"
    return [
        f"{name}: takers {did} {usd(abs(delta))} net, {share(abs(delta) / volume)} of volume, {went} the price.",
        f"There {price}.",
        *_followed(rows),
    ]


def _followed(rows: pd.DataFrame) -> list[str]:
    """How often price went where takers pushed within a bar."""
    pushed = rows[(rows["delta"].abs() > 0) & (rows["ret"].abs() > 0)]
    if len(pushed) < 30:
        return [f"Too few bars to say whether price follows takers: {len(pushed)} of 30."]
    same = float((np.sign(pushed["delta"]) == np.sign(pushed["ret"])).mean())
    off = 1.96 * float(np.sqrt(same * (1 - same) / len(pushed)))
    claim = (
        "price follows takers"
        if same - off > 0.5
        else "price goes against takers"
        if same + off < 0.5
        else "neither way"
    )
    return [
        f"Within a bar {claim}: the same sign in {share(same)} of {many(len(pushed), 'bar')}, ± {share(off)} (95 %)."
    ]


def of_profile(frame: pd.DataFrame) -> list[str]:
    """Where most was traded, and on which side of it takers stood."""
    said = frame.attrs
    if frame.empty:
        return [f"Nothing of {said.get('instrument', 'it')} was traded in this span."]
    low, high = said["value_low_usd"], said["value_high_usd"]
    top = frame.iloc[int(np.argmax(frame["total_usd"].to_numpy()))]
    did = "bought" if top["delta_usd"] > 0 else "sold"
    return [
        (
            f"Most of {said['instrument']} was traded about {said['poc_usd']:,.6g} USD: {usd(top['total_usd'])}, "
            f"{share(top['share'])} of all; takers {did} {usd(abs(top['delta_usd']))} net there."
        ),
        (
            f"70 % lies between {low:,.6g} and {high:,.6g} USD, in bins of {said['width_usd']:g} USD, "
            f"of {many(said['n_trades'], 'trade')}{covered(frame)}."
        ),
    ]
