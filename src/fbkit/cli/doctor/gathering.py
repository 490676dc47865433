"""Asking the machine for the facts that the checks judge. The only part of the doctor that touches anything."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil

from fbkit.cli.doctor import clocks, database, libraries, packages, places, remains
from fbkit.cli.doctor.finding import Finding
from fbkit.errors import RuntimeFileError, StoreError, StoreHeld
from fbkit.health import whole
from fbkit.ingest import ask_status
from fbkit.ingest.spill import spill_base, spill_paths
from fbkit.model import HealthRow
from fbkit.runtime import FileLock, database_path, database_url, find_runtime, shown_url, workspace
from fbkit.settings import Settings
from fbkit.store import library_warning, open_store
from fbkit.store.sqlite.damage import check, lock_path
from fbkit.store.sqlite.driver import library, reading_engine

_ONLINE_S = 10.0


def findings(settings: Settings, *, online: bool = False) -> Iterator[Finding]:
    """Everything there is to find, group by group."""
    url = database_url(settings)
    yield from _packages()
    yield from _libraries(settings)
    yield from _places(settings, url)
    yield from database.look(_database(url))
    yield from _collector(settings, url)
    if online:
        yield from _clocks(settings)


def _packages() -> Iterator[Finding]:
    yield packages.python(sys.version_info[:3], f"{platform.system()} {platform.machine()}")
    yield from packages.needed(metadata.requires("fbkit") or [], _installed)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _libraries(settings: Settings) -> Iterator[Finding]:
    chosen: Any = library()
    yield libraries.sqlite(chosen.sqlite_version, chosen.__name__.partition(".")[0], library_warning())
    yield libraries.transport(settings.transport, has_picows=find_spec("picows") is not None)


def _places(settings: Settings, url: str) -> Iterator[Finding]:
    mounts = [(one.mountpoint, one.fstype) for one in psutil.disk_partitions(all=True)]
    here = workspace(settings)
    folder = _folder(url, settings)
    yield places.place("home (FBKIT_HOME)", settings.home, mounts, "FBKIT_HOME")
    yield places.place("workspace (FBKIT_WORKSPACE)", here, mounts, "FBKIT_WORKSPACE")
    if folder != settings.home:
        yield places.place("the folder of the database", folder, mounts, "FBKIT_DB")
    for what, path in (("home", settings.home), ("workspace", here)):
        yield from places.writable(what, path, is_writable=os.access(_existing(path), os.W_OK))
    usage = psutil.disk_usage(str(_existing(folder)))
    yield places.disk(usage.total, usage.free)


def _folder(url: str, settings: Settings) -> Path:
    return database_path(url).parent if url.startswith("sqlite") else settings.home


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())


def _database(url: str) -> database.Seen:
    try:
        with open_store(url) as store:
            sizes = store.sizes()
            is_file = url.startswith("sqlite")
            if is_file:
                _quick_check(database_path(url))
            return database.Seen(
                shown_url(url),
                None,
                str(store.market),
                store.seed,
                sizes["db"],
                sizes["wal"],
                is_checked=is_file,
                is_writable=not is_file or os.access(database_path(url), os.W_OK),
            )
    except StoreError as error:
        return database.Seen(shown_url(url), error)


def _quick_check(path: Path) -> None:
    engine = reading_engine(path)
    try:
        check(engine, path)
    finally:
        engine.dispose()


def _collector(settings: Settings, url: str) -> Iterator[Finding]:
    found = ask_status(settings, url)
    runs = found is not None
    if found is None:
        yield from remains.collector(None)
    else:
        facts, status = found
        how = whole(msgspec.convert(status["health"], list[HealthRow]))
        reasons = [one.sentence for one in how.reasons]
        yield from remains.collector(remains.Running(facts.pid, status["since"], how.state, reasons))
    yield from remains.remains(_remains(settings, url), runs=runs)


def _remains(settings: Settings, url: str) -> remains.Remains:
    base = spill_base(url, settings.home)
    corrupt = [path for path in base.parent.glob(f"{base.name}.corrupt-*") if not path.name.endswith(("-wal", "-shm"))]
    return remains.Remains(
        runtime=[path for path in sorted((settings.home / "runtime").glob("*.json")) if _is_stale(path)],
        spill=[(path, path.stat().st_size) for path in spill_paths(base)] if base.parent.is_dir() else [],
        corrupt=sorted(corrupt),
        lock_holder=_holder(database_path(url)) if url.startswith("sqlite") else "",
    )


def _is_stale(path: Path) -> bool:
    try:
        facts = find_runtime(path)
    except RuntimeFileError:
        return True
    return facts is not None and not psutil.pid_exists(facts.pid)


def _holder(path: Path) -> str:
    """Who holds the lock of a database file; empty where it is free. Nothing is created, and nobody's name is lost."""
    lock = FileLock(lock_path(path))
    if not lock.path.exists():
        return ""
    said = lock.holder()
    try:
        lock.acquire(said.strip() or "fbkit doctor")
    except StoreHeld:
        return said.strip()
    lock.release()
    return ""


def _clocks(settings: Settings) -> Iterator[Finding]:
    for venue in settings.venue_names:
        base = getattr(settings, f"{venue}_rest", None)
        if base is None or settings.simulated:
            continue
        try:
            before = time.time()
            date = httpx.head(base, timeout=_ONLINE_S).headers.get("Date")
            middle = (before + time.time()) / 2
        except httpx.HTTPError as error:
            yield clocks.clock(venue, None, type(error).__name__)
        else:
            ahead = None if date is None else middle - parsedate_to_datetime(date).timestamp() - 0.5
            yield clocks.clock(venue, ahead, "no Date in its answer")
