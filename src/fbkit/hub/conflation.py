"""The newest row of each instrument, and when the next message may leave."""

from __future__ import annotations

from collections.abc import Iterable

from fbkit.hub.messages import LiveRow

#: At most one message in this many seconds; at once when nothing was sent for as long.
INTERVAL_S = 0.1


class Conflation:
    """Keeps what changed since the last message, newest value only.

    >>> live = Conflation()
    >>> live.add([LiveRow("a", 1.0), LiveRow("a", 2.0)]); live.due(now=10.0)
    0.0
    >>> [row.last for row in live.take(now=10.0)], round(live.due(now=10.03), 3)
    ([2.0], 0.07)
    """

    def __init__(self, interval_s: float = INTERVAL_S) -> None:
        self.latest: dict[str, LiveRow] = {}
        self._changed: dict[str, LiveRow] = {}
        self._interval_s = interval_s
        self._sent: float | None = None

    def add(self, rows: Iterable[LiveRow]) -> None:
        """Remember rows; a later one of the same instrument replaces an earlier one."""
        for row in rows:
            self._changed[row.instrument] = row
            self.latest[row.instrument] = row

    def due(self, now: float) -> float:
        """How many seconds until the next message may leave; 0 is now."""
        if self._sent is None:
            return 0.0
        return max(0.0, self._sent + self._interval_s - now)

    def take(self, now: float) -> list[LiveRow]:
        """What changed since the last call; the interval begins anew."""
        rows = list(self._changed.values())
        self._changed.clear()
        self._sent = now
        return rows
