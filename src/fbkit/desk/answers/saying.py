"""Small pieces of sentences that several answers share."""

from __future__ import annotations

import math

import pandas as pd

from fbkit.widgets.format import money, percent, signed

Row = pd.Series


def over(frame: pd.DataFrame) -> str:
    """From when to when, and how much of it was heard.

    >>> over(pd.DataFrame({"a": [1]}, index=pd.DatetimeIndex(["2026-01-02T10:15"], tz="UTC")))
    'at 2026-01-02 10:15 UTC'
    """
    if not len(frame) or not isinstance(frame.index, pd.DatetimeIndex):
        return "at no bar"
    first, last = (f"{instant:%Y-%m-%d %H:%M}" for instant in (frame.index.min(), frame.index.max()))
    when = f"at {last} UTC" if first == last else f"from {first} to {last} UTC"
    return f"{when}{covered(frame)}"


def covered(frame: pd.DataFrame) -> str:
    """The coverage a frame bears, in brackets."""
    share = frame.attrs.get("coverage")
    return f" (coverage {share:.2%})" if isinstance(share, float) and math.isfinite(share) else ""


def usd(value: float) -> str:
    r"""Money with its unit.

    >>> usd(1.24e9).replace("\xa0", " ")
    '1.24 B USD'
    """
    return f"{money(value)} USD"


def pct(fraction: float, digits: int = 2) -> str:
    """A fraction as a signed percentage.

    >>> pct(-0.0042)
    '−0.42 %'
    """
    return f"{percent(fraction, digits)} %"


def share(fraction: float, digits: int = 1) -> str:
    """A share of something.

    >>> share(0.1234)
    '12.3 %'
    """
    return f"{signed(100 * fraction, digits).removeprefix('+')} %"


def many(n: int, one: str, more: str = "") -> str:
    """A count and its noun.

    >>> many(1, "bar"), many(2_000, "bar")
    ('1 bar', '2,000 bars')
    """
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def number(row: Row, name: str) -> float:
    """A value of a row as a float; NaN where it is missing."""
    value = row.get(name)
    return math.nan if value is None or pd.isna(value) else float(value)
