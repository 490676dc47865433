"""The course of a database again: events in their order through an engine and rules, from every start they had."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from fbkit.alerts import Rules
from fbkit.alerts.load import load
from fbkit.clock import iso
from fbkit.errors import FbkitError, StoreError
from fbkit.model import NS_MIN, Beat, Gap, RunRow, Setting
from fbkit.replay.found import Ledger
from fbkit.replay.hearing import Absences, Broken, Hearing
from fbkit.replay.retold import Retold
from fbkit.replay.runs import Start, starts, unlike
from fbkit.replay.scope import Scope
from fbkit.replay.shelf import Shelf
from fbkit.replay.spans import Spans
from fbkit.replay.told import Told
from fbkit.store import Store

#: A bar may close so long after its end: it waits that long for a backfill.
_WAITS_NS = 15 * NS_MIN

_FOREVER = 1 << 62


class Stretch(NamedTuple):
    """Beats up to ``until`` (UTC ns) that no engine could be brought to, and why."""

    until: int
    why: str


class Course:
    """Walks through a database once for each kind of start its engines had."""

    def __init__(self, store: Store, code: str, ledger: Ledger, scope: Scope, told: Callable[[int, str], None]) -> None:
        self.store, self.code, self.ledger, self.scope, self._progress = store, code, ledger, scope, told
        self.spans = Spans()
        self.told = Told(store, ledger, scope, self.spans)
        self.stretches: list[Stretch] = []
        self.events = 0
        self.absences = Absences(store)
        last = store.last_beat()
        #: What is appended meanwhile is left for another time.
        self.end = last.seq + 1 if last else 0

    def walk(self) -> None:
        """Every run, in order."""
        for start in starts(self.store.runs()):
            self._walk(start)
        last = self.store.last_beat()
        if last and last.seq >= self.end:
            self.stretches.append(Stretch(_FOREVER, "written while this ran: verify again"))

    def _walk(self, start: Start) -> None:
        places = [place for place in self.store.checkpoints(self.code) if start.made(place[0])]
        since = self.scope.span.since
        early = [place for place in places if since is not None and place[1] <= since]
        seq: int | None = early[-1][0] if early else 0
        while seq is not None:
            walker = _Walker(self, start)
            broken = walker.go(seq)
            self.events += walker.hearing.heard
            if broken is None:
                return
            after = [place for place in places if place[0] >= broken.seq - 1 and place[0] > seq]
            seq = after[0][0] if after else None
            self.stretches.append(Stretch(after[0][1] if after else self._end(start.end), broken.why))

    def _end(self, until: int) -> int:
        """When the run begins that has the event ``until``."""
        later = [run.ts_start for run in self.store.runs() if run.seq_start >= until]
        return min(later, default=_FOREVER)

    def is_at(self, seq: int) -> None:
        """Say how far it is."""
        self._progress(seq, "events")


class _Walker:
    """One engine and its rules on their way, from a checkpoint or from the first event."""

    def __init__(self, course: Course, start: Start) -> None:
        self.course, self.start = course, start
        self.scope, self.told = course.scope, course.told
        self.engine = Retold(
            lateness_ns=start.lateness_ns,
            min_coverage=start.min_coverage,
            shelf=Shelf(course.store),
            ledger=course.ledger,
            scope=course.scope,
            spans=course.spans,
        )
        self.rules = Rules()
        self.hearing = Hearing(course.store, course.absences, course.ledger)
        self._runs: list[RunRow] = list(start.runs)
        self._until = min(start.end, course.end)
        self._ts = 0

    def go(self, seq: int) -> Broken | None:
        """Hear everything after ``seq``; where it cannot go on, from where and why."""
        self.scope.is_on = False
        at = seq
        try:
            if seq:
                self._restore(seq)
            for before, event in self.hearing.steps(seq + 1 if seq else 0, self._until):
                at = event.seq
                self._turn(before[0].seq if before else at)
                self.engine.take_all(before)
                if type(event) is not Beat:
                    self._hear(event)
                elif self._beat(event):
                    break
        except Broken as broken:
            return broken
        except (StoreError, ValueError) as error:
            return Broken(at, f"cannot be read: {error}")
        finally:
            self.told.flush(self._ts)
            self.scope.is_on = False
        return None

    def _restore(self, seq: int) -> None:
        checkpoint = self.course.store.checkpoint(self.course.code, seq)
        if checkpoint is None:
            raise ValueError(f"checkpoint {seq} is gone")
        state = msgspec.msgpack.decode(checkpoint.state, type=dict[str, bytes])
        self.engine.restore(state["engine"])
        self.rules.restore(state["rules"])
        while len(self._runs) > 1 and self._runs[1].seq_start <= seq:
            del self._runs[0]

    def _turn(self, seq: int) -> None:
        """A run begins: from here on its stamp is written, and what it wrote is compared."""
        while self._runs and self._runs[0].seq_start <= seq:
            run = self._runs.pop(0)
            self.told.flush(self._ts)
            self.engine.stamp = self.rules.stamp = run.stamp
            self.scope.note = unlike(run)
            if self.scope.note:
                self.course.ledger.note(f"run {run.run} was {self.scope.note}: compared to 1e-12, not bit by bit")
            self.scope.is_on = True

    def _hear(self, event: Gap | Setting | Beat) -> None:
        if type(event) is not Setting:
            self.engine.take(event)
        elif event.key == "rules":
            try:
                self.rules.adopt(load(event.value))
            except FbkitError as error:
                self.course.ledger.note(f"rules in force from {iso(event.ts_recv)} UTC cannot be read: {error}")

    def _beat(self, beat: Beat) -> bool:
        """Let time pass; whether all that is asked for has passed."""
        self._ts = beat.ts_event
        closed = self.engine.beat(beat)
        alerts = self.rules.judge(closed, beat.ts_event) if closed.metrics else []
        self.told.hear(closed.metrics, closed.summary, alerts, beat.ts_event)
        self.course.is_at(beat.seq)
        until = self.scope.span.until
        if until is not None and beat.ts_event > until + _WAITS_NS:
            self.course.stretches.append(Stretch(_FOREVER, "their bars closed after --until"))
            return True
        return False
