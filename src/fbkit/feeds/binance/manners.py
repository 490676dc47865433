"""Binance's REST limits, and what its refusals look like.

Weights and limits: Binance USDⓈ-M Futures, "General Info", and as measured on 2026-10-07 (the UTC clock minute; two
separate budgets of requests in 5 minutes for funding and for ``/futures/data``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.binance import VENUE
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.weights import Budget, ClockWindow, Unlimited, sliding_windows
from fbkit.model import NS_MS, NS_S

#: What the venue allows until its instrument list says otherwise.
WEIGHT_A_MINUTE = 2400
IN_5_MINUTES = {"funding": 500, "data": 1000}

_BANNED_UNTIL = re.compile(rb"banned until (\d{12,14})")

#: "Too many requests", whatever the status.
_TOO_MANY = -1003


class _Refusal(msgspec.Struct):
    code: int | str
    msg: str = ""


class BinanceManners:
    """See :class:`fbkit.feeds.asking.Manners`."""

    def budgets(self, world: World) -> dict[str, Budget]:
        """``weight`` a clock minute; requests for ``funding`` and ``data`` in any 5 minutes."""
        weight = ClockWindow(WEIGHT_A_MINUTE, 60, world.clock, world.sleep) if world.limited else Unlimited()
        return {"weight": weight, **sliding_windows(IN_5_MINUTES, 300, world)}

    def budget_of(self, path: str) -> str:
        """Statistics and funding have budgets of their own."""
        if path.startswith("/futures/data/"):
            return "data"
        return "funding" if path in {"/fapi/v1/fundingRate", "/fapi/v1/fundingInfo"} else "weight"

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """The venue's own count of the minute's weight, all who share the address included."""
        used = headers.get("X-MBX-USED-WEIGHT-1M", "")
        return ("weight", int(used)) if used.isdigit() else None

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """418 and 429 are limits, 403 its firewall, 451 a country it does not serve; some refusals come with 200."""
        if status in {418, 429}:
            return RateLimited(VENUE, path, _wait_s(status, headers, body, now))
        if status == 200 and not body.startswith(b'{"code"'):
            return None
        refusal = _refusal(body)
        if refusal is not None and str(refusal.code) == str(_TOO_MANY):
            return RateLimited(VENUE, path, _wait_s(status, headers, body, now))
        if status in {403, 451}:
            why = refusal.msg if refusal else {403: "its firewall", 451: "this country is not served"}[status]
            return VenueRefused(VENUE, path, status, "", why)
        return None if refusal is None else VenueRefused(VENUE, path, status, str(refusal.code), refusal.msg)


def _refusal(body: bytes) -> _Refusal | None:
    try:
        return msgspec.json.decode(body, type=_Refusal)
    except MALFORMED:
        return None


def _wait_s(status: int, headers: Mapping[str, str], body: bytes, now: int) -> float:
    """How long the venue wants us away: its header, else the instant in its words, else to the next minute."""
    header = retry_after_s(headers)
    if header is not None:
        return header
    banned = _BANNED_UNTIL.search(body)
    if banned:
        return max(1.0, (int(banned[1]) * NS_MS - now) / NS_S)
    to_next_minute = 60 - now // NS_S % 60
    return float(max(120, to_next_minute) if status == 418 else to_next_minute)
