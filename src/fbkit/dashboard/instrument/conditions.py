"""Which conditions of the confluence are met, and the side they favour, in words."""

from __future__ import annotations

from collections.abc import Sequence

from fbkit.dashboard.instrument.newest import Condition
from fbkit.dashboard.instrument.wording import Paragraph, piece
from fbkit.widgets.format import signed

_NAMES = {"z_oi_dlog_60": "Z of open interest", "ln_ls_acct_global": "ln of long/short accounts", "obi_5": "the book"}


def leaning_claim(bias: str, n: int) -> str:
    """Which side the conditions of the confluence favour; ``bias`` is the summary's, ``n`` how many are met.

    >>> leaning_claim("long", 2), leaning_claim("none", 0), leaning_claim("", 1)
    ('Conditions lean long.', 'Conditions lean to no side.', 'Conditions have no score.')
    """
    if bias in {"long", "short"}:
        return f"Conditions lean {bias}."
    return "Conditions lean to no side." if bias else "Conditions have no score." if n else ""


def leaning(bias: str, conditions: Sequence[Condition]) -> Paragraph:
    """The conditions that are met, each with its value and what it needed; empty where there is nothing to say."""
    claim = leaning_claim(bias, len(conditions))
    if not claim:
        return []
    told: Paragraph = [(claim, "claim")]
    for i, one in enumerate(conditions):
        told += [piece("; " if i else " Met: "), piece(f"{_NAMES.get(one.column, one.column)} ")]
        told += [(signed(one.value, 2), "number"), piece(f" ({one.side} needs {signed(one.needed, 2)})")]
    return [*told, piece("." if conditions else " None is met.")]
