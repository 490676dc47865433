"""The two sides of a rule, and how a column is mirrored between them."""

from __future__ import annotations

from typing import Literal, TypeAlias

Side: TypeAlias = Literal["long", "short"]

SIDES: tuple[Side, Side] = ("long", "short")

#: Columns that are mirrored around another value than 0.
CENTRES = {"rsi_14": 50.0}


def bound(threshold: float, column: str) -> float:
    """A threshold as it is compared with columns mirrored around 0.

    >>> bound(70.0, "rsi_14"), bound(3.0, "z_ret_60")
    (20.0, 3.0)
    """
    return threshold - CENTRES.get(column, 0.0)


def mirrored(column: str, least: float, side: Side) -> float:
    """A bound as it is for a side.

    >>> mirrored("obi_5", 0.3, "short"), mirrored("rsi_14", 70.0, "short"), mirrored("obi_5", 0.3, "long")
    (-0.3, 30.0, 0.3)
    """
    return least if side == "long" else 2.0 * CENTRES.get(column, 0.0) - least
