"""Credits: a pool that every request draws from and that fills again all the time.

Source: Deribit, "Rate Limits": 500 credits a request, 50,000 in the pool, 10,000 a second.
"""

from __future__ import annotations

COST, POOL, A_SECOND = 500, 50_000, 10_000

#: What a subscription costs: more than another request. The number is ours, the exchange does not publish it.
SUBSCRIPTION = 3_000


class Credits:
    """One client's pool; ``generosity`` multiplies it.

    >>> pool = Credits(1)
    >>> sum(pool.spend(0) for _ in range(120)), pool.spend(49), pool.spend(50)
    (100, False, True)
    """

    def __init__(self, generosity: int) -> None:
        self._most, self._rate = POOL * generosity, A_SECOND * generosity
        self._left, self._at_ms = float(self._most), 0

    def spend(self, now_ms: int, cost: int = COST) -> bool:
        """Draw credits at an instant (UTC ms); false where there are too few, and then none is drawn."""
        passed_s = max(0, now_ms - self._at_ms) / 1000
        self._left = min(self._most, self._left + passed_s * self._rate)
        self._at_ms = max(self._at_ms, now_ms)
        if self._left < cost:
            return False
        self._left -= cost
        return True
