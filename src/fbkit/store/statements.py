"""What is inserted where, and what happens to a row that is there already. How it is done is the database's affair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Table
from sqlalchemy.sql.expression import ClauseElement


def tuples(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """What a query finds, as the driver's own tuples: half the price of SQLAlchemy's rows."""
    result = connection.execute(query)
    found: list[tuple[Any, ...]] = result.cursor.fetchall()  # type: ignore[assignment]  # the driver gives tuples
    result.close()
    return found


def in_parts(connection: Connection, query: Select[Any], rows: int = 4096) -> Iterator[list[tuple[Any, ...]]]:
    """The same a few rows at a time, for who makes something smaller of them."""
    result = connection.execute(query)
    while part := result.cursor.fetchmany(rows):
        yield part  # type: ignore[misc]  # the driver gives tuples
    result.close()


class Prepared:
    """A statement that is said at every commit: compiled once a dialect, and run by the driver.

    SQLAlchemy's way to the driver costs ten times what such a statement does. Values are numbers and words: nothing
    looks at them on the way.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._said: dict[str, tuple[str, Sequence[str] | None]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any] = {}) -> Any:
        """Run it; the driver's cursor."""
        said = self._said.get(connection.dialect.name) or self._compile(connection.dialect)
        words, places = said
        cursor = connection.connection.cursor()
        cursor.execute(words, values if places is None else [values[name] for name in places])
        return cursor

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[str] | None]:
        compiled: Any = self._statement.compile(dialect=dialect)
        self._said[dialect.name] = said = str(compiled), compiled.positiontup if compiled.positional else None
        return said


class Insert:
    """Rows for one table, ``columns`` of each (all but those left out), values given as one flat list.

    A row whose key is there already is left as it is; with ``replace`` it is overwritten, but not by one whose
    ``unless_older`` column is smaller.
    """

    def __init__(
        self, table: Table, *, leave_out: Sequence[str] = (), replace: bool = False, unless_older: str = ""
    ) -> None:
        self.table = table
        self.columns = [column.name for column in table.columns if column.name not in leave_out]
        self.replace = replace
        self.unless_older = unless_older

    def statement(self, insert: Callable[[Table], Any]) -> Any:
        """The statement in a dialect's own ``insert``, ``ON CONFLICT`` included; values are still to be given."""
        statement = insert(self.table)
        if not self.replace:
            return statement.on_conflict_do_nothing()
        key = [column.name for column in self.table.primary_key]
        new = statement.excluded
        older = self.table.c[self.unless_older] <= new[self.unless_older] if self.unless_older else None
        changes = {name: new[name] for name in self.columns if name not in key}
        return statement.on_conflict_do_update(index_elements=key, set_=changes, where=older)
