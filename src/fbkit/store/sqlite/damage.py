"""Damaged databases: noticed at start, set aside, never deleted. And copies, before a migration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from fbkit.clock import Clock, SystemClock, iso
from fbkit.errors import StoreCorrupt
from fbkit.model.timeframe import NS_S
from fbkit.runtime import held
from fbkit.store.sqlite.driver import library, recover_sentence, sqlite_path

#: How long the check at start may take; what is left of a large database is then believed.
CHECK_NS = 2 * NS_S

_INTERRUPTED = "interrupted"
_STEPS = 20_000


def check(engine: Engine, path: Path) -> None:
    """SQLite's quick check, for :data:`CHECK_NS` at most."""
    clock = SystemClock()
    give_up = clock.now() + CHECK_NS
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    try:
        driver.set_progress_handler(lambda: clock.now() > give_up, _STEPS)
        try:
            found = driver.execute("PRAGMA quick_check(1)").fetchone()[0]
        except library().OperationalError as error:
            if _INTERRUPTED not in str(error):
                raise
            found = "ok"
        finally:
            driver.set_progress_handler(None, 0)
    finally:
        pooled.close()
    if found != "ok":
        raise StoreCorrupt(str(path), f"the file is damaged ({found})", recover_sentence(str(path)))


def lock_path(path: Path) -> Path:
    """The file whose lock its writer holds."""
    # Never the database itself: closing any handle on it would drop SQLite's own locks.
    return path.with_name(path.name + ".lock")


def set_aside(url: str, clock: Clock) -> Path:
    """Move a damaged database with its WAL to ``<db>.corrupt-<utc>``; returns the new place. Nothing is deleted.

    Raises :class:`~fbkit.errors.StoreHeld` while somebody writes it.
    """
    path = sqlite_path(url)
    with held(lock_path(path), "fbkit.store.set_aside"):
        when = re.sub(r"[^0-9TZ]", "", iso(clock.wall()))
        aside = path.with_name(f"{path.name}.corrupt-{when}")
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    return aside


def back_up(engine: Engine, path: Path, schema: str, clock: Clock) -> Path:
    """Copy a database to ``<db>.schema-<schema>-<utc>``, WAL included."""
    when = re.sub(r"[^0-9TZ]", "", iso(clock.wall()))
    copy = path.with_name(f"{path.name}.schema-{schema}-{when}")
    pooled = engine.raw_connection()
    try:
        source: Any = pooled.driver_connection
        target = library().connect(str(copy))
        try:
            source.backup(target)
        finally:
            target.close()
    finally:
        pooled.close()
    return copy
