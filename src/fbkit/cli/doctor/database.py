"""The database: there, readable, whole, and of the schema this fbkit knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fbkit.cli.doctor.finding import Finding
from fbkit.errors import SchemaMismatch, StoreCorrupt, StoreError, StoreMissing

GROUP = "database"

#: A write-ahead log beyond this says that somebody reads an old snapshot for long.
WAL_BYTES = 256 << 20


class Seen(NamedTuple):
    """What was found behind a URL: what opening raised, or what the store said."""

    url: str
    error: StoreError | None = None
    market: str = ""
    seed: int | None = None
    bytes: int = 0
    wal_bytes: int = 0
    is_checked: bool = False
    is_writable: bool = True


def look(seen: Seen) -> Iterator[Finding]:
    """What is to be said of it."""
    if seen.error is not None:
        yield refused(seen)
        return
    seed = "" if seen.seed is None else f", seed {seen.seed}"
    size = f"{seen.bytes / 1e6:,.1f} MB"
    yield Finding(GROUP, "ok", f"{seen.url} holds {seen.market}{seed}, {size}, of this fbkit's schema")
    if seen.is_checked:
        yield Finding(GROUP, "ok", "a quick check found no damage")
    if not seen.is_writable:
        then = "change the permissions of the file and its folder"
        yield Finding(GROUP, "problem", f"{seen.url} cannot be written", then)
    if seen.wal_bytes > WAL_BYTES:
        sentence = f"the write-ahead log has grown to {seen.wal_bytes / 1e6:,.0f} MB"
        yield Finding(GROUP, "warning", sentence, "close the notebook or program that holds an old snapshot open")


def refused(seen: Seen) -> Finding:
    """Why it could not be opened."""
    error = seen.error
    if isinstance(error, StoreMissing):
        return Finding(GROUP, "ok", f"nothing was collected into {seen.url} yet", "run `fbkit up` or `fbkit collect`")
    if isinstance(error, SchemaMismatch | StoreCorrupt):
        return Finding(GROUP, "problem", f"{seen.url}: {error.why}", error.then)
    return Finding(GROUP, "problem", f"{seen.url}: {error}", "name another with --db")
