"""Who pays funding, whether that is usual, and who pays more elsewhere, in words."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from fbkit.dashboard.instrument.wording import NAN, Paragraph, piece, with_z
from fbkit.widgets.format import NBSP, bp, funding, signed

#: Values a rank needs: of fewer, "usual" means nothing.
_RANKED = 24


class Carry(NamedTuple):
    """Predicted funding (fraction per 8 h), its rank among ``n`` earlier values (share below), over how long (text).

    ``highest`` and ``lowest`` are venues that pay most and least, ``apart`` the difference (fraction per 8 h).
    """

    rate: float
    rank: float = NAN
    n: int = 0
    over: str = ""
    highest: str = ""
    lowest: str = ""
    apart: float = NAN


def carry_claim(rate: float, rank: float = NAN, n: int = 0) -> str:
    """Who pays, and whether that is more than usual for the side that pays; ``rank`` is the share of values below.

    >>> carry_claim(0.000138, 0.9, 100), carry_claim(-0.0002, 0.03, 100), carry_claim(0.0001)
    ('Longs pay shorts, more than usual.', 'Shorts pay longs, more than usual.', 'Longs pay shorts.')
    """
    if not isfinite(rate):
        return "There is no funding here."
    if not rate:
        return "Nobody pays."
    who = "Longs pay shorts" if rate > 0 else "Shorts pay longs"
    if n < _RANKED or not isfinite(rank):
        return f"{who}."
    beyond = rank if rate > 0 else 1.0 - rank
    return f"{who}, {'more than' if beyond >= 0.8 else 'less than' if beyond <= 0.2 else 'as'} usual."


def carry(one: Carry, z: float = NAN) -> Paragraph:
    """Predicted funding, what it is a year, its rank, and who pays more or less for the same coin elsewhere."""
    told: Paragraph = [(carry_claim(one.rate, one.rank, one.n), "claim")]
    if not isfinite(one.rate):
        return told
    year = signed(one.rate * 3 * 365 * 100, 2)
    told += [piece(" Predicted funding of "), (f"{funding(one.rate)}{NBSP}% per 8{NBSP}h", "number"), with_z(z)]
    told += [piece(f" is {year}{NBSP}% a year")]
    if one.n >= _RANKED and isfinite(one.rank):
        told += [piece(f", above {100 * one.rank:.0f}{NBSP}% of its values of {one.over}")]
    told += [piece(".")]
    if one.highest and one.lowest and isfinite(one.apart):
        apart = f"{bp(one.apart).lstrip('+')}{NBSP}bp"
        told += [piece(f" {one.highest} is highest, {one.lowest} lowest: "), (apart, "number"), piece(" apart.")]
    return told
