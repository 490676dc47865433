"""What goes: whole days where all of them may, else rows; and how much lies there, by hour."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, cast, delete, func, literal, select, text, tuple_

from fbkit.model.market import Span
from fbkit.model.timeframe import NS_S
from fbkit.store.kinds import Kind
from fbkit.store.log import Held
from fbkit.store.postgres.days import Day, drop, there
from fbkit.store.postgres.tables import EVENTS
from fbkit.store.postgres.timescale import DAY_NS

NS_HOUR = 3600 * NS_S

_FOREVER = 2**63 - 1

#: A table, its indexes, and those of its partitions.
_BYTES = "SELECT COALESCE(SUM(pg_total_relation_size(relid)), 0) FROM pg_partition_tree(CAST(:table AS regclass))"


class Gone(NamedTuple):
    """A day that was dropped, and how many events it held."""

    day: Day
    events: int


def ends(span: Span) -> tuple[int, int]:
    """Where a span begins and ends, UTC ns, however open it is."""
    return (-_FOREVER if span.since is None else span.since, _FOREVER if span.until is None else span.until)


def drop_day(connection: Connection, kind: Kind, before: int, below_seq: int) -> Gone | None:
    """Drop the oldest partition in which every event has ``ts_event < before`` and ``seq < below_seq``.

    Empty ones that are past go on the way.
    """
    for day in there(connection, kind):
        if day.end > before:
            return None
        n, staying = _counted(connection, kind, day, before, below_seq)
        if not staying:
            drop(connection, day)
            if n:
                return Gone(day, n)
    return None


def _counted(connection: Connection, kind: Kind, day: Day, before: int, below_seq: int) -> tuple[int, int]:
    """How many events a partition holds, and how many of them must stay."""
    table: Any = EVENTS[kind.name].c
    stays = cast((table.ts_event >= before) | (table.seq >= below_seq), Integer)
    query = select(func.count(), func.coalesce(func.sum(stays), 0))
    n, staying = connection.execute(query.where(table.ts_recv >= day.end - DAY_NS, table.ts_recv < day.end)).one()
    return int(n), int(staying)


def remove(connection: Connection, kind: Kind, span: Span, below_seq: int, limit: int | None = None) -> int:
    """Remove events with ``ts_event`` in a span and ``seq < below_seq``, at most ``limit``; returns how many went."""
    table = EVENTS[kind.name]
    since, until = ends(span)
    key = tuple_(*table.primary_key)
    old = select(*table.primary_key).where(table.c.ts_event >= since, table.c.ts_event < until, table.c.seq < below_seq)
    return int(connection.execute(delete(table).where(key.in_(old.limit(limit)))).rowcount)


def held(connection: Connection, kind: Kind) -> list[Held]:
    """Events of a kind by the hour of their ``ts_event``, oldest first."""
    table = EVENTS[kind.name].c
    hour = table.ts_event.op("/")(literal(NS_HOUR, BigInteger)).label("hour")
    counted = connection.execute(select(hour, func.count()).group_by(hour).order_by(hour)).all()
    whole = sum(n for _, n in counted)
    size = int(connection.execute(text(_BYTES), {"table": kind.plural}).scalar_one())
    return [Held(kind.name, int(number) * NS_HOUR, int(n), size * int(n) // whole) for number, n in counted]
