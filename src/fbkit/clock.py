"""The only place that asks what time it is.

``now()`` is UTC read once at start and carried on by a clock that never jumps and counts suspend; ``wall()`` is what
the operating system says this moment. Their difference is a clock jump, a ``Gap``; never a jump of ``now()``.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from fbkit.model.timeframe import NS_S, NS_US


class Clock(Protocol):
    """Tells the time as integer UTC nanoseconds in whole microseconds."""

    def now(self) -> int:
        """UTC, carried on by a steady clock: never jumps, never goes back."""
        ...

    def wall(self) -> int:
        """UTC as the operating system has it right now: may jump."""
        ...


if sys.platform == "win32":
    _steady_ns = time.perf_counter_ns
else:
    # CLOCK_BOOTTIME counts suspend on Linux; macOS's CLOCK_MONOTONIC does so by itself.
    _STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def _steady_ns() -> int:
        return time.clock_gettime_ns(_STEADY)


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - _steady_ns()

    def now(self) -> int:
        """UTC ns, steady."""
        ts = _steady_ns() + self._offset
        return ts - ts % NS_US

    def wall(self) -> int:
        """UTC ns, as the system says."""
        return time.time_ns()


class VirtualClock:
    """A clock that stands still until told to move.

    >>> clock = VirtualClock(1_000_000_000)
    >>> clock.advance(500_000_000); clock.now()
    1500000000
    """

    def __init__(self, start: int) -> None:
        self.ts = start

    def now(self) -> int:
        """UTC ns, as set."""
        return self.ts

    def wall(self) -> int:
        """The same: nobody else moves this clock."""
        return self.ts

    def advance(self, ns: int) -> None:
        """Move forward by ``ns`` nanoseconds."""
        if ns < 0:
            raise ValueError("a clock goes forward")
        self.ts += ns


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a virtual clock: where it would wait, the clock moves instead.

    Whatever runs on it (feeds, timers, an in-memory transport) runs in one fixed order, as fast as the machine can.
    It serves no sockets and no threads; a wait for nothing raises ``RuntimeError``.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        super().__init__(_JumpingSelector(clock))
        # asyncio runs timers due within its clock's resolution. Its own 1 ns is less than a float of UTC seconds can
        # show, so a timer due at exactly this instant would wait for ever; ours is half the clock's microsecond.
        self._clock_resolution = 0.5e-6

    def time(self) -> float:
        """Seconds of the virtual clock."""
        return self._clock.now() / NS_S


class _JumpingSelector(selectors.BaseSelector):
    """Never waits: moves the clock to the next timer."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("the virtual loop waits for something that nobody will do")
        # Whole microseconds, rounded up: a timer due in less is due at the next one.
        self._clock.advance(-int(-timeout * 1e6 // 1) * NS_US)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


def iso(ts: int, *, millis: bool = False) -> str:
    """UTC ns as RFC 3339 text.

    >>> iso(1_767_225_585_000_000_000)
    '2025-12-31T23:59:45Z'
    """
    text = datetime.fromtimestamp(ts // NS_S, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ts % NS_S // 1_000_000:03d}Z" if millis else f"{text}Z"


def parse_utc(text: str) -> int:
    """RFC 3339 text as UTC ns; a text without an offset is UTC.

    >>> parse_utc("2026-01-01T23:59:45Z")
    1767311985000000000
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * NS_S + moment.microsecond * NS_US
