"""A row of the score in words: what it says, or why it says nothing yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Fewer outcomes say nothing, and so does a time in which the horizon fits fewer times.
TOO_FEW = 20


def verdict(row: Mapping[str, Any], horizon: str) -> str:
    """What a row says of its alerts.

    >>> verdict({"n": 3, "n_flat": 0, "n_open": 9, "n_alerts": 12}, "1h")
    'too few alerts to say anything: 3 of 20, 9 still open'
    """
    decided, still = row["n"] - row["n_flat"], f", {row['n_open']} still open" if row["n_open"] else ""
    if decided < TOO_FEW:
        return f"too few alerts to say anything: {decided} of {TOO_FEW}{still}"
    if row["stretches"] < TOO_FEW:
        return f"too short a time to say anything: {row['stretches']} times {horizon} of {TOO_FEW}{still}"
    low, high = row["excess_hit_low"], row["excess_hit_high"]
    if low <= 0.0 <= high:
        return f"no different from random times: {points(low)} to {points(high)} points"
    near, far = sorted((abs(low), abs(high)))
    return f"{'better' if low > 0.0 else 'worse'} than random times by {near * 100:.0f} to {far * 100:.0f} points"


def points(share: float) -> str:
    """A difference of rates, in hundredths.

    >>> points(0.123), points(-0.04), points(-0.001)
    ('+12', '−4', '0')
    """
    whole = round(share * 100)
    return f"{whole:+d}".replace("-", "−") if whole else "0"
