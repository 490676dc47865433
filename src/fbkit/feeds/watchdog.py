"""Notices what a keepalive cannot: a peer that answers pings and says nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fbkit.model import NS_S

#: A channel is called stalled after this many of its expected intervals (as "down", metrics reference 11).
STALL_FACTOR = 10

#: Where fewer instruments share a socket, silence is allowed for longer: one thin market is not a dead socket.
_CROWD = 10

#: However often a channel stalls, it is looked at again after this long.
LONGEST_S = 3600.0


def stall_factor(instruments: int) -> int:
    """:data:`STALL_FACTOR` for a socket of so many instruments.

    >>> stall_factor(50), stall_factor(4), stall_factor(1)
    (10, 30, 100)
    """
    return STALL_FACTOR * max(1, -(-_CROWD // max(1, instruments)))


class Overdue(NamedTuple):
    """A channel that should have spoken."""

    channel: str
    silent_s: float
    since: int


class Watchdog:
    """Per channel, how long silence is allowed: armed at connect, not at the first data.

    ``limits_s`` has seconds, or ``None`` for channels that may be silent for ever (liquidations, listings). A channel
    that stalls again and again, while the others speak, is given twice the time each time, or it would cost them
    their connection every few seconds.

    >>> dog = Watchdog({"trade": 10.0, "liquidation": None})
    >>> dog.arm(0)
    >>> [late.channel for late in dog.overdue({}, 11 * NS_S)]
    ['trade']
    >>> dog.overdue({"trade": 5 * NS_S}, 11 * NS_S)
    []
    """

    def __init__(self, limits_s: Mapping[str, float | None]) -> None:
        self._limits = {channel: limit for channel, limit in limits_s.items() if limit is not None}
        self._stalls = dict.fromkeys(self._limits, 0)
        self._armed = dict.fromkeys(self._limits, 0)

    @property
    def shortest_s(self) -> float:
        """The shortest limit; how often to look follows from it."""
        return min(self._limits.values(), default=LONGEST_S)

    def arm(self, ts: int) -> None:
        """Silence counts from ``ts`` (UTC ns): a connection was opened, or it was we who were away (a suspend)."""
        self._armed = dict.fromkeys(self._limits, ts)

    def overdue(self, heard: Mapping[str, int], ts: int) -> list[Overdue]:
        """Channels silent for too long at ``ts``, given when each was last heard on this connection."""
        late = []
        for channel, limit in self._limits.items():
            last = heard.get(channel, self._armed[channel])
            silent_s = (ts - max(last, self._armed[channel])) / NS_S
            if silent_s > min(LONGEST_S, limit * 2 ** min(self._stalls[channel], 20)):
                late.append(Overdue(channel, silent_s, last))
        return late

    def stalled(self, channel: str, ts: int) -> None:
        """It was told at ``ts``: its silence counts anew from here, with more patience."""
        self._stalls[channel] += 1
        self._armed[channel] = ts

    def spoke(self, channel: str) -> None:
        """It spoke: back to the limit it was given."""
        if channel in self._stalls:
            self._stalls[channel] = 0
