"""JSON lines that hold single messages as text: ``{"raw": "…"}``, with ``venue`` or ``exchange`` beside it at best."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fbkit.errors import DamagedRecording
from fbkit.feeds.recorded.lines import lines
from fbkit.feeds.recorded.recording import Frame, Recording
from fbkit.feeds.recorded.venue import venue_of
from fbkit.model import NS_MS


class _Line(msgspec.Struct):
    raw: str
    venue: str = ""
    exchange: str = ""
    channel: str = ""


_decoder = msgspec.json.Decoder(_Line)

#: These rows have no receive time: the message's own instant stands in (Unix ms).
_INSTANT = re.compile(r'"(?:E|time|ts|T|timestamp|cts)"\s*:\s*"?(\d{13})\b')


def recognise(path: Path, first: bytes) -> Recording | None:
    """A recording, if the first line is in this shape."""
    try:
        line = _decoder.decode(first)
    except msgspec.DecodeError:
        return None
    venue = venue_of(line.venue or line.exchange, path)
    return Recording(path, venue, "raw", _read)


def _read(recording: Recording) -> Iterator[Frame]:
    ts = 0
    for number, line in lines(recording.path):
        try:
            row = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedRecording(str(recording.path), number - 1, f"no line of this container: {error}") from error
        instant = _INSTANT.search(row.raw)
        ts = int(instant[1]) * NS_MS if instant else ts
        said = row.venue or row.exchange
        venue = venue_of(said, recording.path) if said else recording.venue
        is_http = row.channel.startswith("rest:")
        yield Frame(ts, "1", row.raw.encode(), is_http, row.channel.removeprefix("rest:") if is_http else "", venue)
