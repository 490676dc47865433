"""How events lie in SQLite: the newest in the tail, older ones in chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, select

from fbkit.model.events import Event
from fbkit.model.market import Span
from fbkit.store.kinds import FOLDED, KIND_TABLE, Kind
from fbkit.store.log import Arrays, Held, Numbers, Reading
from fbkit.store.sqlite import chunks, events, removing
from fbkit.store.sqlite.statements import run
from fbkit.store.sqlite.tables import CHUNKS, TAILS
from fbkit.store.statements import Insert, tuples

_INTO = {name: Insert(table) for name, table in TAILS.items()}


class SqliteLog:
    """An :class:`~fbkit.store.log.EventLog`."""

    def append(self, connection: Connection, kind: Kind, events: Sequence[Event], ids: Numbers, last_seq: int) -> int:
        """New events into the tail; those that lie in chunks already are left out."""
        return _append(connection, kind, events, ids, last_seq)

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
        tail = TAILS[kind.name]
        return kind.arrays(tuples(connection, select(tail).order_by(tail.c.seq.desc()).limit(1)))

    def counts(self, connection: Connection) -> dict[str, int]:
        """Events by plural name, tail and chunks together."""
        query = select(CHUNKS.c.kind, func.sum(CHUNKS.c.n)).group_by(CHUNKS.c.kind)
        folded: dict[int, int] = dict(connection.execute(query).all())
        counts = {}
        for kind in KIND_TABLE.values():
            tail = connection.execute(select(func.count()).select_from(TAILS[kind.name])).scalar_one()
            counts[kind.plural] = tail + folded.get(kind.number, 0)
        return counts

    def fold(self, connection: Connection, before: int, limit: int) -> int:
        """One transaction's share of a fold."""
        moved = 0
        kinds = deque(FOLDED)
        while kinds and moved < limit:
            moved += chunks.fold(connection, kinds[0], before, limit - moved)
            if moved < limit:
                kinds.popleft()
        return moved

    def merge(self, connection: Connection, limit: int) -> int:
        """Small chunks into larger ones."""
        rows = 0
        for wanted in list(chunks.merges(connection)):
            rows += chunks.merge(connection, wanted)
            if rows >= limit:
                break
        return rows

    def forget(self, connection: Connection, kind: Kind, before: int, below_seq: int, limit: int) -> int:
        """Remove old events."""
        raise NotImplementedError

    def take_out(self, connection: Connection, kind: Kind, span: Span, below_seq: int) -> int:
        """Remove events of a span that were archived."""
        return removing.take_out(connection, kind, span, below_seq)

    def held(self, connection: Connection) -> list[Held]:
        """Events of chunks by kind and hour."""
        return removing.held(connection)


def _append(connection: Connection, kind: Kind, own: Sequence[Event], ids: Numbers, last_seq: int) -> int:
    old = [event.seq for event in own if event.seq <= last_seq] if kind in FOLDED else []
    if old:
        known = events.has_seq(connection, kind, old)
        own = [event for event in own if event.seq not in known]
    flat = kind.flat(own)
    width = len(kind.fields)
    flat[::width] = [ids[name] for name in flat[::width]]
    return run(connection, _INTO[kind.name], flat)
