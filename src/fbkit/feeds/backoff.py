"""How long to wait before trying again."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Doubling delays with jitter, up to a cap; back to the start only when data came.

    >>> backoff = Backoff(lambda: 1.0, first_s=1.0, cap_s=3.0)
    >>> backoff.next(), backoff.next(), backoff.next()
    (1.0, 2.0, 3.0)
    >>> backoff.reset(); backoff.next()
    1.0
    """

    def __init__(self, random: Callable[[], float], first_s: float = 0.5, cap_s: float = 30.0) -> None:
        self._random, self._first, self._cap = random, first_s, cap_s
        self.failures = 0

    def next(self) -> float:
        """Seconds to wait now: between half of the delay and all of it."""
        delay = min(self._cap, self._first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return delay * (0.5 + 0.5 * self._random())

    def reset(self) -> None:
        """Data came: the next failure is the first again."""
        self.failures = 0
