"""Answers as frames, like the desk's: UTC index ``time``, instants also in ns, missing numbers NaN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from fbkit.model import BAR_COLUMNS, METRIC_COLUMNS, SUMMARY_COLUMNS

#: Columns that hold instants.
_INSTANTS = ("t0", "t1", "ts", "expiry")

#: Columns that hold numbers, also where all of them are missing.
_NUMBERS = frozenset(
    [column.name for column in BAR_COLUMNS if column.name != "n_trades"]
    + [column.name for column in SUMMARY_COLUMNS if column.unit not in {"–", "JSON", "count"}]
    + [*METRIC_COLUMNS, "coverage", "value", "threshold", "price_ratio", "tick", "step", "age_s"]
)


#: Columns that hold whole numbers, or floats where some are missing.
_COUNTS = frozenset({"n_trades", "missing"})


def frame_of(
    items: Sequence[Mapping[str, Any]], body: Mapping[str, Any], time: str | None, columns: Iterable[str] = ()
) -> pd.DataFrame:
    """Items as a frame, in their order; ``time`` names the column that becomes the index.

    ``columns`` are those of an answer without items. What else the answer says is in ``attrs``.
    """
    frame = pd.DataFrame(items, columns=None if items else list(columns))
    for name in _INSTANTS:
        if name in frame:
            frame[name] = nanoseconds(frame[name])
    for name in _NUMBERS.intersection(frame.columns):
        frame[name] = frame[name].astype("float64")
    for name in _COUNTS.intersection(frame.columns):
        if frame[name].isna().any():
            frame[name] = frame[name].astype("float64")
    if time is not None:
        frame.index = pd.DatetimeIndex(pd.to_datetime(frame[time].astype("int64"), utc=True), name="time")
    frame.attrs = {name: told for name, told in body.items() if name != "items"}
    return frame


def nanoseconds(texts: pd.Series[Any]) -> pd.Series[Any]:
    """RFC 3339 texts as UTC ns: int64, or ``Int64`` where some are missing."""
    instants = pd.to_datetime(texts, utc=True, format="ISO8601").astype("datetime64[ns, UTC]")
    there = instants.notna()
    if there.all():
        return instants.astype("int64")
    return instants.where(there, pd.Timestamp(0, tz="UTC")).astype("int64").astype("Int64").where(there)


def opened(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of ``/metrics`` with its values as columns of their own, and how many values stood behind each."""
    counts = {f"n_{name}": n for name, n in item["n"].items()}
    rest = {name: value for name, value in item.items() if name not in {"values", "n", "instrument", "tf", "t1"}}
    return {**{name: item[name] for name in ("instrument", "tf", "t1")}, **item["values"], **counts, **rest}
