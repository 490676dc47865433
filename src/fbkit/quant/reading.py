"""What a statistic answers: a value, or why there is none, and how much stood behind it."""

from __future__ import annotations

from typing import NamedTuple

#: Why a value is missing; the place in this tuple is the code kept in arrays. ``""`` means there is a value.
REASONS = ("", "warmup", "zero_var", "gap", "stale", "unsupported")

OK, WARMUP, ZERO_VAR, GAP, STALE, UNSUPPORTED = range(6)


class Reading(NamedTuple):
    """One answer of a statistic.

    ``value`` is NaN exactly when ``reason`` is not ``""``: ``warmup`` (never yet filled), ``zero_var`` (flat),
    ``gap`` (too much is missing), ``stale``, ``unsupported`` (nobody feeds it, or too large for float64).
    ``n`` values stood behind it; ``coverage`` is the share of the window that was there.
    """

    value: float
    reason: str
    n: int
    coverage: float


NAN = float("nan")

#: The answer before anything was asked.
NOTHING_YET = Reading(NAN, "warmup", 0, 0.0)


def needed(window: int, min_coverage: float, least: int = 2) -> int:
    """How many values of ``window`` must be there: ``max(least, ceil(min_coverage * window))``.

    >>> needed(20, 0.8), needed(14, 0.8), needed(2, 0.5)
    (16, 12, 2)
    """
    exact = min_coverage * window
    whole = int(exact)
    # 0.8 * 60 is a hair above or below 48 in binary; a hair asks for no further value.
    return max(least, whole if exact - whole < 1e-9 else whole + 1)
