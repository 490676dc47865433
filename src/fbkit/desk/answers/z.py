"""What Z-scores say: who is far from its own past, and how often chance alone would be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from fbkit.alerts.sentence import name_of
from fbkit.desk.answers.saying import covered, many, over, share
from fbkit.widgets.format import zscore

#: Shares of normal numbers that lie beyond 2 and 3 standard deviations, and the mean of their size.
_BEYOND_2, _BEYOND_3, _MEAN = 0.0455, 0.0027, 0.80


def of_summary(frame: pd.DataFrame) -> list[str]:
    """Who is loudest now, how many are loud, and whether that is more than noise."""
    known = frame[frame["loudest_z"].notna()]
    if known.empty:
        return [f"No Z-score is there yet: every baseline of {many(len(frame), 'instrument')} is still filling."]
    ranked = known.iloc[np.argsort(-known["loudest_z"].abs().to_numpy(), kind="stable")]
    first, loud = ranked.iloc[0], int((known["loudest_z"].abs() >= 3).sum())
    chance, size = float(known["n_z"].sum()) * _BEYOND_3, float(known["mean_abs_z"].mean())
    far = f"{called(first['loudest'])} is {_far(first['loudest_z'])}"
    told = f"{first['instrument']} is loudest: {far}, {first['tf']} bar."
    next_ones = ", ".join(
        f"{row['instrument']} ({called(row['loudest'])} {zscore(row['loudest_z'])})"
        for _, row in ranked[1:4].iterrows()
    )
    return [
        told,
        *([f"Next: {next_ones}."] if next_ones else []),
        (
            f"{loud} of {many(len(known), 'instrument')} have a Z of 3 or more in size; chance alone would give about "
            f"{chance:.1f} among their {int(known['n_z'].sum()):,} Z-scores."
        ),
        f"The mean size of all Z-scores is {size:.2f}; noise alone gives {_MEAN:.2f}{covered(frame)}.",
    ]


def of_zscores(frame: pd.DataFrame) -> list[str]:
    """How often each column left 2 and 3, against a normal number, and where the newest bar stands."""
    names = [str(name) for name in frame if name != "coverage"]
    known = {name: frame[name].dropna() for name in names}
    there = {name: values for name, values in known.items() if len(values)}
    if not there:
        return [f"No Z-score is there: {many(len(frame), 'bar')} fill no baseline of {frame.attrs.get('window', 60)}."]
    newest = {name: float(frame[name].iloc[-1]) for name in there if np.isfinite(frame[name].iloc[-1])}
    ranked = sorted(newest.items(), key=lambda one: -abs(one[1]))
    told = ", ".join(f"{name_of(name.split('_', 1)[1].rpartition('_')[0])} {zscore(z)}" for name, z in ranked[:4])
    claim = f"{frame.attrs['instrument']}: nothing is unusual in the newest bar"
    if ranked and abs(ranked[0][1]) >= 2:
        claim = f"{frame.attrs['instrument']}: {called(ranked[0][0])} is {_far(ranked[0][1])} in the newest bar"
    missing = [called(name) for name in names if name not in there]
    return [
        f"{claim} ({told})." if told else f"{claim}: it has no Z-score.",
        *(_tails(called(name), values) for name, values in list(there.items())[:3]),
        *([f"Never known here: {', '.join(missing)}."] if missing else []),
        f"All of it {over(frame)}, each against the {frame.attrs['window']} bars before it.",
    ]


def _tails(name: str, values: pd.Series) -> str:
    """How heavy the ends of a column are."""
    size = values.abs()
    two, three = float((size >= 2).mean()), float((size >= 3).mean())
    at = int(np.argmax(size.to_numpy()))
    far = f"{values.index[at]:%Y-%m-%d %H:%M} UTC, {zscore(float(values.iloc[at]))}"
    return (
        f"{name.capitalize()}: beyond 2 in {share(two)} of {many(len(values), 'bar')} (normal numbers: "
        f"{share(_BEYOND_2)}), beyond 3 in {share(three)} ({share(_BEYOND_3)}); farthest at {far}."
    )


def of_metrics(frame: pd.DataFrame) -> list[str]:
    """What stood out in the newest bar of each instrument, and why numbers are missing."""
    if frame.empty:
        return ["No bar has closed while a collector ran: metrics are written when one does."]
    newest = frame.groupby("instrument", sort=False, observed=True).tail(1)
    return [_bar(row) for _, row in newest.iterrows()] + [f"{many(len(frame), 'row')} {over(frame)}."]


def _bar(row: pd.Series) -> str:
    zs = {
        str(name): float(row[name])
        for name in row.index
        if str(name).startswith(("z_", "zr_", "ze_")) and pd.notna(row[name])
    }
    far = sorted(((abs(z), name, z) for name, z in zs.items() if abs(z) >= 2), reverse=True)
    told = ", ".join(f"{called(name)} {zscore(z)}" for _, name, z in far[:4]) or "none is 2 or more"
    why = Counter(filter(None, str(row.get("reasons") or "").split(",")))
    missing = ", ".join(f"{n} {reason}" for reason, n in why.most_common())
    return f"{row['instrument']}: of {len(zs)} Z-scores, {told}" + (f"; missing: {missing}." if missing else ".")


def called(column: str) -> str:
    """A column of Z-scores by what it judges, and its window.

    >>> called("z_oi_dlog_60")
    'open interest change (60 bars)'
    """
    judged, _, window = column.split("_", 1)[-1].rpartition("_")
    return f"{name_of(judged)} ({window} bars)" if judged else column


def _far(z: float) -> str:
    return f"{abs(z):.1f} standard deviations {'above' if z > 0 else 'below'} its own past"
