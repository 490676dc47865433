"""What is archived: a row a file in the table ``archived``, and the folder that the files lie in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, insert, select

from fbkit.clock import iso
from fbkit.errors import StoreCorrupt
from fbkit.store.archive.parquet import Written
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.schema import ARCHIVED


class Part(msgspec.Struct, frozen=True):
    """One file: ``n`` events of a kind and a UTC day (its start in ns), with bounds (both ends in) and its hash."""

    kind: int
    day: int
    part: int
    n: int
    seq_min: int
    seq_max: int
    ts_min: int
    ts_max: int
    bytes: int
    sha256: str
    ts: int

    @property
    def file(self) -> str:
        """Where it lies in the archive's folder."""
        return f"kind={_NAME[self.kind]}/day={iso(self.day)[:10]}/{self.part}.parquet"


_NAME = {kind.number: kind.name for kind in KIND_TABLE.values()}


class Files:
    """The folder of one database's archive. A file's hash is looked at when it is first read, and when it changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, tuple[int, int]] = {}

    def place(self, part: Part) -> Path:
        """A file that is there and is what was written, or :class:`StoreCorrupt` naming it."""
        path = self.folder / part.file
        try:
            found = path.stat()
        except FileNotFoundError:
            raise self._lost(path, "is missing") from None
        if self._seen.get(part.sha256) != (found.st_size, found.st_mtime_ns):
            if not same_file(path, Written(part.bytes, part.sha256)):
                raise self._lost(path, "is not what was written there (its hash differs)")
            self._seen[part.sha256] = (found.st_size, found.st_mtime_ns)
        return path

    @staticmethod
    def _lost(path: Path, why: str) -> StoreCorrupt:
        return StoreCorrupt(
            str(path), f"this file of the archive {why}", "put it back from a copy; every other day can still be read"
        )


def same_file(path: Path, written: Written) -> bool:
    """Whether a file has the size and hash that were noted."""
    if path.stat().st_size != written.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == written.sha256


def parts_of(connection: Connection, kinds: Iterable[Kind]) -> list[Part]:
    """The files of some kinds, oldest day first."""
    query = select(ARCHIVED).where(ARCHIVED.c.kind.in_([kind.number for kind in kinds]))
    rows = connection.execute(query.order_by(ARCHIVED.c.day, ARCHIVED.c.kind, ARCHIVED.c.part)).mappings()
    return [Part(**row) for row in rows]


def counts(connection: Connection) -> dict[str, int]:
    """Archived events by plural name, kinds that have any."""
    query = select(ARCHIVED.c.kind, func.sum(ARCHIVED.c.n)).group_by(ARCHIVED.c.kind)
    plurals = {kind.number: kind.plural for kind in KIND_TABLE.values()}
    return {plurals[number]: int(n) for number, n in connection.execute(query)}


def note(connection: Connection, part: Part) -> None:
    """Write down that a file holds what it holds: from this transaction on it is read."""
    connection.execute(insert(ARCHIVED).values(msgspec.structs.asdict(part)))
