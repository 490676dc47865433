"""Gate's REST limits, and what its refusals look like. Pure.

Source: Gate APIv4, "Frequency limit rule" and "Error Handling": every public endpoint has 200 requests in 10 seconds of
its own, an address.
"""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.errors import FeedError, RateLimited, VenueRefused
from fbkit.feeds.asking import retry_after_s
from fbkit.feeds.decoding import decoded
from fbkit.feeds.feed import World
from fbkit.feeds.gate import VENUE
from fbkit.feeds.gate.rows import Refusal
from fbkit.feeds.weights import Budget, sliding_windows
from fbkit.model import NS_S

#: Requests an endpoint, and in how many seconds.
REQUESTS, WINDOW_S = 200, 10

#: The endpoints that we ask; each has a budget of its own.
ENDPOINTS = (
    *("contracts", "tickers", "candlesticks", "funding_rate"),
    *("trades", "contract_stats", "order_book", "liq_orders"),
)

_RESET = "X-Gate-RateLimit-Reset-Timestamp"


class GateManners:
    """See :class:`fbkit.feeds.asking.Manners`."""

    def budgets(self, world: World) -> dict[str, Budget]:
        """One for each endpoint."""
        return sliding_windows(dict.fromkeys(ENDPOINTS, REQUESTS), WINDOW_S, world)

    def budget_of(self, path: str) -> str:
        """The endpoint is a path's last word.

        >>> GateManners().budget_of("/api/v4/futures/usdt/candlesticks")
        'candlesticks'
        """
        name = path.rpartition("/")[2]
        return name if name in ENDPOINTS else "contracts"

    def judge(self, path: str, status: int, headers: Mapping[str, str], body: bytes, now: int) -> FeedError | None:
        """A refusal has a ``label`` and a ``message``; too many requests also come without words."""
        refusal = decoded(body, Refusal) if body[:1] == b"{" else None
        label = refusal.label if refusal else ""
        if status == 429 or label == "TOO_MANY_REQUESTS":
            return RateLimited(VENUE, path, _wait_s(headers, now))
        if refusal is not None and label:
            return VenueRefused(VENUE, path, status, label, refusal.message)
        return None

    def used(self, headers: Mapping[str, str]) -> tuple[str, int] | None:
        """``X-Gate-RateLimit-Requests-Remain`` does not say of which endpoint: we count ourselves."""
        return None


def _wait_s(headers: Mapping[str, str], now: int) -> float:
    """How long the venue wants us away: its header, else until its window ends, else a whole window.

    >>> _wait_s({"X-Gate-RateLimit-Reset-Timestamp": "1774443190"}, 1774443183 * NS_S), _wait_s({}, 0)
    (7.0, 10.0)
    """
    said = retry_after_s(headers)
    if said is not None:
        return said
    reset = headers.get(_RESET, "")
    if reset.isdigit() and 0 <= int(reset) - now / NS_S <= 3600:
        return max(1.0, int(reset) - now / NS_S)
    return float(WINDOW_S)
