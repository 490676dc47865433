"""How often an address may ask: 600 times in 5 seconds, whatever it asks; then it is shut out for ten minutes.

A single endpoint has limits of its own; what they are for market data, nobody says. Here they never bite, and only the
fault ``rate-limit`` shows what they look like. Source: Bybit v5 docs, "Rate Limit".
"""

from __future__ import annotations

from collections import deque

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import MS_MIN, MS_S

QUESTIONS, WINDOW_MS = 600, 5 * MS_S
SHUT_OUT_MS = 10 * MS_MIN

SHUT_OUT = Answer(403, (("Content-Type", "text/plain"),), b"403, access too frequent.")


class Limits:
    """Counts one address's requests; ``generosity`` multiplies what the exchange allows.

    >>> limits = Limits()
    >>> [limits.spend(0) for _ in range(600)][-1], limits.spend(1), limits.spend(SHUT_OUT_MS)
    (True, False, False)
    """

    def __init__(self, generosity: int = 1) -> None:
        self._most = QUESTIONS * generosity
        self._asked: deque[int] = deque()
        self._shut_out_until_ms = 0

    def spend(self, now_ms: int) -> bool:
        """Count a request; whether it may be answered."""
        if now_ms < self._shut_out_until_ms:
            return False
        asked = self._asked
        while asked and asked[0] <= now_ms - WINDOW_MS:
            asked.popleft()
        asked.append(now_ms)
        if len(asked) <= self._most:
            return True
        self._shut_out_until_ms = now_ms + SHUT_OUT_MS
        return False


def too_many_visits(now_ms: int) -> Answer:
    """An endpoint's own limit, inside an answer of status 200."""
    headers = (
        ("Content-Type", "application/json"),
        ("X-Bapi-Limit", "10"),
        ("X-Bapi-Limit-Status", "0"),
        ("X-Bapi-Limit-Reset-Timestamp", str(now_ms + MS_S)),
    )
    text = f'{{"retCode":10006,"retMsg":"Too many visits!","result":{{}},"retExtInfo":{{}},"time":{now_ms}}}'
    return answer(text)._replace(headers=headers)


def protected() -> Answer:
    """The system's own protection."""
    return Answer(429, (("Content-Type", "text/plain"),), b"Too Many Requests")
