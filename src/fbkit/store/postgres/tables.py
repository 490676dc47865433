"""The tables only PostgreSQL has: events as typed rows, one table a kind, in partitions of a UTC day of ``ts_recv``.

They bear the kinds' plural names (``trades``, ``quotes`` …), so that ``psql`` reads them as one would guess. Beats are
few and lie in :data:`fbkit.store.schema.BEATS`. A change here wants a migration.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, SmallInteger, Table, Text
from sqlalchemy.sql.type_api import TypeEngine

from fbkit.store.kinds import KIND_TABLE, Field, Kind
from fbkit.store.schema import BEATS

metadata = MetaData()

#: Whole numbers that are small: fewer bytes a row, the same numbers.
_NARROW: dict[str, type[TypeEngine[int]]] = {
    "instrument": Integer,
    "levels": Integer,
    "origin": SmallInteger,
    "side": SmallInteger,
    "inverse": SmallInteger,
    "assumed": SmallInteger,
}
_TYPES: dict[str, type[TypeEngine[Any]]] = {"i": BigInteger, "f": Double, "s": Text}


def _type_of(field: Field) -> type[TypeEngine[Any]]:
    return _NARROW.get(field.name, _TYPES[field.type])


def _column(field: Field) -> Column[Any]:
    # A key must hold the column that partitions are made of; a ``seq`` has one ``ts_recv`` for ever.
    key = field.name in ("seq", "ts_recv")
    return Column(field.name, _type_of(field), primary_key=key, autoincrement=False, nullable=not key)


def _widest_first(fields: tuple[Field, ...]) -> list[Field]:
    """Eight bytes, then four, then two, then words: no padding between them. ``seq`` leads the key."""
    widths: dict[type, int] = {SmallInteger: 2, Integer: 1, Text: 3}
    return sorted(fields, key=lambda field: (field.name != "seq", widths.get(_type_of(field), 0)))


def _table(kind: Kind) -> Table:
    columns = map(_column, _widest_first(kind.fields))
    table = Table(kind.plural, metadata, *columns, postgresql_partition_by="RANGE (ts_recv)")
    Index(f"{kind.plural}_time", table.c.instrument, table.c.ts_event)
    return table


#: The table of each kind, by its name.
EVENTS: dict[str, Table] = {name: BEATS if name == "beat" else _table(kind) for name, kind in KIND_TABLE.items()}

#: Kinds in partitions of a day.
PARTITIONED = tuple(kind for kind in KIND_TABLE.values() if kind.name != "beat")
