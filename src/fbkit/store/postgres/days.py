"""Partitions of events: one a kind and UTC day of ``ts_recv``, made before they are needed, dropped whole.

There is no default partition, which would swallow what belongs nowhere and must be searched at every new day.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

from fbkit.store.kinds import Kind
from fbkit.store.postgres.driver import library
from fbkit.store.postgres.timescale import DAY_NS, installed

#: Days made ahead of the newest one written.
AHEAD = 2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_THERE = """
SELECT child.relname FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = CAST(:parent AS regclass)
"""
_MAKE = "CREATE TABLE {made} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
_ATTACH = "ALTER TABLE {parent} ATTACH PARTITION {made} FOR VALUES FROM ({low}) TO ({high})"


class Day(NamedTuple):
    """A partition: the table of a kind, and the days since 1970-01-01 UTC that its ``ts_recv`` have."""

    table: str
    number: int

    @property
    def name(self) -> str:
        """The partition's own table.

        >>> Day("trades", 20454).name
        'trades_20260101'
        """
        return f"{self.table}_{_EPOCH + timedelta(days=self.number):%Y%m%d}"

    @property
    def end(self) -> int:
        """Where it ends, UTC ns."""
        return (self.number + 1) * DAY_NS


class Days:
    """The partitions a database has. Making one is a transaction of its own, on a connection of its own.

    A new partition is made as a table beside and then attached, which lets everybody read and write meanwhile.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[Day] = set()
        self._hypertables: bool | None = None

    def prepare(self, kind: Kind, received: Sequence[int]) -> None:
        """Let there be a partition for the day of every instant (UTC ns), and :data:`AHEAD` after the last."""
        first, last = min(received) // DAY_NS, max(received) // DAY_NS
        few = range(first, last + 1) if last - first <= AHEAD else {ts // DAY_NS for ts in received}
        wanted = {Day(kind.plural, number) for number in (*few, *range(last + 1, last + 1 + AHEAD))}
        if wanted <= self._known:
            return
        with self._engine.begin() as connection:
            if self._hypertables is None:
                self._hypertables = installed(connection)
            if not self._hypertables:
                # Two may ask at once: a writer and one whose lease is being taken.
                connection.execute(text("SELECT pg_advisory_xact_lock(7169387, 2)"))
                for day in sorted(wanted - set(there(connection, kind))):
                    _make(connection, day)
        self._known |= wanted

    def forget(self, day: Day) -> None:
        """A partition that was dropped: asked for again, it is looked for again."""
        self._known.discard(day)


def there(connection: Connection, kind: Kind) -> list[Day]:
    """The partitions of a kind, oldest first."""
    names = connection.execute(text(_THERE), {"parent": kind.plural}).scalars()
    days = [datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC) for name in names if name[-8:].isdigit()]
    return [Day(kind.plural, (day - _EPOCH).days) for day in sorted(days)]


def drop(connection: Connection, day: Day) -> None:
    """Drop a partition and all that is in it."""
    sql = library("psycopg.sql")
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(day.name)))


def _make(connection: Connection, day: Day) -> None:
    sql = library("psycopg.sql")
    names = {"made": sql.Identifier(day.name), "parent": sql.Identifier(day.table)}
    span = {"low": sql.Literal(day.number * DAY_NS), "high": sql.Literal(day.end)}
    with closing(connection.connection.cursor()) as cursor:
        for statement in (_MAKE, _ATTACH):
            cursor.execute(sql.SQL(statement).format(**names, **span))
