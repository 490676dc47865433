"""A SQLite database opened to read, and one opened by its writer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects.sqlite import insert

from fbkit.runtime import FileLock
from fbkit.store.sqlite.driver import told
from fbkit.store.sqlite.log import SqliteLog
from fbkit.store.sqlite.statements import run
from fbkit.store.statements import Insert

#: A WAL longer than this is checkpointed right after a commit, whatever maintenance does.
WAL_LIMIT = 64 * 2**20
#: How often that is looked at: after every so many transactions.
WAL_LOOKS = 8
#: Pages that one step of shrinking gives back.
STEP_PAGES = 512


class SqliteDatabase:
    """A :class:`~fbkit.store.log.Database`: connections that can neither write nor checkpoint."""

    def __init__(self, url: str, path: Path, readers: Engine) -> None:
        self.url, self.path, self.where = url, path, str(path)
        self.log = SqliteLog()
        self._readers = readers

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One short transaction that sees one state of the database."""
        with told(self.where), self._readers.connect() as connection:
            yield connection

    def sizes(self) -> dict[str, int]:
        """Bytes of the database and of its WAL; the WAL grows while a reader holds an old snapshot."""
        return {"db": _bytes(self.where), "wal": _bytes(self.where + "-wal")}

    def close(self) -> None:
        """Close every connection."""
        self._readers.dispose()


class WritableSqlite(SqliteDatabase):
    """A :class:`~fbkit.store.log.WritableDatabase`: one writing connection beside the readers."""

    def __init__(self, url: str, path: Path, readers: Engine, engine: Engine, lock: FileLock | None) -> None:
        super().__init__(url, path, readers)
        self.engine = engine
        self._lock = lock
        self._wal_next, self._unlooked = WAL_LIMIT, 0
        with told(self.where):
            self.connection = engine.connect()
            driver: Any = self.connection.connection.driver_connection
        self._driver, self._cursor = driver, driver.cursor()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self.connection.closed

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; now and then after one, a WAL that nobody maintains is brought home.

        Begun and ended by the driver: a Beat's few statements cost less than SQLAlchemy's care for a transaction.
        """
        with told(self.where):
            self._cursor.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.commit()  # SQLAlchemy's own thought of it, where it was asked anything
                if self._driver.in_transaction:
                    self._cursor.execute("COMMIT")
            except BaseException:
                self.connection.rollback()
                self._driver.rollback()
                raise
        self._unlooked += 1
        if self._unlooked >= WAL_LOOKS:
            self._unlooked = 0
            if _bytes(self.where + "-wal") > self._wal_next:
                self.checkpoint()

    def insert(self, connection: Connection, into: Insert, flat: list[Any]) -> int:
        """Rows as one flat list, a hundred a statement."""
        return run(connection, into, flat)

    def upsert(self, table: Table) -> Any:
        """SQLite's own ``insert``."""
        return insert(table)

    def checkpoint(self, *, cut: bool = False) -> bool:
        """Copy the WAL into the database; over :data:`WAL_LIMIT` also cut it. ``False``: a reader holds it up.

        On the writing connection and no other, which keeps us off SQLite's WAL-reset race. Waits for nobody. Pages kept
        in memory go: lying among what folding took for a moment, they would hold all of it.
        """
        with told(self.where):
            driver = self._driver
            driver.execute("PRAGMA shrink_memory").fetchall()
            busy, pages, done = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            whole = not busy and pages == done
            if whole and (cut or _bytes(self.where + "-wal") > WAL_LIMIT):
                (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
                driver.execute("PRAGMA busy_timeout=0").fetchall()
                whole = not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                driver.execute("PRAGMA busy_timeout=" + str(int(patience))).fetchall()
            # Held up, it is tried again when a quarter more has come, not at every commit.
            self._wal_next = WAL_LIMIT if whole else _bytes(self.where + "-wal") + WAL_LIMIT // 4
            return whole

    def shrink(self, limit: int) -> int:
        """Give free pages back to the file system, some megabytes a step: each is a transaction of its own."""
        with told(self.where):
            driver = self._driver
            (page,) = driver.execute("PRAGMA page_size").fetchone()
            (first,) = driver.execute("PRAGMA freelist_count").fetchone()
            left = first
            while left and (first - left) * page < limit:
                pages = min(STEP_PAGES, left, limit // page + 1)
                driver.execute("PRAGMA incremental_vacuum(" + str(int(pages)) + ")").fetchall()
                (now,) = driver.execute("PRAGMA freelist_count").fetchone()
                if now >= left:
                    break  # a database made without incremental vacuum keeps its pages for what comes
                left = now
        return int((first - left) * page)

    def close(self) -> None:
        """Close every connection: readers first, for the last to close takes the WAL with it, and a reader cannot."""
        super().close()
        self.connection.close()
        self.engine.dispose()

    def release(self) -> None:
        """Let go of the file lock."""
        if self._lock is not None:
            self._lock.release()


def _bytes(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a Path would cost more than the look
    except FileNotFoundError:
        return 0
