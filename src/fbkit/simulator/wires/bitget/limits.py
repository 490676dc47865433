"""How often a client may ask: each page so often a second, and an address 6,000 times a minute, whatever it asks.

Who asks a page too often is told so and may go on; who asks too much is not heard for five minutes.
Source: Bitget API v2, "Contract / Market", "Common / Trading data" and "REST API".
"""

from __future__ import annotations

from collections import deque

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import MS_MIN, MS_S

QUESTIONS_A_MINUTE = 6_000
SHUT_OUT_MS = 5 * MS_MIN

_A_SECOND = {"fills-history": 10, "account-long-short": 1, "taker-buy-sell": 1}
_USUALLY = 20


class Limits:
    """Counts one address's requests; ``generosity`` multiplies what the exchange allows.

    >>> limits = Limits(), Limits(generosity=2)
    >>> [[one.spend("/taker-buy-sell", ms) for ms in (0, 1, 1_001)] for one in limits]
    [[True, False, True], [True, True, True]]
    """

    def __init__(self, generosity: int = 1) -> None:
        self._generosity = generosity
        self._asked: dict[str, deque[int]] = {}
        self._shut_out_until_ms = 0

    def spend(self, path: str, now_ms: int) -> bool:
        """Count a request; whether it may be answered."""
        if now_ms < self._shut_out_until_ms:
            return False
        if not self._fits("", QUESTIONS_A_MINUTE, MS_MIN, now_ms):
            self._shut_out_until_ms = now_ms + SHUT_OUT_MS
            return False
        page = path.rpartition("/")[2]
        return self._fits(page, _A_SECOND.get(page, _USUALLY), MS_S, now_ms)

    def _fits(self, name: str, limit: int, window_ms: int, now_ms: int) -> bool:
        asked = self._asked.setdefault(name, deque())
        while asked and asked[0] <= now_ms - window_ms:
            asked.popleft()
        asked.append(now_ms)
        return len(asked) <= limit * self._generosity


def too_many(now_ms: int) -> Answer:
    """The usual refusal."""
    return answer(f'{{"code":"429","msg":"Too Many Requests","requestTime":{now_ms},"data":null}}', 429)


def over_limit(now_ms: int) -> Answer:
    """The same inside an answer of status 200."""
    return answer(f'{{"code":"30007","msg":"request over limit","requestTime":{now_ms},"data":null}}')


def without_words() -> Answer:
    """The same from whatever stands before the venue."""
    return Answer(429, (("Content-Type", "text/plain"),), b"Too Many Requests")
