"""Opening a PostgreSQL database: to read it; or to write it, with the lock, a look at the server, and the lease."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, select, text

from fbkit.clock import Clock
from fbkit.errors import StoreBusy, StoreError, StoreHeld
from fbkit.store.lease import Claim, Lease, enter, holder_of, refuse_another
from fbkit.store.migrate import check_readable, migrate
from fbkit.store.postgres.backup import back_up
from fbkit.store.postgres.database import PostgresDatabase, WritablePostgres
from fbkit.store.postgres.driver import making_engine, parsed, told, writing_engine
from fbkit.store.postgres.lock import AdvisoryLock, session_name
from fbkit.store.postgres.refusals import LOCKED, shown
from fbkit.store.schema import META, WRITER

#: The oldest server that partitions as we do; older ones have no more fixes.
OLDEST = 14

_FACTS = "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')"


def open_to_read(url: str) -> PostgresDatabase:
    """Open a database whose transactions can only read."""
    database = PostgresDatabase(parsed(url))
    try:
        with database.reading() as connection:
            check_readable(connection, database.where)
    except BaseException:
        database.close()
        raise
    return database


def open_to_write(url: str, claim: Claim) -> tuple[WritablePostgres, Lease]:
    """Open a database to write it, creating or migrating its tables first. The database itself must be there."""
    target = parsed(url)
    lock = AdvisoryLock(shown(target))
    on_connect = lock.take if claim.locked else None
    engine = writing_engine(target, busy_ms=claim.busy_ms, name=session_name(claim), on_connect=on_connect)
    try:
        lease = _enter(engine, target, claim)
        lock.entered = True
        return WritablePostgres(target, engine), lease
    except BaseException:
        engine.dispose()
        raise


def set_aside(url: str, clock: Clock) -> Path:  # noqa: ARG001 - as the protocol has it
    """Refused: a database on a server is no file to be moved."""
    raise StoreError(
        shown(parsed(url)),
        "a PostgreSQL database is not set aside by fbkit",
        "restore it with the server's own tools (pg_restore, REINDEX), or name another with --db",
    )


def _enter(engine: Engine, target: URL, claim: Claim) -> Lease:
    where = shown(target)
    with _naming_whoever_is_busy(target), told(target):
        with engine.connect() as connection:
            _check(connection, where)
            if inspect(connection).has_table(META.name):
                refuse_another(connection, claim, where, lambda name: _beside(target, name))
        migrate(engine, where, lambda schema: back_up(engine, schema, claim.clock))
        with engine.begin() as connection:
            # A power cut must not bring back an older epoch; and of two who take the lease, one waits.
            connection.execute(text("SET LOCAL synchronous_commit = on"))
            connection.execute(select(WRITER).with_for_update())
            return enter(connection, claim, where)


def _check(connection: Connection, where: str) -> None:
    version, encoding = connection.execute(text(_FACTS)).one()
    if version < OLDEST:
        raise StoreError(where, f"the server is PostgreSQL {version}", f"fbkit needs {OLDEST} or newer")
    if encoding != "UTF8":
        raise StoreError(where, f"the database is encoded in {encoding}", "create one with ENCODING 'UTF8'")


def _beside(target: URL, name: str) -> str:
    """The URL of another database on the same server."""
    name = name.replace("-", "_")
    return shown(target.set(database=name if name != target.database else f"{name}_2"))


@contextmanager
def _naming_whoever_is_busy(target: URL) -> Iterator[None]:
    try:
        yield
    except StoreBusy as error:
        named = _busy_holder(target) if error.why == LOCKED else None
        if named is None:
            raise
        raise named from error


def _busy_holder(target: URL) -> StoreHeld | None:
    """Who is in the middle of a write, as the last committed lease has it."""
    with told(target), making_engine(target).connect() as connection:
        if not inspect(connection).has_table(WRITER.name):
            return None
        return holder_of(connection, shown(target), "in the middle of a write")
