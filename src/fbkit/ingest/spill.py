"""A bounded file beside the database for batches that the writer has no time for, read back in the order they came.

It begins with ``fbspill1`` and the place (eight bytes) up to which it was stored. Then come records: length and CRC-32,
then a batch as msgpack in zstd; the first says whose they are. A record that is not whole ends the file.
"""

from __future__ import annotations

import os
import re
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from fbkit.clock import iso
from fbkit.errors import StoreError
from fbkit.ingest.kept import Kept, unpack
from fbkit.model import Market
from fbkit.runtime import database_id, database_path

_MAGIC = b"fbspill1"
_PLACE = struct.Struct("<Q")
_FRAME = struct.Struct("<II")
_FIRST = len(_MAGIC) + _PLACE.size


class Head(msgspec.Struct, array_like=True, frozen=True):
    """Whose batches a file holds."""

    market: Market
    seed: int | None
    run: int


class DamagedSpill(StoreError):
    """A spill file cannot be read from some byte on."""


def spill_base(url: str, home: Path) -> Path:
    """Beside a database file; in ``home`` where the database is a server's.

    >>> spill_base("sqlite:////data/live.db", Path("/home")).name
    'live.db'
    """
    return database_path(url) if url.startswith("sqlite") else home / database_id(url)


def spill_path(base: Path, started: int, part: int) -> Path:
    """``<db>.spill-<utc>-<part>``: sorted by name they are in the order of their batches."""
    when = re.sub(r"[^0-9TZ]", "", iso(started))
    return base.with_name(f"{base.name}.spill-{when}-{part}")


def spill_paths(base: Path) -> list[Path]:
    """What earlier runs left, oldest first."""
    named = re.compile(re.escape(base.name) + r"\.spill-\d{8}T\d{6}Z-\d")
    return sorted(path for path in base.parent.glob("*.spill-*") if named.fullmatch(path.name))


class Spill:
    """A queue in a file: :meth:`put` at its end, :meth:`first` and :meth:`done` at its beginning.

    The file is there only while something is in it. Two threads may share it, one at each end.
    """

    def __init__(self, path: Path, bound: int, head: Head) -> None:
        self.path, self._bound, self._head = path, bound, head
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._first = self._end = 0
        self.batches = 0

    @property
    def waiting_bytes(self) -> int:
        """What waits here."""
        return self._end - self._first

    @property
    def share(self) -> float:
        """How full the file is, 0 to 1."""
        return self._end / self._bound if self._bound else 1.0

    def put(self, data: bytes) -> bool:
        """Write a batch behind the others; false when there is no room. Raises ``OSError`` where the disk refuses.

        Of a batch that was not written whole nothing stays.
        """
        with self._lock:
            if self._end + len(data) + _FRAME.size > self._bound:
                return False
            self._write(self._file or self._begin(), data)
            self.batches += 1
            return True

    def first(self) -> Kept | None:
        """The oldest batch; it stays until :meth:`done`. Raises :class:`DamagedSpill`."""
        with self._lock:
            if self._file is None or not self.batches:
                return None
            data = _record(self._file, self._first)
        try:
            if data is not None:
                self._next = self._first + _FRAME.size + len(data)
                return unpack(data)
            why = "it does not match its checksum"
        except ValueError as error:
            why = str(error)
        raise DamagedSpill(
            str(self.path), f"a batch at byte {self._first} cannot be read: {why}", "what it held is lost and counted"
        )

    def done(self) -> None:
        """The oldest batch is stored: it leaves."""
        with self._lock:
            self.batches -= 1
            self._first = self._next
            if not self.batches:
                self._drop()
            elif self._file is not None:
                self._file.seek(len(_MAGIC))
                self._file.write(_PLACE.pack(self._first))

    def clear(self) -> None:
        """Throw away what waits here."""
        with self._lock:
            self.batches = 0
            self._drop()

    def close(self) -> None:
        """Let go of the file; what waits in it stays for the next run."""
        with self._lock:
            if self._file is not None:
                with suppress(OSError):
                    os.fsync(self._file.fileno())
                self._file.close()
                self._file = None

    def _begin(self) -> IO[bytes]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._file = file = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            _write_all(file, _MAGIC + _PLACE.pack(_FIRST))
            self._end = _FIRST
            self._write(file, msgspec.msgpack.encode(self._head))
        except OSError:
            self._drop()
            raise
        self._first = self._end
        return file

    def _write(self, file: IO[bytes], data: bytes) -> None:
        try:
            file.seek(self._end)
            _write_all(file, _FRAME.pack(len(data), zlib.crc32(data)) + data)
        except OSError:
            with suppress(OSError):
                file.truncate(self._end)
            raise
        self._end += _FRAME.size + len(data)

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)
        self._first = self._end = 0


def read_head(path: Path) -> Head | None:
    """Whose batches a file holds; ``None`` where that cannot be read."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        data = _record(file, _FIRST)
    try:
        return None if data is None else msgspec.msgpack.decode(data, type=Head)
    except msgspec.DecodeError:
        return None


def read_batches(path: Path) -> Iterator[Kept]:
    """What was not stored of a file, a batch at a time; ends where a record is not whole."""
    with path.open("rb") as file:
        file.seek(len(_MAGIC))
        (place,) = _PLACE.unpack(file.read(_PLACE.size))
        head = _record(file, _FIRST)
        if head is None:
            return
        place = max(place, _FIRST + _FRAME.size + len(head))
        while (data := _record(file, place)) is not None:
            place += _FRAME.size + len(data)
            try:
                yield unpack(data)
            except ValueError:
                return


def torn_bytes(path: Path) -> int:
    """Bytes at the end of a file that are no whole record."""
    size, place = path.stat().st_size, _FIRST
    with path.open("rb") as file:
        while (data := _record(file, place)) is not None:
            place += _FRAME.size + len(data)
    return size - place


def _record(file: IO[bytes], place: int) -> bytes | None:
    """The record at a place, if it is whole."""
    file.seek(place)
    frame = file.read(_FRAME.size)
    if len(frame) < _FRAME.size:
        return None
    length, checksum = _FRAME.unpack(frame)
    data = file.read(length) if length <= os.fstat(file.fileno()).st_size - place else b""
    return data if len(data) == length and zlib.crc32(data) == checksum else None


def _write_all(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
