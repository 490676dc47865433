"""The container of hftbacktest and its kin: ``<receive time in ns> <frame>`` a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fbkit.errors import DamagedRecording
from fbkit.feeds.recorded.lines import lines
from fbkit.feeds.recorded.recording import Frame, Recording
from fbkit.feeds.recorded.venue import venue_of, venue_of_frame

#: The instants we believe: 2001 to 2262.
_FROM, _TO = 10**18, 2**63


def recognise(path: Path, first: bytes) -> Recording | None:
    """A recording, if the first line is in this shape."""
    ts, _, payload = first.partition(b" ")
    if not (ts.isdigit() and _FROM <= int(ts) < _TO):
        return None
    venue = venue_of("", path) or venue_of_frame(payload)
    return Recording(path, venue, "hftbacktest", _read)


def _read(recording: Recording) -> Iterator[Frame]:
    for number, line in lines(recording.path):
        ts, _, payload = line.partition(b" ")
        if not (ts.isdigit() and _FROM <= int(ts) < _TO):
            raise DamagedRecording(str(recording.path), number - 1, "a line that does not begin with nanoseconds")
        if not line.endswith(b"\n") and not payload.rstrip().endswith((b"}", b"]")):
            raise DamagedRecording(str(recording.path), number - 1, "cut off in the middle of a line")
        yield Frame(int(ts), "1", payload.strip(), venue=recording.venue)
