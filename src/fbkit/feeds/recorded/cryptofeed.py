"""The container of cryptofeed: JSON lines of ``header http connect send recv``; frames are strings inside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from fbkit.errors import DamagedRecording
from fbkit.feeds.recorded.lines import lines
from fbkit.feeds.recorded.recording import Frame, Recording
from fbkit.feeds.recorded.venue import venue_of
from fbkit.model.timeframe import NS_S, NS_US


class _Line(msgspec.Struct):
    t: str
    ts: float = 0.0
    conn: str = ""
    data: str = ""
    url: str = ""
    exchange: str = ""


_decoder = msgspec.json.Decoder(_Line)


def recognise(path: Path, first: bytes) -> Recording | None:
    """A recording, if the first line is in this shape."""
    try:
        line = _decoder.decode(first)
    except msgspec.DecodeError:
        return None
    if line.t not in {"header", "http", "connect", "send", "recv"}:
        return None
    return Recording(path, venue_of(line.exchange, path), "cryptofeed", _read)


def _read(recording: Recording) -> Iterator[Frame]:
    """Frames in the order of their instants: the file has each connection's in order, one connection after another.

    These are samples of some seconds, so they are sorted in memory.
    """
    frames: list[Frame] = []
    damage: DamagedRecording | None = None
    try:
        for number, line in lines(recording.path):
            try:
                row = _decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise DamagedRecording(
                    str(recording.path), number - 1, f"no line of this container: {error}"
                ) from error
            if row.t in {"recv", "http"}:
                is_http = row.t == "http"
                frames.append(Frame(_ns(row.ts), row.conn, row.data.encode(), is_http, row.url, recording.venue))
    except DamagedRecording as error:
        damage = error
    frames.sort(key=lambda frame: frame.ts_recv)
    yield from frames
    if damage is not None:
        raise damage


def _ns(seconds: float) -> int:
    """Seconds as UTC ns, in the whole microseconds that a float of that size can hold.

    >>> _ns(1626992741.06217)
    1626992741062170000
    """
    microseconds: int = round(seconds * (NS_S // NS_US))
    return microseconds * NS_US
