"""Rows by binary ``COPY``: into a table where none can be there yet, else into a staging table and on from there.

An absence is ``NULL``, floats keep every bit, and a NUL byte, which PostgreSQL's text cannot hold, becomes ``␀``: it
can only come inside a venue's own words (a symbol in quarantine, a sentence that quotes one).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Double, Integer, LargeBinary, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import insert

from fbkit.store.postgres.driver import DIALECT_BY_PLACE, library
from fbkit.store.schema import Exact
from fbkit.store.statements import Insert

#: From so many rows on, a staging table is worth its three statements.
BURST = 40

# The narrower types first: each is a subclass of the next in SQLAlchemy.
_TYPES: tuple[tuple[type, str], ...] = (
    (SmallInteger, "int2"),
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Exact, "float8"),
    (Double, "float8"),
    (Text, "text"),
    (LargeBinary, "bytea"),
)

_STAGE = "CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
_COPY = "COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)"
_MOVE = "INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging} ON CONFLICT DO NOTHING"
_MOVE_NEW = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging}
WHERE NOT EXISTS (SELECT FROM {table} WHERE {table}.seq = {staging}.seq)
ON CONFLICT DO NOTHING
"""


class Target(NamedTuple):
    """A table and the columns that are given for it, in their order."""

    table: Table
    columns: tuple[str, ...]

    @property
    def types(self) -> list[str]:
        """What the server calls the columns' types.

        >>> from fbkit.store.schema import META
        >>> Target(META, ("key", "value")).types
        ['text', 'text']
        """
        return [_type_of(self.table.c[name].type) for name in self.columns]

    def says(self, statement: str) -> Any:
        """A statement with this table's names in it, quoted."""
        sql = library("psycopg.sql")
        return sql.SQL(statement).format(
            table=sql.Identifier(self.table.name),
            staging=sql.Identifier(f"staging_{self.table.name}"),
            columns=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
        )


def _type_of(column: object) -> str:
    return next(name for kind, name in _TYPES if isinstance(column, kind))


def clean(target: Target, flat: list[Any]) -> Iterable[tuple[Any, ...]]:
    """A flat list of values as rows that the server can hold."""
    width = len(target.columns)
    columns = [_clean(kind, flat[place::width]) for place, kind in enumerate(target.types)]
    return zip(*columns, strict=True)


def _clean(kind: str, column: list[Any]) -> list[Any]:
    if kind == "float8":
        # One NaN makes the sum one: a look at the whole column for the price of an addition each.
        total = sum(filter(None, column))
        if total != total:  # noqa: PLR0124 - NaN alone differs from itself
            return [None if value != value else value for value in column]  # noqa: PLR0124 - as above
    elif kind == "text" and any("\0" in word for word in column if word):
        return [word and word.replace("\0", "␀") for word in column]
    return column


def copy_all(connection: Connection, target: Target, rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows into the table itself: none of them may be there."""
    with closing(connection.connection.cursor()) as cursor:
        _copy(cursor, target.says(_COPY), target.types, rows)


def copy_new(connection: Connection, target: Target, rows: Iterable[Sequence[Any]], *, by_seq: bool = False) -> int:
    """Copy rows by way of a staging table, those left as they are whose key is there; returns how many were new.

    ``by_seq``: whose ``seq`` is there, whatever the rest of the key.
    """
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(target.says(_STAGE))
        staging = target.says(_COPY.replace("{table}", "{staging}"))
        _copy(cursor, staging, target.types, rows)
        return int(cursor.execute(target.says(_MOVE_NEW if by_seq else _MOVE)).rowcount)


def _copy(cursor: Any, statement: Any, types: list[str], rows: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def insert_rows(connection: Connection, into: Insert, flat: list[Any]) -> int:
    """Insert rows given as one flat list; returns how many were new or replaced.

    A burst goes by ``COPY``, except where rows replace others: one key may come twice, and the last must win.
    """
    target = Target(into.table, tuple(into.columns))
    rows = list(clean(target, flat))
    if len(rows) >= BURST and not into.replace:
        return copy_new(connection, target, rows)
    with closing(connection.connection.cursor()) as cursor:
        if rows:
            cursor.executemany(_statement(into), rows)
        return max(cursor.rowcount, 0)


@cache
def _statement(into: Insert) -> str:
    compiled = into.statement(insert).compile(dialect=DIALECT_BY_PLACE, column_keys=into.columns)
    return str(compiled)
