"""Timeframes: how long a bar is, and which bar an instant belongs to."""

from __future__ import annotations

NS_US = 1_000
NS_MS = 1_000_000
NS_S = 1_000_000_000
NS_MIN = 60 * NS_S
NS_HOUR = 60 * NS_MIN
NS_DAY = 24 * NS_HOUR

#: Every timeframe, shortest first, with its length in nanoseconds.
TIMEFRAMES: dict[str, int] = {
    "1m": NS_MIN,
    "5m": 5 * NS_MIN,
    "15m": 15 * NS_MIN,
    "1h": NS_HOUR,
    "4h": 4 * NS_HOUR,
    "1d": NS_DAY,
}

#: The timeframe all others are folds of.
BASE_TIMEFRAME = "1m"


def ns_from_ms(ms: int) -> int:
    """Unix milliseconds as UTC nanoseconds.

    >>> ns_from_ms(1_791_382_992_488)
    1791382992488000000
    """
    return ms * NS_MS


def floor_to(ts: int, length: int) -> int:
    """The last multiple of ``length`` (ns) at or before ``ts`` (UTC ns).

    >>> floor_to(61 * NS_S, NS_MIN) == NS_MIN
    True
    """
    return ts - ts % length


def slot_of(ts: int, tf: str) -> int:
    """The end ``t1`` (UTC ns) of the bar ``[t0, t1)`` that holds ``ts``.

    >>> slot_of(60 * NS_S, "1m") == 120 * NS_S
    True
    """
    length = TIMEFRAMES[tf]
    return ts - ts % length + length
