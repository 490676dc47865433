"""A recording: whichever container it is in, frames with the instant they were received."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from fbkit.errors import DamagedRecording

log = logging.getLogger(__name__)


class Frame(NamedTuple):
    """One frame or REST answer as it came.

    ``ts_recv`` in UTC ns by the recorder's clock; ``connection`` its name; ``url`` of the REST question where
    ``is_http``; ``venue`` as far as the row tells.
    """

    ts_recv: int
    connection: str
    payload: bytes
    is_http: bool = False
    url: str = ""
    venue: str = ""


class Recording:
    """A file (or a folder of captures) of frames.

    ``frames`` may be called again and starts anew. ``ts_recv`` never goes backwards: where it would, it is held
    (``held`` counts how often in the last reading, ``held_ns`` by how much at most). A damaged file gives what came
    before the damage, then :class:`~fbkit.errors.DamagedRecording`. ``cut`` says that a capture ended in mid-line, as
    it does when its writer was killed.
    """

    def __init__(self, path: Path, venue: str, container: str, read: Callable[[Recording], Iterator[Frame]]) -> None:
        self.path, self.venue, self.container = path, venue, container
        self.held = 0
        self.held_ns = 0
        self.cut = False
        self._read = read

    def frames(self) -> Iterator[Frame]:
        """Every frame, in the order it was received."""
        self.held = self.held_ns = 0
        self.cut = False
        latest = 0
        try:
            for frame in self._read(self):
                if frame.ts_recv < latest:
                    self.held += 1
                    self.held_ns = max(self.held_ns, latest - frame.ts_recv)
                    yield frame._replace(ts_recv=latest)
                else:
                    latest = frame.ts_recv
                    yield frame
        finally:
            if self.held:
                log.warning(
                    "%s: the recorder's clock went back %d times, by %.3f s at most; those frames were held",
                    self.path,
                    self.held,
                    self.held_ns / 1e9,
                )


#: How captures are named; other names are read by their content.
CAPTURE_SUFFIX = ".fbkit.jsonl.zst"


def open_recording(path: str | Path) -> Recording:
    """A recording, its container and venue told by its first line.

    Raises :class:`~fbkit.errors.DamagedRecording` for what is no recording.
    """
    from fbkit.feeds.recorded import capture, cassette, cryptofeed, hftbacktest, raw
    from fbkit.feeds.recorded.lines import lines

    path = Path(path)
    if path.is_dir():
        return capture.open_folder(path)
    recognisers: list[Callable[[Path, bytes], Recording | None]] = [
        container.recognise for container in (capture, cryptofeed, raw, hftbacktest, cassette)
    ]
    for _, line in lines(path):
        for recognise in recognisers:
            recording = recognise(path, line)
            if recording is not None:
                return recording
        raise DamagedRecording(str(path), 0, "in none of the containers we know")
    raise DamagedRecording(str(path), 0, "empty")
