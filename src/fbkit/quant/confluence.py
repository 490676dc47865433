"""Confluence: the weighted share of named conditions that agree on a side, and which (metrics reference 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, log
from typing import NamedTuple

from fbkit.quant.reading import NAN

#: A Z-score smaller than this counts as 0 when it is compared with a threshold (metrics reference 8).
NOTHING = 1e-9

_Z = ("z_", "zr_", "ze_")


class Condition(NamedTuple):
    """A column that speaks for ``long`` from ``at_least`` upwards, and for ``short`` from ``-at_least`` downwards.

    ``weight`` is a whole number, so that shares of weights are compared without rounding.
    """

    column: str
    at_least: float
    weight: int = 1


#: The three of the metrics reference, 12 and 14.
DEFAULT: tuple[Condition, ...] = (
    Condition("z_oi_dlog_60", 2.5),
    Condition("ln_ls_acct_global", log(2.0)),
    Condition("obi_5", 0.3),
)


class Score(NamedTuple):
    """The confluence of both sides: shares in [0, 1], NaN where less than 2/3 of the weight has a valid input.

    ``met_long`` and ``met_short`` name the conditions met, in the order given; count these (all of three, two of
    three) rather than compare ``long`` and ``short`` with a fraction. ``n_valid`` conditions had a valid input.
    """

    long: float
    short: float
    n_valid: int
    met_long: tuple[Condition, ...]
    met_short: tuple[Condition, ...]


def score(values: Mapping[str, float], conditions: Sequence[Condition] = DEFAULT) -> Score:
    """How far the columns of one bar agree on each side.

    Parameters
    ----------
    values : mapping
        Columns by name, as in a bar or metrics row. Absent, ``None``, NaN and infinite are no valid input.
    conditions : sequence of Condition
        Each is mirrored for the other side.

    Examples
    --------
    >>> found = score({"z_oi_dlog_60": 3.1, "ln_ls_acct_global": 0.9, "obi_5": -0.4})
    >>> round(found.long, 3), round(found.short, 3), [c.column for c in found.met_short]
    (0.667, 0.333, ['obi_5'])
    >>> score({"obi_5": 0.5}).long
    nan
    """
    valid = [(condition, x) for condition in conditions if (x := _value(values, condition.column)) is not None]
    met_long = tuple(condition for condition, x in valid if x >= condition.at_least)
    met_short = tuple(condition for condition, x in valid if x <= -condition.at_least)
    total, heard = _weight(conditions), _weight([condition for condition, _ in valid])
    if heard <= 0 or 3 * heard < 2 * total:
        return Score(NAN, NAN, len(valid), met_long, met_short)
    return Score(_weight(met_long) / heard, _weight(met_short) / heard, len(valid), met_long, met_short)


def _value(values: Mapping[str, float], column: str) -> float | None:
    """The column's value as it is compared, ``None`` where it is not valid."""
    x = values.get(column)
    if x is None or not isfinite(x):
        return None
    return 0.0 if abs(x) < NOTHING and column.startswith(_Z) else x


def _weight(conditions: Sequence[Condition]) -> int:
    return sum(condition.weight for condition in conditions)
