"""A PostgreSQL database opened to read, and one opened by its writer."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, text
from sqlalchemy.dialects.postgresql import insert

from fbkit.errors import StoreCorrupt
from fbkit.store.log import Damaged
from fbkit.store.postgres.copying import insert_rows
from fbkit.store.postgres.days import Days
from fbkit.store.postgres.driver import making_engine, reading_engine, told
from fbkit.store.postgres.log import PostgresLog
from fbkit.store.postgres.refusals import shown
from fbkit.store.statements import Insert

_SIZE = "SELECT pg_database_size(current_database())"


class PostgresDatabase:
    """A :class:`~fbkit.store.log.Database`: connections whose transactions can only read."""

    path = None

    def __init__(self, target: URL) -> None:
        self.where = self.url = shown(target)
        self.log = PostgresLog()
        self._target = target
        self._readers = reading_engine(target)
        # A store that nobody closes keeps no sessions of the server when it is gone.
        weakref.finalize(self, self._readers.dispose)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One short transaction that sees one state of the database."""
        with told(self._target):
            try:
                with self._readers.connect() as connection:
                    yield connection
            except Damaged as error:
                raise StoreCorrupt(self.where, str(error), "restore it with the server's own tools") from error

    def sizes(self) -> dict[str, int]:
        """Bytes of the database; its write-ahead log is the server's to look after."""
        with self.reading() as connection:
            return {"db": int(connection.execute(text(_SIZE)).scalar_one()), "wal": 0}

    def close(self) -> None:
        """Close every connection."""
        self._readers.dispose()


class WritablePostgres(PostgresDatabase):
    """A :class:`~fbkit.store.log.WritableDatabase`: one session that holds the lock, and writes."""

    def __init__(self, target: URL, engine: Engine) -> None:
        super().__init__(target)
        self.engine = engine
        self._making = making_engine(target)
        self.log = PostgresLog(Days(self._making))
        self.closed = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction. After a lost connection the next one begins with a new one, and the lock on it."""
        with told(self._target), self.engine.connect() as connection, connection.begin():
            try:
                yield connection
            except BaseException:
                if _broken(connection):
                    connection.invalidate()
                raise

    def insert(self, connection: Connection, into: Insert, flat: list[Any]) -> int:
        """Rows as one flat list; a burst by ``COPY``."""
        return insert_rows(connection, into, flat)

    def upsert(self, table: Table) -> Any:
        """PostgreSQL's own ``insert``."""
        return insert(table)

    def checkpoint(self, *, cut: bool = False) -> bool:
        """Nothing: the server does."""
        return True

    def shrink(self, limit: int) -> int:
        """Nothing: a dropped day is given back at once, and the server reuses the room of removed rows."""
        return 0

    def close(self) -> None:
        """Close every connection, and let the lock fall with the one that holds it."""
        self.closed = True
        super().close()
        self._making.dispose()
        self.engine.dispose()

    def release(self) -> None:
        """Nothing: the lock fell with its session."""


def _broken(connection: Connection) -> bool:
    """Whether the driver has given up a connection; SQLAlchemy does not hear of it from a ``COPY``."""
    driver: Any = None if connection.invalidated else connection.connection.driver_connection
    return driver is not None and bool(driver.closed)
