"""A snapshot: what state everything is in, in two files that are replaced whole and whose last five stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from fbkit.clock import Clock, SystemClock, iso
from fbkit.continuity.backend import Backend, judge, unreachable
from fbkit.continuity.files import key_files, source_files
from fbkit.continuity.hashing import digest_of, manifest
from fbkit.continuity.history import Found, publish, recall
from fbkit.continuity.machine import system, versions
from fbkit.continuity.names import inside
from fbkit.continuity.phase import show_phase
from fbkit.continuity.places import redacted_url
from fbkit.continuity.state import open_state
from fbkit.errors import FbkitError, SettingError, StoreError, StoreHeld
from fbkit.model.timeframe import NS_S
from fbkit.runtime import FileLock, database_url, workspace
from fbkit.settings import Settings
from fbkit.store import Store, open_store

STATE_FILE, STATE_FORMAT = "continuity_state.json", "fbkit.continuity/1"
CONTEXT_FILE, CONTEXT_FORMAT = "project_context_v3.json", "fbkit.project_context/3"

_PATIENCE_S = 10.0


class Snapshot(msgspec.Struct, frozen=True):
    """What was taken and where it was written.

    ``exit_code`` is what a command ends with: 1 when the database could not be reached, else 0. ``degraded`` says in
    sentences what was not as it should be (an earlier snapshot torn, ``state.db`` unreadable).
    """

    state: dict[str, Any]
    context: dict[str, Any]
    state_file: Path
    context_file: Path
    degraded: tuple[str, ...]
    exit_code: int

    @property
    def backend(self) -> str:
        """``ok``, ``degraded`` or ``down``."""
        return str(self.state["backend"]["state"])


def take_snapshot(
    settings: Settings, store: Store | None = None, *, url: str | None = None, clock: Clock | None = None
) -> Snapshot:
    """Write ``continuity/continuity_state.json`` and ``continuity/project_context_v3.json`` in the workspace.

    Without ``store`` the database at ``url`` (default: the settings') is opened. One that cannot be reached is a
    backend that is ``down``, not an error: the snapshot is written all the same.
    """
    clock = clock or SystemClock()
    folder = inside(workspace(settings).resolve(), "continuity")
    with _alone(settings):
        if store is not None:
            return _take(settings, store, store.url, folder, clock)
        url = url or database_url(settings)
        try:
            opened = open_store(url)
        except (StoreError, SettingError) as error:
            return _take(settings, error, url, folder, clock)
        with opened:
            return _take(settings, opened, url, folder, clock)


def read_state(settings: Settings) -> Found:
    """The newest snapshot's state that can be read, and what was wrong with a newer one."""
    return recall(workspace(settings) / "continuity", STATE_FILE, STATE_FORMAT)


def _take(settings: Settings, store: Store | FbkitError, url: str, folder: Path, clock: Clock) -> Snapshot:
    now, degraded = clock.now(), []
    before = recall(folder, STATE_FILE, STATE_FORMAT)
    degraded += [before.trouble] if before.trouble else []
    backend, database = _backend(store, url, settings, now)
    phase, trouble = _phase(settings, before)
    degraded += [trouble] if trouble else []
    number = int((before.facts or {}).get("number", 0)) + 1
    head = {"timestamp": iso(now, millis=True), "number": number, "phase": phase}
    state = {"format": STATE_FORMAT, **head, **_state(settings, backend, before, degraded)}
    context = {"format": CONTEXT_FORMAT, **head, **_context(settings, backend, database)}
    stamp = f"{datetime.fromtimestamp(now // NS_S, UTC):%Y%m%dT%H%M%SZ}-{number:06d}"
    context_file = publish(folder, CONTEXT_FILE, context, stamp)
    state_file = publish(folder, STATE_FILE, state, stamp)
    reachable = isinstance(store, Store)
    sentence = f"snapshot {number}: backend {backend.state}" + (f"; {'; '.join(degraded)}" if degraded else "")
    _try(lambda: open_state(settings, clock).log("snapshot", sentence, {"number": number, "state": backend.state}))
    return Snapshot(state, context, state_file, context_file, tuple(degraded), 0 if reachable else 1)


def _state(settings: Settings, backend: Backend, before: Found, degraded: list[str]) -> dict[str, Any]:
    root = workspace(settings)
    files, source = key_files(root), source_files()
    return {
        "backend": {
            "state": backend.state,
            "running": backend.running,
            "reasons": msgspec.to_builtins(backend.reasons),
        },
        "uptime_percent": _percent(backend),
        "uptime_as_of": iso(backend.as_of) if backend.as_of else None,
        "files": msgspec.to_builtins(files),
        "source": {"files": len(source), "hash": digest_of(manifest(source))},
        "left_out": {"database": "a live file: it changes while it is read; its facts are in project_context_v3.json"},
        "degraded": degraded,
        "previous": {"timestamp": before.facts.get("timestamp"), "number": before.facts.get("number")}
        if before.facts
        else None,
    }


def _context(settings: Settings, backend: Backend, database: dict[str, Any]) -> dict[str, Any]:
    return {
        "backend": {"name": database["backend"], "health": backend.state, "reasons": len(backend.reasons)},
        "uptime_percent": _percent(backend),
        "database": database,
        "versions": versions(),
        "system": system(settings.home),
    }


def _backend(store: Store | FbkitError, url: str, settings: Settings, now: int) -> tuple[Backend, dict[str, Any]]:
    about: dict[str, Any] = {"url": redacted_url(url, settings.home), "backend": _name(url), "reachable": False}
    if isinstance(store, FbkitError):
        return unreachable(store), about
    try:
        sizes = store.sizes()
        rows = store.table_counts()
        about |= {
            "reachable": True,
            "market": store.market.value,
            "seed": store.seed,
            "bytes": sizes["db"],
            "wal_bytes": sizes["wal"],
            "rows": rows,
        }
        return judge(store, now), about
    except StoreError as error:
        return unreachable(error), about


def _percent(backend: Backend) -> dict[str, float | str]:
    return {name: "unknown" if share is None else round(share * 100, 4) for name, share in backend.uptime.items()}


def _phase(settings: Settings, before: Found) -> tuple[dict[str, str] | None, str]:
    """The phase; where ``state.db`` cannot be read, that of the snapshot before, said."""
    try:
        found = show_phase(settings)
    except StoreError as error:
        return (before.facts or {}).get("phase"), f"phase taken from the snapshot before: {error}"
    return (found.facts() if found else None), ""


def _name(url: str) -> str:
    try:
        return make_url(url).get_backend_name()
    except ArgumentError:
        return "unknown"


def _try(action: Callable[[], None]) -> None:
    """The log is a convenience: a snapshot that was written stays good without its line."""
    try:
        action()
    except StoreError:
        return


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One snapshot at a time: the number and the copies are counted up."""
    lock = FileLock(settings.home / "snapshot.lock")
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            lock.acquire("a snapshot")
            break
        except StoreHeld:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.release()
