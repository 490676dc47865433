"""Bybit's REST limits, and what its refusals look like.

An address may ask 600 times in 5 seconds, whatever it asks; more is HTTP 403 and ten minutes of silence. A single
endpoint that is asked too often says so inside an answer of status 200.

Source: Bybit v5 docs, "Rate Limit" and "Error Codes".
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.bybit import VENUE
from fbkit.feeds.decoding import MALFORMED, number
from fbkit.feeds.feed import World
from fbkit.feeds.weights import Budget, sliding_windows
from fbkit.model import NS_MS, NS_S

#: Questions an address may ask in so many seconds.
QUESTIONS, WINDOW_S = 600, 5

#: How long an address is shut out that asked for more.
SHUT_OUT_S = 600.0

#: A wait that the venue does not put a number to.
_A_MOMENT_S = 5.0

#: ``retCode``: this endpoint too often, this address too often; the venue's own trouble.
_TOO_MANY, _ADDRESS_TOO_MANY = 10006, 10018
_ITS_TROUBLE = frozenset({10000, 10016})


class _Refusal(msgspec.Struct):
    retCode: int = 0
    retMsg: str = ""


class Manners:
    """One budget for all that an address asks."""

    def budgets(self, world: World) -> dict[str, Budget]:
        """Of :data:`QUESTIONS` in :data:`WINDOW_S`."""
        return sliding_windows({"address": QUESTIONS}, WINDOW_S, world)

    def budget_of(self, path: str) -> str:
        """The one there is."""
        return "address"

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """What an answer means, heard at ``now`` (UTC ns); what is no JSON is a proxy's, but for a 403.

        >>> Manners().judge("/v5/market/kline", 403, {}, b"access too frequent.", 0)
        RateLimited('bybit', '/v5/market/kline', 600.0)
        """
        if status == 429:
            return RateLimited(VENUE, path, retry_after_s(headers) or _A_MOMENT_S)
        try:
            refusal = msgspec.json.decode(body, type=_Refusal, strict=False)
        except MALFORMED:
            shut_out = status == 403 and b"country" not in body.lower()
            return RateLimited(VENUE, path, SHUT_OUT_S) if shut_out else None
        return _judged(path, status, refusal, headers, now)

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """The venue counts each endpoint by itself and says nothing of the address."""
        return None


def _judged(path: str, status: int, refusal: _Refusal, headers: Mapping[str, str], now: int) -> FeedError | None:
    if refusal.retCode == _TOO_MANY:
        return RateLimited(VENUE, path, _until_reset_s(headers, now))
    if refusal.retCode == _ADDRESS_TOO_MANY or status == 403:
        return RateLimited(VENUE, path, SHUT_OUT_S)
    if refusal.retCode in _ITS_TROUBLE:
        return VenueRefused(VENUE, path, max(status, 500), str(refusal.retCode), refusal.retMsg)
    if refusal.retCode or status != 200:
        return VenueRefused(VENUE, path, status, str(refusal.retCode), refusal.retMsg)
    return None


def _until_reset_s(headers: Mapping[str, str], now: int) -> float:
    """Seconds to the instant (ms) at which the endpoint answers again; clocks differ, so at least one."""
    reset = number(headers.get("X-Bapi-Limit-Reset-Timestamp"))
    if reset is None:
        return _A_MOMENT_S
    return min(max(1.0, (reset * NS_MS - now) / NS_S), SHUT_OUT_S)
