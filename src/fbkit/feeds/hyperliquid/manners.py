"""Hyperliquid's limits, and what its refusals look like. Everything is asked of ``POST /info``.

Source: Hyperliquid docs, "Rate limits and user limits"; refusals as SDKs meet them.
"""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.feed import World
from fbkit.feeds.hyperliquid import VENUE
from fbkit.feeds.weights import Budget, sliding_windows

WEIGHT_A_MINUTE = 1200

#: A documented question; trades and fundings cost one more for 20 rows of the answer, candles one for 60.
WEIGHT = 20
ROWS, CANDLES = 20, 60

#: The venue does not say how long it wants us away: half a minute brings half the weight back.
AWAY_S = 30.0


def weight_of(rows: int, a_unit: int = ROWS) -> int:
    """What a question costs whose answer may have so many rows.

    >>> weight_of(500), weight_of(2880, CANDLES)
    (45, 68)
    """
    return WEIGHT + rows // a_unit


class HyperliquidManners:
    """See :class:`fbkit.feeds.asking.Manners`."""

    def budgets(self, world: World) -> dict[str, Budget]:
        """One of weight, by the minute."""
        return sliding_windows({"weight": WEIGHT_A_MINUTE}, 60, world)

    def budget_of(self, path: str) -> str:
        """All of it is one budget."""
        return "weight"

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """429 says no more than that; a question it cannot read is 422 and a sentence; some errors come as 200."""
        if status == 429:
            return RateLimited(VENUE, path, retry_after_s(headers) or AWAY_S)
        if status == 422 or body.lstrip()[:15] == b'{"status":"err"':
            return VenueRefused(VENUE, path, status, "", body[:200].decode("utf-8", "replace"))
        return None

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """It does not count aloud."""
        return None
