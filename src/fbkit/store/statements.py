"""INSERT statements of many rows at once, made from the tables and run through the driver.

One statement of a hundred rows costs an eighth of SQLAlchemy's dictionaries (`docs/reference/store.md`). The words come
from the schema alone; every value is bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

#: Rows in one statement, as long as their values stay below SQLite's bound of 32,766.
BLOCK = 100


def tuples(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """What a query finds, as the driver's own tuples: half the price of SQLAlchemy's rows."""
    result = connection.execute(query)
    found: list[tuple[Any, ...]] = result.cursor.fetchall()  # type: ignore[assignment]  # the driver gives tuples
    result.close()
    return found


class Insert:
    """Inserts rows of one table, values given as one flat list.

    A row whose key is there already is left as it is; with ``replace`` it is overwritten, but not by one whose
    ``unless_older`` column is smaller.
    """

    def __init__(
        self, table: Table, *, leave_out: Sequence[str] = (), replace: bool = False, unless_older: str = ""
    ) -> None:
        self.table = table
        self.columns = [column.name for column in table.columns if column.name not in leave_out]
        self._replace = replace
        self._unless_older = unless_older

    def run(self, connection: Connection, flat: list[Any]) -> int:
        """Insert; returns how many rows were new or replaced."""
        width = len(self.columns)
        size = width * BLOCK
        whole = len(flat) // size * size
        done = 0
        # The driver's own cursor: on the way through SQLAlchemy every value is looked at again.
        with closing(connection.connection.cursor()) as cursor:
            for start in range(0, whole, size):
                done += cursor.execute(self._of_block, flat[start : start + size]).rowcount
            rest = [flat[start : start + width] for start in range(whole, len(flat), width)]
            if rest:
                done += cursor.executemany(self._of_one, rest).rowcount
        return done

    @cached_property
    def _of_one(self) -> str:
        statement = insert(self.table)
        if not self._replace:
            statement = statement.on_conflict_do_nothing()
        else:
            key = [column.name for column in self.table.primary_key]
            new = statement.excluded
            older = self.table.c[self._unless_older] <= new[self._unless_older] if self._unless_older else None
            changes = {name: new[name] for name in self.columns if name not in key}
            statement = statement.on_conflict_do_update(index_elements=key, set_=changes, where=older)
        return str(statement.compile(dialect=sqlite.dialect(), column_keys=self.columns))

    @cached_property
    def _of_block(self) -> str:
        head, values, tail = self._of_one.partition(" VALUES ")
        row = "(" + ", ".join("?" * len(self.columns)) + ")"
        return head + values + ", ".join([row] * BLOCK) + tail.removeprefix(row)
