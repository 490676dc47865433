"""What was collected: whether the books balance, what is missing, how well it stands."""

from __future__ import annotations

import pandas as pd

from fbkit.desk.answers.saying import many, share
from fbkit.model import NS_S

_ASIDE = ("conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight")


def of_accounts(frame: pd.DataFrame) -> list[str]:
    """Whether everything that came is accounted for, and what became of it."""
    received, stored = int(frame["received"].sum()), int(frame["stored"].sum())
    if not received:
        return ["Nothing was received in this run yet; where a collector has just begun, ask again in a moment."]
    aside = {name: int(frame[name].sum()) for name in _ASIDE}
    odd = received - stored - sum(aside.values())
    parts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in aside.items() if n)
    claim = "The books balance" if not odd else f"The books do not balance: {odd:,} items are not accounted for"
    return [
        f"{claim}: of {received:,} items received {share(stored / received)} were stored"
        + (f", and {parts}." if parts else ".")
    ]


def of_gaps(frame: pd.DataFrame) -> list[str]:
    """How many periods without data there are, and how many were filled."""
    if frame.empty:
        return ["No gap is recorded in this span."]
    filled, ended = int((frame["phase"] == "backfilled").sum()), frame["t1"].notna()
    causes = ", ".join(f"{n:,} {cause}" for cause, n in frame["cause"].value_counts().items())
    length = (frame.loc[ended, "t1"].astype("float64") - frame.loc[ended, "t0"].astype("float64")).max() / NS_S
    longest = f" The longest that ended lasted {length:,.0f} s." if ended.any() else ""
    still = int((~ended).sum())
    return [f"{many(len(frame), 'gap')}: {causes}; {filled:,} were filled afterwards, {still:,} are open.{longest}"]


def of_health(frame: pd.DataFrame) -> list[str]:
    """The verdict, and the streams that are not well."""
    whole, streams = frame.iloc[0], frame.iloc[1:]
    bad = streams[streams["state"] != "ok"]
    told = f"On the whole {whole['state']}" + (f": {whole['sentence']}" if whole["sentence"] else ".")
    return [told, f"{len(streams) - len(bad)} of {many(len(streams), 'stream')} are well."]
