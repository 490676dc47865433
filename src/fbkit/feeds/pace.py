"""How often what rides on a ticker is kept: tickers speak ten times a second, and most of it is the same again."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from fbkit.model import NS_S, Day, Event, Mark, OpenInterest

#: The least distance of two kept events of a kind and instrument, ns of event time. Quotes are conflated upstairs.
CADENCE: dict[type[Any], int] = {Mark: NS_S, OpenInterest: 5 * NS_S, Day: 5 * NS_S}

_WHEN = {"ts_event", "ts_recv", "seq", "origin"}

#: What an event of a kind says, apart from when and of whom.
_SAYS: dict[type[Any], Callable[[Any], Any]] = {
    kind: attrgetter(*(name for name in kind.__struct_fields__ if name not in _WHEN)) for kind in CADENCE
}


#: What is older than what was told came late, over another connection; by more than this (ns), a clock was set back.
_LATE = 60 * NS_S


def too_early(told: int | None, ts: int, cadence: int) -> bool:
    """Whether it is too early at ``ts`` to tell again what was told at ``told`` (ns of event time), or too late.

    >>> [too_early(1_000, ts, 10) for ts in (1_009, 1_010, 990)], too_early(None, 0, 10)
    ([True, False, True], False)
    """
    return told is not None and told - _LATE < ts < told + cadence


class Pace:
    """Lets an event pass when it says something new and its kind's cadence is over.

    >>> pace = Pace()
    >>> [pace.due(OpenInterest("x", ts * NS_S, 0, 5.0 + ts // 6)) for ts in (0, 1, 6, 7, 14)]
    [True, False, True, False, True]
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, type], Any] = {}

    def due(self, event: Event) -> bool:
        """Whether to keep it. What says nothing new waits ten cadences, so that a calm value does not look stale."""
        kind = type(event)
        key = (event.instrument, kind)
        last = self._last.get(key)
        if last is not None:
            since, cadence = event.ts_event - last.ts_event, CADENCE[kind]
            if since < cadence or (since < 10 * cadence and _SAYS[kind](event) == _SAYS[kind](last)):
                return False
        self._last[key] = event
        return True

    def is_early(self, name: str, kind: type[Mark | OpenInterest | Day], ts_event: int) -> bool:
        """Whether an instrument's event of a kind would not pass whatever it said: then it need not be made."""
        last = self._last.get((name, kind))
        return last is not None and ts_event - last.ts_event < CADENCE[kind]

    def forget(self, name: str) -> None:
        """The next of an instrument passes, whatever it says: a connection was cut, and the next word is news."""
        for kind in CADENCE:
            self._last.pop((name, kind), None)
