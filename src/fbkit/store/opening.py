"""Opening a database to write it: the file lock, a look at its health, its schema, its market, the lease."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Connection, Engine, insert, inspect, select

from fbkit.clock import Clock, iso
from fbkit.errors import MarketMismatch, StoreBusy, StoreError, StoreHeld
from fbkit.model.market import Market
from fbkit.runtime import FileLock
from fbkit.store.damage import check, lock_path
from fbkit.store.driver import (
    BUSY_MS,
    Synchronous,
    reading_engine,
    sqlite_path,
    told,
    writing_engine,
)
from fbkit.store.lease import TTL_NS, Lease, held_by, take_lease
from fbkit.store.migrate import migrate
from fbkit.store.schema import META, WRITER
from fbkit.store.writer import Writer

_PID = re.compile(r"\(pid (\d+),")
_LOOKS, _LOOK_S = 50, 0.02


def open_writer(  # noqa: PLR0913 - the contract's own parameters, all by keyword
    url: str,
    *,
    market: Market,
    seed: int | None,
    clock: Clock,
    holder: str,
    synchronous: Synchronous = "NORMAL",
    busy_ms: int = BUSY_MS,
    locked: bool = True,
    ttl_ns: int = TTL_NS,
) -> Writer:
    """Open a database to write it, creating or migrating it first.

    Raises :class:`~fbkit.errors.StoreHeld` when somebody writes it, :class:`~fbkit.errors.MarketMismatch` when it
    holds another market (or seed), :class:`~fbkit.errors.SchemaMismatch`, :class:`~fbkit.errors.StoreCorrupt`,
    :class:`~fbkit.errors.StoreFull`. ``locked=False`` leaves out the file lock, for a file system that has none, and
    trusts the lease alone, which is free ``ttl_ns`` after its last renewal.
    """
    path = sqlite_path(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path, holder, clock) if locked else None
    except OSError as error:
        raise StoreError(
            str(path), f"cannot be opened ({error})", "check the folder, or name another with --db"
        ) from error
    try:
        # FULL around the lease: a power cut must not bring back an older epoch.
        opening = writing_engine(path, synchronous="FULL", busy_ms=busy_ms)
        try:
            with _naming_whoever_is_busy(path), told(str(path)):
                check(opening, path)
                _refuse_another(opening, path, market, seed)
                migrate(opening, path, clock)
                lease = _begin(opening, path, market, seed, clock, holder, locked=locked, ttl_ns=ttl_ns)
        finally:
            opening.dispose()
        engine = writing_engine(path, synchronous=synchronous, busy_ms=busy_ms)
        return Writer(url, reading_engine(path), engine, clock, lease, lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


@contextmanager
def _naming_whoever_is_busy(path: Path) -> Iterator[None]:
    try:
        yield
    except StoreBusy as error:
        named = _busy_holder(path)
        if named is None:
            raise
        raise named from error


def _lock(path: Path, holder: str, clock: Clock) -> FileLock:
    lock = FileLock(lock_path(path))
    before = ""
    for left in reversed(range(_LOOKS)):
        try:
            lock.acquire(f"{holder} (pid {os.getpid()}, since {iso(clock.wall())})")
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


def _refuse_another(engine: Engine, path: Path, market: Market, seed: int | None) -> None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(META.name):
            return
        meta = _meta(connection)
    there = meta.get("market", "")
    if there == market and (market is not Market.SIMULATED or meta.get("seed") == str(seed)):
        return
    holds = f"{there} (seed {meta['seed']})" if "seed" in meta else there
    wants = f"{market} (seed {seed})" if market is Market.SIMULATED else str(market)
    name = f"simulated-{seed}.db" if market is Market.SIMULATED else f"{market.lower()}.db"
    if name == path.name:
        name = f"{market.lower()}-2.db"
    raise MarketMismatch(
        str(path),
        f"holds market {holds}, not {wants}",
        f"a database holds one market: use --db sqlite:///{path.with_name(name).as_posix()}",
    )


def _meta(connection: Connection) -> dict[str, str]:
    return dict(connection.execute(select(META.c.key, META.c.value)).all())


def _begin(  # noqa: PLR0913 - what open_writer was asked
    engine: Engine,
    path: Path,
    market: Market,
    seed: int | None,
    clock: Clock,
    holder: str,
    *,
    locked: bool,
    ttl_ns: int,
) -> Lease:
    """Write down what this database is, if it is new, and take the lease."""
    with engine.begin() as connection:
        if not _meta(connection):
            facts = {"market": str(market), "id": secrets.token_hex(16), "created": str(clock.now())}
            if seed is not None and market is Market.SIMULATED:
                facts["seed"] = str(seed)
            connection.execute(insert(META), [{"key": key, "value": value} for key, value in facts.items()])
            unused = dict.fromkeys(("epoch", "pid", "started", "renewed", "ttl", "commit_number", "last_seq"), 0)
            connection.execute(insert(WRITER).values(id=1, holder="", host="", **unused))
        return take_lease(connection, clock, holder, where=str(path), locked=locked, ttl_ns=ttl_ns)


def _busy_holder(path: Path) -> StoreHeld | None:
    """Who is in the middle of a write, as the last committed lease has it."""
    engine = reading_engine(path)
    try:
        with told(str(path)), engine.connect() as connection:
            if not inspect(connection).has_table(WRITER.name):
                return None
            row = connection.execute(select(WRITER)).mappings().one()
            return held_by(str(path), row["holder"], row["pid"], row["started"], doing="in the middle of a write")
    finally:
        engine.dispose()
