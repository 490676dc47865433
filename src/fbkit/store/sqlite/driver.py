"""The SQLite library of this process, and SQLAlchemy engines over it. Nothing else imports a SQLite library.

Two libraries on one file in one process lose commits: each drops the other's POSIX locks. So the choice is made once,
here: ``pysqlite3`` where it is installed and newer than the interpreter's own, else ``sqlite3``.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from fbkit.errors import SettingError, StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreMissing
from fbkit.runtime import database_path
from fbkit.store.lease import BUSY_MS, Synchronous
from fbkit.store.log import Damaged

_SYNCHRONOUS = {"NORMAL": "PRAGMA synchronous=NORMAL", "FULL": "PRAGMA synchronous=FULL"}

#: Versions up to here can corrupt a database when two connections write or checkpoint it (the WAL-reset race).
RACE_UP_TO = (3, 51, 2)

_FULL, _IOERR, _BUSY, _LOCKED, _CORRUPT, _NOTADB, _CANTOPEN, _READONLY = 13, 10, 5, 6, 11, 26, 14, 8
_READING = (266, 522)  # SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ: what was written is not there


@cache
def library() -> ModuleType:
    """The SQLite library this process uses.

    >>> library().sqlite_version_info >= sqlite3.sqlite_version_info
    True
    """
    try:
        newer = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3
    return newer if newer.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


def library_warning(version: tuple[int, ...] | None = None) -> str | None:
    """What to say about this SQLite, if anything: old ones can corrupt a database two connections write.

    >>> library_warning((3, 60, 0)) is None, (library_warning((3, 40, 1)) or "").startswith("SQLite 3.40.1")
    (True, True)
    """
    found = tuple(version or library().sqlite_version_info)
    if found > RACE_UP_TO:
        return None
    return (
        f"SQLite {'.'.join(map(str, found))} can damage a database that two connections checkpoint at once; fbkit has "
        "one writer and stays off that race, but install pysqlite3 (or a newer Python) to be rid of it"
    )


def sqlite_path(url: str) -> Path:
    """The database file behind a URL, absolute; any other URL is a :class:`SettingError`."""
    allowed = "sqlite:///PATH of a file, or postgresql://USER@HOST/DATABASE"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingError("db", url, allowed) from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise SettingError("db", parsed.render_as_string(hide_password=True), allowed)
    return database_path(url)


def writing_engine(path: Path, *, synchronous: Synchronous = "NORMAL", busy_ms: int = BUSY_MS) -> Engine:
    """An engine whose every transaction is ``BEGIN IMMEDIATE``; it creates the file if there is none.

    The driver is in its autocommit mode, so nothing begins a transaction behind our back. Automatic checkpoints are
    off: they would run inside whichever commit filled the WAL.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        module=library(),
        connect_args={"isolation_level": None, "cached_statements": 512, "timeout": busy_ms / 1000},
    )
    # Heard only before the first table exists; later it would be a write, and wait for whoever writes.
    creating = () if path.exists() and path.stat().st_size else ("PRAGMA auto_vacuum=INCREMENTAL",)
    pragmas = (
        *creating,
        "PRAGMA journal_mode=WAL",
        _SYNCHRONOUS[synchronous],
        "PRAGMA wal_autocheckpoint=0",
        "PRAGMA foreign_keys=ON",
        "PRAGMA cache_size=-4096",
        "PRAGMA temp_store=MEMORY",
    )
    return _prepared(engine, pragmas, "BEGIN IMMEDIATE", path)


def reading_engine(path: Path, *, busy_ms: int = BUSY_MS) -> Engine:
    """An engine that opens the file ``mode=ro``: it can neither write nor checkpoint."""
    if not path.is_file():
        raise StoreMissing(str(path), "there is no database", "start a collector, or name another with --db")
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=path.as_uri(), query={"mode": "ro", "uri": "true"}),
        module=library(),
        connect_args={"isolation_level": None, "timeout": busy_ms / 1000},
        pool_size=4,
        max_overflow=12,
        pool_use_lifo=True,  # the same one again and again: each fills a page cache of its own
    )

    @event.listens_for(engine, "checkin")
    def _rest(connection: Any, _record: Any) -> None:
        # Pages it read are stale with the next commit, a second later, and would be held for days.
        if connection is not None:
            connection.execute("PRAGMA shrink_memory").fetchall()

    return _prepared(engine, ("PRAGMA query_only=ON", "PRAGMA cache_size=-2048"), "BEGIN", path)


def _prepared(engine: Engine, pragmas: tuple[str, ...], begin: str, path: Path) -> Engine:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        try:
            for pragma in pragmas:
                connection.execute(pragma).fetchall()
        except library().Error as error:
            raise store_error(error, str(path)) from error

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        # The writer's transactions are begun at the driver, before SQLAlchemy hears of them.
        if not driver.in_transaction:
            connection.exec_driver_sql(begin)

    return engine


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        if error.orig is None:
            raise
        raise store_error(error.orig, where) from error
    except library().Error as error:
        raise store_error(error, where) from error
    except Damaged as error:
        raise StoreCorrupt(where, str(error), recover_sentence(where)) from error


def store_error(error: BaseException, where: str) -> StoreError:
    """Our error for one of the library's.

    >>> type(store_error(sqlite3.OperationalError("database or disk is full"), "x.db")).__name__
    'StoreFull'
    """
    extended = getattr(error, "sqlite_errorcode", None)
    code = _code_of(str(error)) if extended is None else extended & 0xFF
    if extended in _READING:
        code = _CORRUPT
    for codes, kind, why, then in _TOLD:
        if code in codes:
            return kind(where, why.format(error), then or recover_sentence(where))
    return StoreError(where, str(error), "this is a fault of fbkit: please report it")


_ROOM = "make room; what was not stored is kept and tried again"

#: Result codes, our error, why, and what comes next (``""``: how to recover).
_TOLD: tuple[tuple[tuple[int, ...], type[StoreError], str, str], ...] = (
    ((_FULL,), StoreFull, "the disk is full", _ROOM),
    ((_IOERR,), StoreFull, "the disk refused a write ({})", _ROOM),
    ((_BUSY, _LOCKED), StoreBusy, "somebody else holds the database", "tried again; find who has it open if it lasts"),
    ((_CORRUPT, _NOTADB), StoreCorrupt, "the file is damaged ({})", ""),
    ((_CANTOPEN,), StoreMissing, "cannot be opened ({})", "check that the folder exists and may be read"),
    ((_READONLY,), StoreError, "may not be written ({})", "check its permissions, and that nobody moved the file"),
)


def recover_sentence(where: str) -> str:
    """What to do about a damaged database."""
    return (
        f"nothing was deleted: fbkit.store.set_aside moves it to {where}.corrupt-<utc>, "
        f"`sqlite3 {where}.corrupt-<utc> .recover` reads what is left, and a new one can begin"
    )


_SAID = {
    "full": _FULL,
    "disk i/o": _IOERR,
    "locked": _BUSY,
    "malformed": _CORRUPT,
    "not a database": _NOTADB,
    "unable to open": _CANTOPEN,
    "readonly": _READONLY,
}


def _code_of(message: str) -> int:
    """The result code of an error that carries none (drivers before Python 3.11's)."""
    lowered = message.lower()
    return next((code for said, code in _SAID.items() if said in lowered), 1)
