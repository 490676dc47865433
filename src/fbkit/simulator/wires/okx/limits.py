"""How much a client may ask: so many requests of each path in any two seconds.

Over a limit the answer is ``50011``, now with status 429, now with 200.
"""

from __future__ import annotations

from collections import deque

from fbkit.simulator.answers import Answer, answer

WINDOW_MS = 2_000

_LIMITS = {
    "public/time": 10,
    "public/funding-rate-history": 10,
    "public/mark-price": 10,
    "market/candles": 40,
    "market/books": 40,
    "market/trades": 100,
    "rubik/stat/contracts/open-interest-history": 10,
}
_USUAL, _RUBIK = 20, 5

TOO_MANY = '{"code":"50011","data":[],"msg":"Too Many Requests"}'


def limited() -> list[Answer]:
    """Both disguises."""
    return [answer(TOO_MANY, 429), answer(TOO_MANY, 200)]


class Limits:
    """Counts one client's requests. ``generosity`` multiplies what the venue allows."""

    def __init__(self, generosity: int = 1) -> None:
        self._generosity = generosity
        self._asked: dict[str, deque[int]] = {}
        self._refused = 0

    def spend(self, path: str, now_ms: int) -> Answer | None:
        """Count a request; the refusal where there were too many."""
        path = path.removeprefix("/api/v5/")
        limit = _LIMITS.get(path, _RUBIK if path.startswith("rubik/") else _USUAL) * self._generosity
        asked = self._asked.setdefault(path, deque())
        while asked and asked[0] <= now_ms - WINDOW_MS:
            asked.popleft()
        if len(asked) >= limit:
            self._refused += 1
            return limited()[self._refused % 2]
        asked.append(now_ms)
        return None
