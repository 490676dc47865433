"""Times as a table has them → UTC ns: numbers, texts with an offset, or the local time of a stated zone.

Where clocks go back, an hour comes twice; where they go forward, one is missing. Neither is guessed: an hour that came
twice is read the way that keeps the series' own even steps or order, and where both ways do, the caller must say.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.errors import SettingError
from fbkit.model import NS_MS, NS_S
from fbkit.model.timeframe import NS_US

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).min

_OFFSET = re.compile(r"(?:Z|:\d\d(?:\.\d+)?[+-]\d\d:?\d\d)$")

#: A smaller number is a date spelled as one (20230101), or a row's number: no instant.
_LEAST = 1e8

#: Numbers up to here count seconds, then milliseconds, microseconds, nanoseconds: each reaches beyond the year 5000.
_UNITS = ((1e11, NS_S), (1e14, NS_MS), (1e17, NS_US), (float("inf"), 1))


class Instants(NamedTuple):
    """Two readings of each time, UTC ns: alike but in an hour that came twice. ``NEVER``: none, or a missing hour.

    ``missing`` are times of an hour that the zone passed over; ``how`` says what the column was taken for.
    """

    first: Ints
    second: Ints
    missing: Bools
    how: str

    @property
    def twice(self) -> Bools:
        """Where the hour came twice."""
        differ: Bools = (self.first != self.second) & ~self.missing
        return differ


def zone(name: str) -> str:
    """A zone's name; raises ``SettingError`` where there is none of it."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError("tz", name, "a zone's name such as UTC, Europe/London, America/New_York") from error
    return name


def instants(column: pd.Series, tz: str) -> Instants:
    """Read a column of times; a text without an offset is local time in ``tz``.

    >>> found = instants(pd.Series(["2023-10-29 00:30", "2023-10-29 01:30", "2023-03-26 01:30"]), "Europe/London")
    >>> found.twice.tolist(), found.missing.tolist()
    ([False, True, False], [False, False, True])
    >>> int(found.second[1] - found.first[1]) // NS_S
    3600
    """
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().any() and (numbers.notna() | column.isna()).all():
        return _numbers(numbers)
    texts = column.astype("string").str.strip()
    if texts.str.contains(_OFFSET.pattern, regex=True, na=False).any():
        read = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
        ts = _ns(pd.DatetimeIndex(read))
        return Instants(ts, ts, np.zeros(len(ts), np.bool_), "texts with their own offset")
    local = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", errors="coerce"))
    summer, winter = np.ones(len(local), np.bool_), np.zeros(len(local), np.bool_)
    first = _ns(local.tz_localize(zone(tz), ambiguous=summer, nonexistent="NaT"))
    second = _ns(local.tz_localize(tz, ambiguous=winter, nonexistent="NaT"))
    there = np.asarray(local.notna(), np.bool_)
    return Instants(first, second, there & (first == NEVER), f"local time in {tz}")


def _numbers(numbers: pd.Series) -> Instants:
    size = float(numbers.abs().max())
    unit = next(ns for bound, ns in _UNITS if size <= bound)
    whole = (numbers.notna() & (numbers >= _LEAST)).to_numpy()
    # A number of ns does not fit a float64: whole numbers stay whole.
    kept = numbers.fillna(0)
    ts = kept.to_numpy(np.int64) * unit if kept.dtype.kind in "iu" else np.rint(kept.to_numpy() * unit).astype(np.int64)
    ts = np.where(whole, ts, NEVER)
    names = {NS_S: "seconds", NS_MS: "milliseconds", NS_US: "microseconds", 1: "nanoseconds"}
    return Instants(ts, ts, np.zeros(len(ts), np.bool_), f"Unix {names[unit]}")


def _ns(index: pd.DatetimeIndex) -> Ints:
    utc = index.as_unit("ns") if index.tz is None else index.tz_convert("UTC").as_unit("ns")
    found: Ints = utc.asi8
    return found


def usual_step(ts: Ints) -> int:
    """The distance between neighbours that is met most often, ns; 0 where there is none.

    >>> usual_step(np.array([0, 8, 16, 32, 40]))
    8
    """
    steps = np.diff(np.unique(ts[ts != NEVER]))
    if not len(steps):
        return 0
    lengths, counts = np.unique(steps, return_counts=True)
    return int(lengths[np.argmax(counts)])


def settle(first: Ints, second: Ints, twice: Bools) -> tuple[Ints, Bools]:
    """One series: each hour that came twice read the way its own grid or order allows; and where neither decides.

    By grid: only one reading is whole steps away from the times that are certain. By order: a local time stands there
    twice; the earlier row is the first of the two.
    """
    ts, open_still = first.copy(), twice.copy()
    certain = first[~twice & (first != NEVER)]
    step = usual_step(certain)
    if step and len(certain):
        fits = [(one - certain[0]) % step == 0 for one in (first, second)]
        ts = np.where(twice & fits[1] & ~fits[0], second, ts)
        open_still &= fits[0] == fits[1]
    rows, falls = np.flatnonzero(open_still), len(certain) > 1 and certain[0] > certain[-1]
    local, where, counts = np.unique(first[rows], return_inverse=True, return_counts=True)
    for number in range(len(local)):
        if counts[number] == 2:
            early, late = rows[where == number][:: -1 if falls else 1]
            ts[early], ts[late] = first[early], second[late]
            open_still[[early, late]] = False
    return ts, open_still
