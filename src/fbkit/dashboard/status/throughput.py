"""What came in, stream by stream, over the last minute of Beats."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from fbkit.hub import Pulse
from fbkit.model import NS_S, AccountRow

#: Over so many seconds.
MINUTE_S = 60

#: Points of the small line of events a second, one each so many seconds.
_POINTS, _EVERY_S = 60, 10

T = TypeVar("T")


class Lag(NamedTuple):
    """Receive minus venue time of a minute's Beats, ms; NaN where nothing was told."""

    p50: float
    p95: float


class Throughput:
    """Hears every Beat; answers for the last minute of them.

    >>> heard = Throughput()
    >>> for s in (0, 10): heard.take(Pulse(s * NS_S, s, accounts=[AccountRow(1, "okx", "trade", received=50 * s)]))
    >>> heard.rate("okx", "trade")
    50.0
    """

    def __init__(self) -> None:
        self.accounts: Sequence[AccountRow] = ()
        self.spark: deque[float | None] = deque(maxlen=_POINTS)
        self._run = 0
        self._counts: deque[tuple[int, dict[tuple[str, str], int]]] = deque()
        self._lags: deque[tuple[int, dict[str, float]]] = deque()
        self._events: deque[tuple[int, float]] = deque()
        self._drawn = 0

    def take(self, pulse: Pulse) -> None:
        """One Beat; a new run begins anew."""
        if pulse.accounts:
            self._take_accounts(pulse)
        self._lags.append((pulse.ts, pulse.lag_ms))
        self._events.append((pulse.ts, float(sum(pulse.rates.values()))))
        before = pulse.ts - MINUTE_S * NS_S
        _forget(self._counts, before)
        _forget(self._lags, before)
        _forget(self._events, before)
        if pulse.ts - self._drawn >= _EVERY_S * NS_S:
            self._drawn = pulse.ts
            self.spark.append(self.events_s())

    def _take_accounts(self, pulse: Pulse) -> None:
        run = max(one.run for one in pulse.accounts)
        if run != self._run:
            self._counts.clear()
            self._run = run
        self.accounts = [one for one in pulse.accounts if one.channel != "control"]
        self._counts.append((pulse.ts, {(one.venue, one.channel): one.received for one in self.accounts}))

    def events_s(self) -> float:
        """Items a second of all venues, mean of ten seconds; NaN before the first Beat."""
        newest = [rate for _, rate in self._events][-_EVERY_S:]
        return float(np.mean(newest)) if newest else float("nan")

    def rate(self, venue: str, channel: str) -> float | None:
        """Items a second of a stream; ``None`` before two counts of it are there."""
        if len(self._counts) < 2:
            return None
        (t0, before), (t1, after) = self._counts[0], self._counts[-1]
        stream = (venue, channel)
        if stream not in after or t1 <= t0:
            return None
        return (after[stream] - before.get(stream, 0)) / ((t1 - t0) / NS_S)

    def lag(self, venue: str = "") -> Lag:
        """How late a venue's items are, or those of all venues together."""
        told = [ms for _, lags in self._lags for name, ms in lags.items() if venue in {"", name}]
        return Lag(*np.percentile(told, (50, 95)).tolist()) if told else Lag(float("nan"), float("nan"))

    def summed(self, name: str, venue: str | None = None) -> int:
        """Items of this run by a field of their accounts (``received duplicate late`` …), of all venues or one."""
        return sum(int(getattr(one, name)) for one in self.accounts if venue in {None, one.venue})

    def venues(self) -> list[str]:
        """Venues of which anything was counted."""
        return sorted({one.venue for one in self.accounts if one.venue})


def _forget(kept: deque[tuple[int, T]], before: int) -> None:
    """Drop what is older, except for the newest of it: a minute is counted from its begin."""
    while len(kept) > 2 and kept[1][0] <= before:
        kept.popleft()
