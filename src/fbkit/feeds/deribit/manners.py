"""Deribit's REST limits, and what its refusals look like.

A request costs 500 credits of a pool of 50,000 that refills by 10,000 a second: a hundred in five seconds never empties
it. Errors are JSON-RPC's, in an answer of status 200 or 400 alike.

Source: Deribit, "Rate Limits" and "RPC Error Codes"; "Connection Management" for 429, which a 33rd connection hears.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.deribit import VENUE
from fbkit.feeds.feed import World
from fbkit.feeds.weights import Budget, sliding_windows

#: Requests in so many seconds.
REQUESTS, WINDOW_S = 100, 5

#: How long an empty pool takes to be full again.
REFILL_S = 5.0

_TOO_MANY = frozenset({10028, 10047, 10066})

#: The venue's own trouble: try again, settling, maintenance, internal error, temporarily away, timed out.
_ITS_TROUBLE = frozenset({10040, 10041, 11051, 11094, 13028, 13888})


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Refusal(msgspec.Struct):
    error: _Error | None = None


class Manners:
    """One budget for all that an address asks."""

    def budgets(self, world: World) -> dict[str, Budget]:
        """Of :data:`REQUESTS` in :data:`WINDOW_S`."""
        return sliding_windows({"credits": REQUESTS}, WINDOW_S, world)

    def budget_of(self, path: str) -> str:
        """The one there is."""
        return "credits"

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """What an answer means.

        >>> Manners().judge("/api/v2/public/test", 400, {}, b'{"error":{"code":10028}}', 0)
        RateLimited('deribit', '/api/v2/public/test', 5.0)
        """
        if status == 429:
            return RateLimited(VENUE, path, retry_after_s(headers) or REFILL_S)
        try:
            error = msgspec.json.decode(body, type=_Refusal).error
        except MALFORMED:
            return None
        if error is None:
            return None
        if error.code in _TOO_MANY:
            return RateLimited(VENUE, path, retry_after_s(headers) or REFILL_S)
        if error.code in _ITS_TROUBLE:
            status = max(status, 503)
        return VenueRefused(VENUE, path, status, str(error.code), error.message)

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """The venue does not say."""
        return None
