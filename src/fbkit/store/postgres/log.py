"""How PostgreSQL keeps events: typed rows, where they stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, func, literal, select, union_all

from fbkit.model.events import Event
from fbkit.model.market import Span
from fbkit.model.timeframe import NS_S
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, Held, Numbers, Reading, join, picked
from fbkit.store.packed import Run
from fbkit.store.postgres import removing
from fbkit.store.postgres.arrays import blocks
from fbkit.store.postgres.copying import Target, clean, copy_all, copy_new
from fbkit.store.postgres.days import Days
from fbkit.store.postgres.removing import ends
from fbkit.store.postgres.tables import EVENTS, PARTITIONED
from fbkit.store.statements import tuples

#: Numbers of one step of a replay, and events of a stretch.
WINDOW = 32_768

#: How finely a span is looked at to cut it into stretches.
_GRAIN_NS = 10 * NS_S

_TARGETS = {name: Target(EVENTS[name], kind.names) for name, kind in KIND_TABLE.items()}


class PostgresLog:
    """The :class:`~fbkit.store.log.EventLog` of a database; a reader's has no ``days`` to make."""

    def __init__(self, days: Days | None = None) -> None:
        self._days = days

    def append(self, connection: Connection, kind: Kind, events: Sequence[Event], ids: Numbers, last_seq: int) -> int:
        """By ``COPY``; by way of a staging table only where an event may have been appended before."""
        width = len(kind.fields)
        flat = kind.flat(events)
        flat[::width] = [ids[name] for name in flat[::width]]
        if kind in PARTITIONED and self._days is not None:
            self._days.prepare(kind, flat[2::width])
        seqs = flat[kind.place_of_seq :: width]
        target = _TARGETS[kind.name]
        rows = clean(target, flat)
        if seqs[0] > last_seq and all(one < next_ for one, next_ in pairwise(seqs)):
            copy_all(connection, target, rows)
            return len(events)
        return copy_new(connection, target, rows, by_seq=True)

    def append_runs(self, connection: Connection, runs: Mapping[Kind, Run], numbers: NDArray[np.int64]) -> bool:
        """Typed rows are wanted here."""
        return False

    def by_time(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> Arrays:
        """All columns of a kind with ``ts_event`` in a span, sorted by (``ts_event``, ``seq``)."""
        one = {} if instrument is None else {"instrument": instrument}
        arrays = join(kind, list(blocks(connection, kind.name, "ts_event", **_bounds(span), **one)))
        return picked(arrays, np.lexsort((arrays["seq"], arrays["ts_event"])))

    def stretches(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> list[Span]:
        """A span cut where about :data:`WINDOW` events lie between, at whole grains of time."""
        table, bounds = EVENTS[kind.name].c, _bounds(span)
        grain = (table.ts_event.op("/")(literal(_GRAIN_NS, BigInteger))).label("grain")
        query = select(grain, func.count()).where(table.ts_event >= bounds["since"], table.ts_event < bounds["until"])
        if instrument is not None:
            query = query.where(table.instrument == instrument)
        counted = tuples(connection, query.group_by(grain).order_by(grain))
        if not counted:
            return []
        cuts, events = [], 0
        for number, n in counted:
            if events and events + n > WINDOW:
                cuts.append(number * _GRAIN_NS)
                events = 0
            events += n
        return [Span(low, high) for low, high in pairwise([span.since, *cuts, span.until])]

    def by_seq(self, reading: Reading, kinds: Sequence[Kind], since: int, until: int) -> Iterator[dict[str, Arrays]]:
        """A window of :data:`WINDOW` numbers at a time, from wherever the next event lies."""
        at = since
        while at < until:
            with reading() as connection:
                firsts = _firsts(connection, kinds, at)
                first = min(firsts.values(), default=until)
                if first >= until:
                    return
                at = min(first + WINDOW, until)
                going = [kind for kind in kinds if firsts.get(kind.name, until) < at]
                window = {kind.name: _by_seq(connection, kind, first, at) for kind in going}
            yield window

    def newest(self, connection: Connection, kind: Kind) -> Arrays:
        """The event with the highest ``seq``."""
        table = EVENTS[kind.name].c
        query = select(*(table[name] for name in kind.names)).order_by(table.seq.desc()).limit(1)
        return kind.arrays(tuples(connection, query))

    def counts(self, connection: Connection) -> dict[str, int]:
        """Events by plural name, counted."""
        each = [select(literal(kind.plural), func.count()).select_from(EVENTS[name]) for name, kind in _KINDS]
        return {str(name): int(n) for name, n in connection.execute(union_all(*each))}

    def fold(self, connection: Connection, before: int, limit: int) -> int:
        """Nothing: events are written where they stay."""
        return 0

    def merge(self, connection: Connection, limit: int) -> int:
        """Nothing, as :meth:`fold`."""
        return 0

    def forget(self, connection: Connection, kind: Kind, before: int, below_seq: int, limit: int) -> int:
        """One whole partition where all of it may go, else about ``limit`` events."""
        gone = removing.drop_day(connection, kind, before, below_seq)
        if gone is None:
            return removing.remove(connection, kind, Span(None, before), below_seq, limit)
        if self._days is not None:
            self._days.forget(gone.day)
        return gone.events

    def take_out(self, connection: Connection, kind: Kind, span: Span, below_seq: int) -> int:
        """Remove exactly the events of a span that were archived."""
        return removing.remove(connection, kind, span, below_seq)

    def held(self, connection: Connection) -> list[Held]:
        """Events by kind and hour; their bytes are their share of the kind's tables and indexes."""
        return [held for kind in KIND_TABLE.values() for held in removing.held(connection, kind)]


_KINDS = tuple(KIND_TABLE.items())


def _bounds(span: Span) -> dict[str, int]:
    return dict(zip(("since", "until"), ends(span), strict=True))


def _firsts(connection: Connection, kinds: Sequence[Kind], at: int) -> dict[str, int]:
    """Where each kind goes on, from ``at``."""
    each = []
    for kind in kinds:
        seq = EVENTS[kind.name].c.seq
        each.append(select(literal(kind.name), select(func.min(seq)).where(seq >= at).scalar_subquery()))
    return {str(name): int(seq) for name, seq in connection.execute(union_all(*each)) if seq is not None}


def _by_seq(connection: Connection, kind: Kind, since: int, until: int) -> Arrays:
    arrays = join(kind, list(blocks(connection, kind.name, "seq", since=since, until=until)))
    return picked(arrays, np.argsort(arrays["seq"], kind="stable"))
