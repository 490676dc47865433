"""Stored events in their order, handed to an engine; what is missing among them is noticed by its number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from fbkit.clock import iso
from fbkit.model import NS_S, Beat, Event, Gap, Origin, Setting, Span, Trade
from fbkit.replay.found import Difference, Ledger
from fbkit.store import Store
from fbkit.store.archive.removed import KEY

EVENTS = "events"

#: Numbers of one writer begin above a multiple of this.
_WRITER = 1 << 48

_LIVE = Origin.LIVE


class Broken(Exception):
    """Events are missing from here on, for a reason: an engine that goes on knows less than the one that heard them."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(seq, why)
        self.seq, self.why = seq, why


class _Removal(NamedTuple):
    """A Setting that says what retention was about to remove."""

    seq: int
    before: int


class Absences:
    """Why events may be missing: removed by retention, or dropped where there was no room for them."""

    def __init__(self, store: Store) -> None:
        self.removals = [
            _Removal(event.seq, max(borders.get("events", 0), borders.get("beats", 0)))
            for event in store.events("setting")
            if isinstance(event, Setting) and event.key == KEY
            for borders in [msgspec.json.decode(event.value, type=dict[str, int])]
        ]
        self.dropped = [
            Span(gap.t0 - NS_S, gap.t1 + NS_S)
            for gap in store.events("gap")
            if isinstance(gap, Gap) and gap.cause == "overflow" and gap.t1 is not None
        ]

    def why(self, seq: int, now: int | None, *, is_fetching: bool) -> str:
        """Why events up to ``seq`` are missing after the instant ``now`` (UTC ns; ``None``: the first of all).

        While the past ``is_fetching``, old events lie among new ones. ``""``: there is no reason.
        """
        for removal in self.removals:
            if seq < removal.seq and (now is None or now < removal.before or is_fetching):
                return f"retention removed events before {iso(removal.before)}"
        for span in self.dropped:
            if now is not None and (span.since or 0) <= now <= (span.until or now):
                return "the collector had to drop events (a gap says so)"
        return ""


class Hearing:
    """Steps through stored events, a Beat at a time.

    ``hear`` gets the events before a Beat or Gap in one list, then those one by one; ``heard`` counts them all.
    """

    def __init__(self, store: Store, absences: Absences, ledger: Ledger) -> None:
        self._store, self._absences, self._ledger = store, absences, ledger
        self._open: set[int] = set()
        self.now: int | None = None
        self.heard = 0

    def steps(self, since: int, until: int | None) -> Iterator[tuple[list[Event], Beat | Gap | Setting]]:
        """Events ``since <= seq < until``: what came before each Beat, Gap or Setting, and that one.

        Raises :class:`Broken` where events are missing for a reason. Where there is none, it is a difference.
        """
        wanted, received = since, 0
        before: list[Event] = []
        for event in self._store.replay(since, until):
            kind = type(event)
            if kind is Beat or kind is Gap or kind is Setting:
                n = len(before) + 1
                first = before[0].seq if before else event.seq
                wanted = wanted or first - (first - 1) % _WRITER
                if event.seq - wanted + 1 != n or first != wanted:
                    self._look(wanted, [*before, event])
                self.heard += n
                wanted = event.seq + 1
                yield before, event  # type: ignore[misc]  # the kind is known
                before = []
                if kind is Gap:
                    self._note(event)  # type: ignore[arg-type]  # as above
                elif kind is Beat:
                    self.now = event.ts_event
            else:
                before.append(event)
                if kind is Trade and event.origin is _LIVE:
                    if event.ts_recv < received:
                        self._tell_early(event, received)
                    received = event.ts_recv

    def _note(self, gap: Gap) -> None:
        if gap.phase == "opened":
            self._open.add(gap.gap_id)
        else:
            self._open.discard(gap.gap_id)

    def _look(self, wanted: int, events: list[Event]) -> None:
        """Something is missing among these, or there twice."""
        for event in events:
            if event.seq != wanted:
                why = self._absences.why(event.seq, self.now, is_fetching=bool(self._open))
                if event.seq > wanted and why:
                    raise Broken(event.seq, why)
                self._tell(wanted, event)
            wanted = event.seq + 1

    def _tell_early(self, event: Event, received: int) -> None:
        """Live trades are placed as they come: one that came earlier than the one before it was put there later."""
        came, least = repr(event.ts_recv), f"{received} or later"
        self._ledger.differ(Difference(EVENTS, event.instrument, "", event.ts_event, "ts_recv", came, least))

    def _tell(self, wanted: int, event: Event) -> None:
        missing = f"events {wanted} to {event.seq - 1}" if event.seq - wanted > 1 else f"event {wanted}"
        found = "none" if event.seq > wanted else f"event {event.seq} again"
        at = event.ts_event if self.now is None else self.now
        self._ledger.differ(Difference(EVENTS, event.instrument, "", at, "seq", found, missing))
