"""fbkit's own container: what every connection said, as it said it.

``DIR/<venue>/<connection>-<UTC hour>-<first instant>.fbkit.jsonl.zst``: a header line, then one line a frame,
``{"ts": UTC ns, "conn": "market-1", "data": "…"}`` (``b64`` for what is no UTF-8). Blocks are finished at least once a
second, so a file whose writer was killed reads up to its last second.
"""

from __future__ import annotations

import base64
import heapq
import logging
import re
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from fbkit.clock import iso
from fbkit.errors import DamagedRecording
from fbkit.feeds.recorded.lines import lines
from fbkit.feeds.recorded.recording import CAPTURE_SUFFIX, Frame, Recording
from fbkit.model import NS_HOUR

log = logging.getLogger(__name__)

FORMAT = 1

#: Bytes waiting to be written, at most; beyond, frames are dropped and counted.
_WAITING_BYTES = 256 * 1024 * 1024

#: How long a frame waits in memory, at most (s).
_PATIENCE_S = 0.5


class _Header(msgspec.Struct, kw_only=True):
    fbkit: str = "capture"
    format: int = FORMAT
    venue: str
    connection: str


class _Line(msgspec.Struct, omit_defaults=True):
    ts: int
    conn: str
    data: str = ""
    b64: str = ""


class _File:
    """One connection's file of one hour."""

    def __init__(self, folder: Path, venue: str, name: str, ts: int) -> None:
        self.hour = ts // NS_HOUR
        hour = iso(ts)[:13].replace("-", "")
        place = folder / _safe(venue)
        place.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = (place / f"{_safe(name)}-{hour}-{ts}{CAPTURE_SUFFIX}").open("xb")
        self._zstd = zstandard.ZstdCompressor(level=3).stream_writer(self._file, closefd=False)
        self.write(msgspec.json.encode(_Header(venue=venue, connection=name)))

    def write(self, line: bytes) -> None:
        self._zstd.write(line + b"\n")
        self._unfinished = True

    def flush(self) -> None:
        """Finish the block, if one was begun."""
        if self._unfinished:
            self._zstd.flush(zstandard.FLUSH_BLOCK)
            self._file.flush()
            self._unfinished = False

    def close(self) -> None:
        self._zstd.close()  # type: ignore[no-untyped-call]  # zstandard's stub leaves it bare
        self._file.close()


class Capture:
    """Writes frames; a thread of its own compresses them, so that whoever reads sockets never waits for a disk.

    ``dropped`` counts frames that had no room; ``error`` is what ended the capture early (a full disk), else ``None``.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.dropped = 0
        self.error: OSError | None = None
        self._waiting: deque[tuple[str, str, int, bytes]] = deque()
        self._bytes = 0
        self._files: dict[tuple[str, str], _File] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="fbkit capture", daemon=True)
        self._thread.start()

    def raw(self, venue: str, connection: str, ts_recv: int, payload: bytes) -> None:
        """Keep one frame (as :meth:`fbkit.feeds.sink.Sink.raw`)."""
        if self.error is not None or self._bytes > _WAITING_BYTES:
            self.dropped += 1
            return
        self._bytes += len(payload)
        self._waiting.append((venue, connection, ts_recv, payload))

    def close(self) -> None:
        """Write what waits, finish the files."""
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            while not self._ending.wait(_PATIENCE_S):
                self._write_waiting()
            self._write_waiting()
        except OSError as error:
            self.error = error
            self.dropped += len(self._waiting) + 1  # those that wait, and the one in hand
            self._waiting.clear()
            log.warning("the capture in %s ended: %s", self.folder, error)
        finally:
            for file in self._files.values():
                try:
                    file.close()
                except OSError as error:
                    self.error = self.error or error
            self._files.clear()

    def _write_waiting(self) -> None:
        while self._waiting:
            venue, connection, ts, payload = self._waiting.popleft()
            self._bytes -= len(payload)
            self._file(venue, connection.partition(":")[0], ts).write(_line(ts, connection, payload))
        for file in self._files.values():
            file.flush()

    def _file(self, venue: str, name: str, ts: int) -> _File:
        file = self._files.get((venue, name))
        if file is not None and file.hour == ts // NS_HOUR:
            return file
        if file is not None:
            file.close()
        self._files[venue, name] = file = _File(self.folder, venue, name, ts)
        return file


def recognise(path: Path, first: bytes) -> Recording | None:
    """A recording, if the first line is in this shape."""
    try:
        header = msgspec.json.decode(first, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if header.fbkit != "capture" or b'"fbkit"' not in first:
        return None
    if header.format > FORMAT:
        raise DamagedRecording(str(path), 0, f"a capture of format {header.format}; this fbkit reads up to {FORMAT}")
    return Recording(path, header.venue, "capture", lambda recording: _read(path, header, recording))


def open_folder(folder: Path) -> Recording:
    """Every capture in a folder and below, as one recording in the order of receipt."""
    paths = sorted(folder.rglob(f"*{CAPTURE_SUFFIX}"))
    if not paths:
        raise DamagedRecording(str(folder), 0, "a folder without captures")
    headers = [(path, header) for path in paths if (header := _header(path)) is not None]
    venues = sorted({header.venue for _, header in headers})

    def read(recording: Recording) -> Iterator[Frame]:
        parts = [_read(path, header, recording) for path, header in headers]
        yield from heapq.merge(*parts, key=lambda frame: frame.ts_recv)

    return Recording(folder, venues[0] if len(venues) == 1 else "", "capture", read)


def _header(path: Path) -> _Header | None:
    for _, line in lines(path):
        return msgspec.json.decode(line, type=_Header)
    return None


def _read(path: Path, header: _Header, recording: Recording) -> Iterator[Frame]:
    for number, line in lines(path):
        if number == 1:
            continue
        try:
            row = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if not line.endswith(b"\n"):
                recording.cut = True
                return
            raise DamagedRecording(str(path), number - 1, f"no line of this container: {error}") from error
        payload = base64.b64decode(row.b64) if row.b64 else row.data.encode()
        is_http = row.conn.startswith("rest:")
        yield Frame(row.ts, row.conn, payload, is_http, row.conn.removeprefix("rest:") if is_http else "", header.venue)


def _line(ts: int, connection: str, payload: bytes) -> bytes:
    try:
        return msgspec.json.encode(_Line(ts, connection, payload.decode()))
    except UnicodeDecodeError:
        return msgspec.json.encode(_Line(ts, connection, b64=base64.b64encode(payload).decode()))


def _safe(name: str) -> str:
    """A name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "_"
