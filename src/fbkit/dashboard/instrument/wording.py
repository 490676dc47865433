"""What sentences about one instrument are made of: a claim, then its numbers; words, Z-scores, moves and their tones.

The sentences: positions, takers, carry, crowd and conditions, a file each beside this one; liquidations: ``burst``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from fbkit.widgets.format import NBSP, percent, zscore
from fbkit.widgets.words import Piece

Paragraph = list[Piece]
Numbers = Mapping[str, float]

NAN = float("nan")


def piece(words: str) -> Piece:
    """Plain words."""
    return words, ""


def with_z(z: float) -> Piece:
    """`` (Z +1.1)``, or nothing."""
    return piece(f" (Z{NBSP}{zscore(z)})" if isfinite(z) else "")


def moved_by(fraction: float) -> Piece:
    """How far, without the sign that the verb has said already."""
    return f"{percent(abs(fraction)).lstrip('+')}{NBSP}%", tone(fraction)


def tone(x: float) -> str:
    """The tone of a number that has a direction."""
    return "up" if x > 0 else "down" if x < 0 else "number"


def unknown(sentences: Sequence[str]) -> Paragraph:
    """What is not known, in one quiet paragraph.

    >>> unknown(["It has no feed of liquidations."])
    [('It has no feed of liquidations.', 'quiet')]
    """
    return [(" ".join(sentences), "quiet")] if sentences else []
