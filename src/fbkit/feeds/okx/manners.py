"""OKX's REST limits, and what its refusals look like.

Limits are per endpoint, in any 2 s of an address (some of an address and instrument; we keep to the stricter reading).
Too many requests is ``50011``, with status 429 and with 200. Busy or broken for a while is ``50013`` (even with 429),
``50001`` and ``50026``: asked again. Everything else that is not ``0`` is a refusal, whatever the status.

Source: OKX v5 docs, "Error Code", and the rate limit of each page.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.okx import VENUE
from fbkit.feeds.weights import Budget, sliding_windows

WINDOW_S = 2

#: Requests a window by path.
REQUESTS: dict[str, int] = {
    "/api/v5/public/instruments": 20,
    "/api/v5/public/funding-rate": 20,
    "/api/v5/public/funding-rate-history": 10,
    "/api/v5/public/open-interest": 20,
    "/api/v5/market/tickers": 20,
    "/api/v5/market/candles": 40,
    "/api/v5/market/history-candles": 20,
    "/api/v5/market/trades": 100,
    "/api/v5/market/history-trades": 20,
    "/api/v5/rubik/stat/contracts/open-interest-history": 10,
    "/api/v5/rubik/stat/taker-volume-contract": 5,
    "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract": 5,
    "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract-top-trader": 5,
    "/api/v5/rubik/stat/contracts/long-short-position-ratio-contract-top-trader": 5,
}

#: What is in no table.
_OTHER, _OTHER_REQUESTS = "other", 5

_TOO_MANY = "50011"
_FOR_A_WHILE = frozenset({"50001", "50013", "50026"})


class _Verdict(msgspec.Struct):
    code: str | int = ""
    msg: str = ""


_verdict = msgspec.json.Decoder(_Verdict)


class OkxManners:
    """See :class:`fbkit.feeds.asking.Manners`.

    >>> refusal = b'{"code":"50011","data":[],"msg":"Too Many Requests"}'
    >>> [type(OkxManners().judge("/", status, {}, refusal, 0)).__name__ for status in (429, 200)]
    ['RateLimited', 'RateLimited']
    """

    def budgets(self, world: World) -> dict[str, Budget]:
        """One for each path."""
        return sliding_windows({**REQUESTS, _OTHER: _OTHER_REQUESTS}, WINDOW_S, world)

    def budget_of(self, path: str) -> str:
        """The path itself."""
        return path if path in REQUESTS else _OTHER

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """By the code in the body where there is one, else by the status."""
        try:
            verdict = _verdict.decode(body)
        except MALFORMED:
            verdict = _Verdict()
        code = str(verdict.code)
        if code in _FOR_A_WHILE:
            return VenueRefused(VENUE, path, 503, code, verdict.msg)
        if code == _TOO_MANY or status == 429:
            return RateLimited(VENUE, path, retry_after_s(headers) or float(WINDOW_S))
        if code not in {"0", ""}:
            return VenueRefused(VENUE, path, status, code, verdict.msg)
        return None

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """The venue does not say."""
        return None
