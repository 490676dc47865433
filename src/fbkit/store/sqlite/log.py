"""How events lie in SQLite: the newest in the tail, older ones in chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from fbkit.model.events import Event
from fbkit.model.market import Span
from fbkit.store import beats
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, Held, Numbers, Reading, picked
from fbkit.store.packed import Run
from fbkit.store.sqlite import chunks, events, removing, tail
from fbkit.store.sqlite.statements import run
from fbkit.store.sqlite.tables import CHUNKS


class SqliteLog:
    """An :class:`~fbkit.store.log.EventLog`."""

    def __init__(self) -> None:
        self._wanted: deque[chunks.Merge] = deque()
        self._is_through = False

    def append(self, connection: Connection, kind: Kind, events: Sequence[Event], ids: Numbers, last_seq: int) -> int:
        """New events into the tail; those that are there already are left out."""
        return _append(connection, kind, events, ids, last_seq)

    def append_runs(self, connection: Connection, runs: Mapping[Kind, Run], numbers: NDArray[np.int64]) -> bool:
        """As they were packed, into the tail."""
        tail.append_runs(connection, runs, numbers)
        return True

    def by_time(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> Arrays:
        """All columns of a kind, sorted by (``ts_event``, ``seq``)."""
        return events.by_time(connection, kind, instrument, span)

    def stretches(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> list[Span]:
        """A span in parts of some ten thousand events."""
        return events.stretches(connection, kind, instrument, span)

    def by_seq(self, reading: Reading, kinds: Sequence[Kind], since: int, until: int) -> Iterator[dict[str, Arrays]]:
        """Windows of events in ``seq`` order."""
        return iter(events.BySeq(reading, kinds, since, until))

    def newest(self, connection: Connection, kind: Kind) -> Arrays:
        """The event of a kind with the highest ``seq``."""
        if kind is beats.BEAT:
            return beats.newest(connection)
        return events.newest(connection, kind)

    def counts(self, connection: Connection) -> dict[str, int]:
        """Events by plural name, tail and chunks together."""
        query = select(CHUNKS.c.kind, func.sum(CHUNKS.c.n)).group_by(CHUNKS.c.kind)
        folded: dict[int, int] = dict(connection.execute(query).all())
        new = tail.counts(connection)
        counts = {kind.plural: folded.get(kind.number, 0) + new.get(kind.number, 0) for kind in KIND_TABLE.values()}
        return {**counts, beats.BEAT.plural: beats.count(connection)}

    def fold(self, connection: Connection, before: int, limit: int) -> int:
        """Rows of the tail into chunks, kind by kind, where that is worth it."""
        moved = 0
        while moved < limit and (waiting := chunks.worth(connection, before, limit - moved)):
            moved += chunks.fold(connection, waiting)
        return moved

    def merge(self, connection: Connection, limit: int) -> int:
        """Small chunks into larger ones. What that makes mergeable in its turn waits for the next fold."""
        if self._is_through:
            self._is_through = False
            return 0
        if not self._wanted:
            self._wanted.extend(chunks.merges(connection))
        rows = 0
        while self._wanted and rows < limit:
            rows += chunks.merge(connection, self._wanted.popleft())
        self._is_through = rows > 0 and not self._wanted
        return rows

    def forget(self, connection: Connection, kind: Kind, before: int, below_seq: int, limit: int) -> int:
        """Remove whole chunks and whole rows of the tail; what lies across the bounds stays until all of it is old."""
        if kind is beats.BEAT:
            return beats.forget(connection, before, below_seq, limit)
        return removing.forget(connection, kind, before, below_seq, limit)

    def take_out(self, connection: Connection, kind: Kind, span: Span, below_seq: int) -> int:
        """Remove events of a span that were archived."""
        return removing.take_out(connection, kind, span, below_seq)

    def held(self, connection: Connection) -> list[Held]:
        """Events of chunks by kind and hour."""
        return removing.held(connection)


def _append(connection: Connection, kind: Kind, own: Sequence[Event], ids: Numbers, last_seq: int) -> int:
    if kind is beats.BEAT:
        return beats.append(connection, run, own, ids)
    if not own:
        return 0
    arrays = tail.in_order(kind.columns(own, ids))
    seq = arrays["seq"]
    if seq[0] <= last_seq:
        known = events.known(connection, kind, seq[seq <= last_seq].tolist())
        arrays = picked(arrays, ~np.isin(seq, list(known))) if known else arrays
    return tail.append(connection, kind, arrays)
