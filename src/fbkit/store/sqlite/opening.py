"""Opening a SQLite database: to read it; or to write it, with the file lock, a look at its health, and the lease."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Engine, inspect
from sqlalchemy.engine import make_url

from fbkit.clock import iso
from fbkit.errors import StoreBusy, StoreError, StoreHeld
from fbkit.runtime import FileLock
from fbkit.store.lease import Claim, Lease, enter, holder_of, refuse_another
from fbkit.store.migrate import check_readable, migrate
from fbkit.store.schema import META, WRITER
from fbkit.store.sqlite.damage import back_up, check, lock_path
from fbkit.store.sqlite.database import SqliteDatabase, WritableSqlite
from fbkit.store.sqlite.driver import reading_engine, sqlite_path, told, writing_engine

_PID = re.compile(r"\(pid (\d+),")
_LOOKS, _LOOK_S = 50, 0.02


def open_to_read(url: str) -> SqliteDatabase:
    """Open a database ``mode=ro``: this can neither change nor checkpoint it."""
    path = sqlite_path(url)
    engine = reading_engine(path)
    try:
        with told(str(path)), engine.connect() as connection:
            check_readable(connection, str(path))
    except BaseException:
        engine.dispose()
        raise
    return SqliteDatabase(make_url(url).render_as_string(), path, engine)


def open_to_write(url: str, claim: Claim) -> tuple[WritableSqlite, Lease]:
    """Open a database to write it, creating or migrating it first."""
    path = sqlite_path(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path, claim) if claim.locked else None
    except OSError as error:
        raise StoreError(
            str(path), f"cannot be opened ({error})", "check the folder, or name another with --db"
        ) from error
    try:
        lease = _enter(path, claim)
        engine = writing_engine(path, synchronous=claim.synchronous, busy_ms=claim.busy_ms)
        return WritableSqlite(url, path, reading_engine(path), engine, lock), lease
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _enter(path: Path, claim: Claim) -> Lease:
    # FULL around the lease: a power cut must not bring back an older epoch.
    engine = writing_engine(path, synchronous="FULL", busy_ms=claim.busy_ms)
    try:
        with _naming_whoever_is_busy(path), told(str(path)):
            check(engine, path)
            _refuse_another(engine, path, claim)
            migrate(engine, str(path), lambda schema: back_up(engine, path, schema, claim.clock))
            with engine.begin() as connection:
                return enter(connection, claim, str(path))
    finally:
        engine.dispose()


def _refuse_another(engine: Engine, path: Path, claim: Claim) -> None:
    def other(name: str) -> str:
        beside = path.with_name(f"{name}.db" if f"{name}.db" != path.name else f"{claim.market.lower()}-2.db")
        return f"sqlite:///{beside.as_posix()}"

    with engine.connect() as connection:
        if inspect(connection).has_table(META.name):
            refuse_another(connection, claim, str(path), other)


@contextmanager
def _naming_whoever_is_busy(path: Path) -> Iterator[None]:
    try:
        yield
    except StoreBusy as error:
        named = _busy_holder(path)
        if named is None:
            raise
        raise named from error


def _busy_holder(path: Path) -> StoreHeld | None:
    """Who is in the middle of a write, as the last committed lease has it."""
    engine = reading_engine(path)
    try:
        with told(str(path)), engine.connect() as connection:
            if not inspect(connection).has_table(WRITER.name):
                return None
            return holder_of(connection, str(path), "in the middle of a write")
    finally:
        engine.dispose()


def _lock(path: Path, claim: Claim) -> FileLock:
    lock = FileLock(lock_path(path))
    before = ""
    for left in reversed(range(_LOOKS)):
        try:
            lock.acquire(f"{claim.holder} (pid {os.getpid()}, since {iso(claim.clock.wall())})")
            break
        except StoreHeld as error:
            if not left or (error.why == before and _lives(error.why)):
                raise StoreHeld(str(path), error.why, error.then) from error
            # Whoever is named may be gone, and its successor not yet have written its own name: look again.
            before = error.why
            time.sleep(_LOOK_S)
    return lock


def _lives(named: str) -> bool:
    found = _PID.search(named)
    try:
        return found is not None and psutil.Process(int(found[1])).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
