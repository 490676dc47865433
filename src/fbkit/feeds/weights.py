"""Request budgets: what a venue allows in a window, and what we have used."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fbkit.clock import Clock
from fbkit.feeds.feed import World
from fbkit.model import NS_S

Sleep = Callable[[float], Awaitable[None]]

#: We share the address with whatever else runs here.
CAUTION = 0.9


class Budget(Protocol):
    """What asks before a request.

    ``take`` waits until ``weight`` more units fit into ``share`` of the window; ``spent`` hears the venue's own count;
    ``pause`` forbids everything until an instant (UTC ns). ``limit`` is what a window holds.
    """

    @property
    def limit(self) -> int: ...
    async def take(self, weight: int = 1, share: float = 1.0) -> None: ...
    def spent(self, units: int) -> None: ...
    def pause(self, until: int) -> None: ...
    def allow(self, limit: int) -> None: ...


class Unlimited:
    """No limits: the in-memory venue."""

    limit = 0

    async def take(self, weight: int = 1, share: float = 1.0) -> None:
        """Go ahead."""

    def spent(self, units: int) -> None:
        """Never mind."""

    def pause(self, until: int) -> None:
        """Never mind."""

    def allow(self, limit: int) -> None:
        """Never mind."""


def sliding_windows(limits: Mapping[str, int], window_s: int, world: World) -> dict[str, Budget]:
    """A budget a name, of so many units in any ``window_s`` seconds; in a world without limits they have none."""
    if not world.limited:
        return {name: Unlimited() for name in limits}
    return {name: SlidingWindow(limit, window_s, world.clock, world.sleep) for name, limit in limits.items()}


class ClockWindow:
    """Units per window of the UTC clock: Binance's request weight a minute.

    ``limit`` is what the venue advertises; we use 90 % of it.
    """

    def __init__(self, limit: int, window_s: int, clock: Clock, sleep: Sleep) -> None:
        self.limit = limit
        self._window = window_s * NS_S
        self._clock, self._sleep = clock, sleep
        self._number = -1
        self._used = 0
        self._paused_until = 0

    async def take(self, weight: int = 1, share: float = 1.0) -> None:
        """Wait for ``weight`` units; a request larger than the budget goes alone."""
        while True:
            now = self._clock.now()
            if now < self._paused_until:
                await self._sleep((self._paused_until - now) / NS_S)
                continue
            self._turn(now)
            if self._used + weight <= self.limit * CAUTION * share or self._used == 0:
                self._used += weight
                return
            left = self._window - now % self._window
            await self._sleep(left / NS_S + 0.05)

    def spent(self, units: int) -> None:
        """The venue counted ``units`` in its window; others may have asked too."""
        self._turn(self._clock.now())
        self._used = max(self._used, units)

    def pause(self, until: int) -> None:
        """Nothing before ``until`` (UTC ns)."""
        self._paused_until = max(self._paused_until, until)

    def allow(self, limit: int) -> None:
        """The venue advertises another limit."""
        self.limit = limit

    @property
    def used(self) -> int:
        """Units used in the current window."""
        self._turn(self._clock.now())
        return self._used

    def _turn(self, now: int) -> None:
        number = now // self._window
        if number != self._number:
            self._number, self._used = number, 0


class SlidingWindow:
    """Requests in any stretch of ``window_s`` seconds, for windows whose edges the venue does not tell."""

    def __init__(self, limit: int, window_s: int, clock: Clock, sleep: Sleep) -> None:
        self.limit = limit
        self._window = window_s * NS_S
        self._clock, self._sleep = clock, sleep
        self._asked: deque[int] = deque()
        self._paused_until = 0

    async def take(self, weight: int = 1, share: float = 1.0) -> None:
        """Wait for ``weight`` requests."""
        while True:
            now = self._clock.now()
            if now < self._paused_until:
                await self._sleep((self._paused_until - now) / NS_S)
                continue
            while self._asked and self._asked[0] <= now - self._window:
                self._asked.popleft()
            room = math.floor(self.limit * CAUTION * share)
            if len(self._asked) + weight <= room or not self._asked:
                self._asked.extend([now] * weight)
                return
            oldest = self._asked[min(len(self._asked) - 1, max(0, len(self._asked) + weight - room - 1))]
            await self._sleep((oldest + self._window - now) / NS_S + 0.05)

    def spent(self, units: int) -> None:
        """Venues do not count these aloud."""

    def pause(self, until: int) -> None:
        """Nothing before ``until`` (UTC ns)."""
        self._paused_until = max(self._paused_until, until)

    def allow(self, limit: int) -> None:
        """The venue advertises another limit."""
        self.limit = limit

    @property
    def used(self) -> int:
        """Requests in the window now."""
        now = self._clock.now()
        return sum(1 for ts in self._asked if ts > now - self._window)
