"""Bitget's REST limits, and what its refusals look like.

Each page has a limit of its own, and an address 6,000 questions a minute; beyond, it is not heard for five minutes.
Our budgets together stay far below the address's.

Source: Bitget API v2, "Contract / Market", "Common / Trading data" and "REST API" ("Rate limits").
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.bitget import VENUE
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.weights import Budget, sliding_windows

#: Questions a second of a page; every page that is not named here allows 20, and shares one budget of them.
A_SECOND: dict[str, int] = {"fills-history": 10, "account-long-short": 1, "taker-buy-sell": 1}
_OTHERS, _OTHERS_A_SECOND = "market", 20

#: How long an address is not heard that asked too much.
RECOVERY_S = 300.0

#: ``code`` of an answer: success; too many questions; the venue's own trouble.
_SUCCESS = "00000"
_TOO_MANY = frozenset({"429", "30007"})
_ITS_TROUBLE = frozenset({"40015", "40725", "45001"})


class _Refusal(msgspec.Struct):
    code: str | int = ""
    msg: str | None = ""


class Manners:
    """A budget for each page with a limit of its own, and one for all others."""

    def budgets(self, world: World) -> dict[str, Budget]:
        """Of :data:`A_SECOND`."""
        return sliding_windows({**A_SECOND, _OTHERS: _OTHERS_A_SECOND}, 1, world)

    def budget_of(self, path: str) -> str:
        """By the path's last word.

        >>> Manners().budget_of("/api/v2/mix/market/taker-buy-sell"), Manners().budget_of("/api/v2/mix/market/candles")
        ('taker-buy-sell', 'market')
        """
        word = path.rpartition("/")[2]
        return word if word in A_SECOND else _OTHERS

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """What an answer means.

        >>> Manners().judge("/x", 200, {}, b'{"code":"30007","msg":"request over limit","data":null}', 0)
        RateLimited('bitget', '/x', 300.0)
        """
        if status == 429:
            return RateLimited(VENUE, path, retry_after_s(headers) or RECOVERY_S)
        try:
            refusal = msgspec.json.decode(body, type=_Refusal)
        except MALFORMED:
            return None if status == 200 else VenueRefused(VENUE, path, status, "", _words(body))
        code = str(refusal.code)
        if code in _TOO_MANY:
            return RateLimited(VENUE, path, retry_after_s(headers) or RECOVERY_S)
        if status == 200 and code == _SUCCESS:
            return None
        return VenueRefused(VENUE, path, max(status, 500) if code in _ITS_TROUBLE else status, code, refusal.msg or "")

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """The venue does not say."""
        return None


def _words(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace").strip() or "no words"
