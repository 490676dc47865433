"""How fast simulated time runs beside the clock, and from where."""

from __future__ import annotations

from fbkit.clock import Clock
from fbkit.model.timeframe import NS_MS


class Pace:
    """Simulated time: begins at ``start`` (UTC ns; ``None``: the clock's now) and runs ``speed`` times as fast.

    >>> from fbkit.clock import VirtualClock
    >>> clock = VirtualClock(0)
    >>> pace = Pace(clock, speed=60.0, start=5_000_000)
    >>> clock.advance(1_000_000_000); pace.now_ms()
    60005
    """

    def __init__(self, clock: Clock, *, speed: float = 1.0, start: int | None = None) -> None:
        self._clock, self.speed = clock, speed
        self._began = clock.now()
        self._start = self._began if start is None else start

    def now_ms(self) -> int:
        """Simulated UTC ms."""
        return (self._start + int((self._clock.now() - self._began) * self.speed)) // NS_MS
