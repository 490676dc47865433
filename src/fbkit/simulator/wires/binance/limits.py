"""How much a client may ask: weight a UTC minute, and requests a five minutes on the paths that have their own limit.

Over a limit the answer is 429; whoever goes on is banned with 418 for two minutes.
"""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.wires.binance.query import Refusal

#: The exchange's own limits: weight a minute; requests a five minutes on statistics and on funding.
WEIGHT = 2_400
STATISTICS = 1_000
FUNDING = 500

#: Refused requests within one minute after which a client is banned, and for how long, ms.
_PATIENCE = 10
_BAN_MS = 2 * MS_MIN

_LIMIT_BANDS = ((100, 1), (500, 2), (1000, 5), (1500, 10))
_DEPTH_BANDS = ((50, 2), (100, 5), (500, 10), (1000, 20))
_WITHOUT_SYMBOL = {"/fapi/v1/premiumIndex": 10, "/fapi/v1/ticker/24hr": 40}


def weight_of(path: str, given: Mapping[str, str]) -> int:
    """What a request costs.

    >>> weight_of("/fapi/v1/klines", {"limit": "1500"}), weight_of("/futures/data/openInterestHist", {})
    (10, 0)
    """
    if path.startswith("/futures/data/") or path in {"/fapi/v1/fundingRate", "/fapi/v1/fundingInfo"}:
        return 0
    if path == "/fapi/v1/aggTrades":
        return 20
    if path == "/fapi/v1/klines":
        return _band(given.get("limit"), _LIMIT_BANDS, 5)
    if path == "/fapi/v1/depth":
        return _band(given.get("limit"), _DEPTH_BANDS, 1)
    return 1 if given.get("symbol") else _WITHOUT_SYMBOL.get(path, 1)


def _band(limit: str | None, bands: tuple[tuple[int, int], ...], omitted: int) -> int:
    if limit is None or not limit.isdigit():
        return omitted
    return next((weight for edge, weight in bands if int(limit) <= edge), bands[-1][1])


class Limits:
    """Counts one client's requests. ``generosity`` multiplies what the exchange allows."""

    def __init__(self, generosity: int = 1) -> None:
        self.weight = WEIGHT * generosity
        self._of_bucket = {
            "weight": self.weight,
            "statistics": STATISTICS * generosity,
            "funding": FUNDING * generosity,
        }
        self._window = {"weight": MS_MIN, "statistics": 5 * MS_MIN, "funding": 5 * MS_MIN}
        self._used: dict[str, tuple[int, int]] = {}
        self._refused = (0, 0)
        self._banned_until_ms = 0

    def spend(self, path: str, given: Mapping[str, str], now_ms: int) -> int | None:
        """Count a request; the weight used this minute, or ``None`` where none counts. Raises :class:`Refusal`."""
        if now_ms < self._banned_until_ms:
            raise self._ban()
        weight = weight_of(path, given)
        bucket = "weight" if weight else ("funding" if path.startswith("/fapi/v1/funding") else "statistics")
        window = now_ms // self._window[bucket]
        since, used = self._used.get(bucket, (window, 0))
        used = (used if since == window else 0) + max(weight, 1)
        self._used[bucket] = window, used
        if used > self._of_bucket[bucket]:
            raise self._refuse(now_ms)
        return used if bucket == "weight" else None

    def _refuse(self, now_ms: int) -> Refusal:
        minute = now_ms // MS_MIN
        since, refused = self._refused
        self._refused = minute, (refused if since == minute else 0) + 1
        if self._refused[1] > _PATIENCE:
            self._banned_until_ms = now_ms + _BAN_MS
            return self._ban()
        return self._busy()

    def disguises(self, now_ms: int) -> list[Refusal]:
        """Both ways to say "too many requests", without anybody being banned."""
        kept, self._banned_until_ms = self._banned_until_ms, now_ms + _BAN_MS
        both = [self._busy(), self._ban()]
        self._banned_until_ms = kept
        return both

    def _busy(self) -> Refusal:
        return Refusal(
            -1003,
            f"Too many requests; current limit of IP(127.0.0.1) is {self.weight} requests per minute. "
            "Please use the websocket for live updates to avoid polling the API.",
            429,
        )

    def _ban(self) -> Refusal:
        return Refusal(
            -1003,
            f"Way too many requests; IP(127.0.0.1) banned until {self._banned_until_ms}. "
            "Please use the websocket for live updates to avoid bans.",
            418,
        )


def with_weight(reply: Answer, used: int | None) -> Answer:
    """The reply with the header that says how much was used."""
    if used is None:
        return reply
    return reply._replace(headers=(*reply.headers, ("X-MBX-USED-WEIGHT-1M", str(used))))
