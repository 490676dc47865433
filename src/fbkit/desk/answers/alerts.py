"""What alerts said, and whether they were worth hearing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fbkit.desk.answers.saying import many, over, share

#: How the last column of the scorecard begins, and what that means on the whole.
_VERDICTS = (
    ("better", "better than random times"),
    ("no different", "no different from them"),
    ("worse", "worse"),
    ("too", "too few or too short a time to say"),
)


def of_alerts(frame: pd.DataFrame) -> list[str]:
    """How many of which tier, and the newest."""
    if frame.empty:
        return ["No alert was spoken in this span."]
    tiers = ", ".join(f"{n:,} of tier {tier}" for tier, n in frame["tier"].value_counts().sort_index().items())
    busiest = frame["instrument"].value_counts()
    last = frame.iloc[-1]
    return [
        f"{many(len(frame), 'alert')} {over(frame)}: {tiers}.",
        f"Most about {busiest.index[0]}: {busiest.iloc[0]:,}. The newest: {last['instrument']}, {last['sentence']}",
    ]


def of_scorecard(frame: pd.DataFrame) -> list[str]:
    """How many rows beat random times, and how sure that is."""
    facts = frame.attrs
    if frame.empty:
        return ["There are no alerts to judge yet."]
    counts = [(told, int(frame["says"].str.startswith(begins).sum())) for begins, told in _VERDICTS]
    said = ", ".join(f"{n} {told}" for told, n in counts if n)
    known, still = int(frame["n"].sum()), int(frame["n_open"].sum())
    best = frame[frame["says"].str.startswith("better")].sort_values("excess_hit", ascending=False)
    return [
        f"Of {many(len(frame), 'row')} (groups and horizons): {said}.",
        *([f"Best: {_row(best.iloc[0])}."] if len(best) else ["Nothing here is shown to beat random times."]),
        _known(known, still, facts),
    ]


def _known(known: int, still: int, facts: Mapping[Any, Any]) -> str:
    """How many outcomes there are, and how much of the time bars cover."""
    if not known:
        return f"None of the outcomes is over yet: {still:,} are open as of {facts['as_of']}."
    return (
        f"{known:,} outcomes are known and {still:,} still open as of {facts['as_of']}; bars cover "
        f"{share(facts['coverage'])} of the time looked at. Of 20 rows of chance alone, one seems more."
    )


def _row(row: pd.Series) -> str:
    groups = [str(row[name]) for name in row.index[: list(row.index).index("horizon")]]
    return (
        f"{' '.join(groups)} after {row['horizon']}, {share(row['hit_rate'])} went their way against "
        f"{share(row['base_hit_rate'])} at random times ({many(int(row['n']), 'alert')})"
    )
