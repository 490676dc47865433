"""How many requests an endpoint answers.

Source: Gate APIv4, "Frequency limit rule".
"""

from __future__ import annotations

from collections import deque

from fbkit.simulator.calendar import MS_S

BASE = "/api/v4/futures/usdt/"

#: Requests an endpoint within a window.
REQUESTS, WINDOW_MS = 200, 10_000


def endpoint(path: str) -> str:
    """The last word of a path of ours; ``""`` for any other path.

    >>> endpoint("/api/v4/futures/usdt/trades"), endpoint("/api/v4/spot/trades")
    ('trades', '')
    """
    name = path.removeprefix(BASE)
    return "" if name == path or "/" in name else name


class Limits:
    """Requests of each endpoint in a sliding window; ``generosity`` times what the exchange allows."""

    def __init__(self, generosity: int = 1) -> None:
        self.requests = REQUESTS * generosity
        self._asked: dict[str, deque[int]] = {}
        self.headers: tuple[tuple[str, str], ...] = ()

    def spend(self, path: str, now_ms: int) -> bool:
        """Count a question; whether it may be asked. ``headers`` say then what is left."""
        asked = self._asked.setdefault(endpoint(path), deque())
        while asked and asked[0] <= now_ms - WINDOW_MS:
            asked.popleft()
        if len(asked) < self.requests:
            asked.append(now_ms)
            allowed = True
        else:
            allowed = False
        reset = -(-(asked[0] + WINDOW_MS) // MS_S)
        self.headers = (
            ("X-Gate-RateLimit-Requests-Remain", str(self.requests - len(asked))),
            ("X-Gate-RateLimit-Limit", str(self.requests)),
            ("X-Gate-RateLimit-Reset-Timestamp", str(reset)),
        )
        return allowed
