"""A recording → items, through the same parsers as live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from fbkit.errors import UnknownName
from fbkit.feeds.recorded.binance import BinanceReader
from fbkit.feeds.recorded.broken import Broken
from fbkit.feeds.recorded.recording import Frame, Recording, open_recording
from fbkit.model import SAMPLE_BYTES, Item, Rejected


class Reader(Protocol):
    """A venue's parser with the state that a recording needs (instruments met, books); ``breaks`` fills as it reads."""

    breaks: list[Broken]

    def read(self, frame: Frame) -> list[Item]: ...


#: The venues whose recordings we can read.
READERS: dict[str, Callable[[], Reader]] = {"binance": BinanceReader}


def replay_frames(
    source: str | Path | Recording, on_break: Callable[[Broken], None] = lambda _: None
) -> Iterator[tuple[int, str, list[Item]]]:
    """Every frame of a recording as (``ts_recv``, venue, items), in the order of receipt.

    The first items of a symbol come after its ``Listing``: from the recording's own instrument list, else ``assumed``.
    Raises :class:`~fbkit.errors.DamagedRecording` after everything that could be read, and
    :class:`~fbkit.errors.UnknownName` for a venue we have no room for.
    """
    recording = source if isinstance(source, Recording) else open_recording(source)
    if recording.venue and recording.venue not in READERS:
        raise UnknownName("venue", recording.venue, sorted(READERS))
    readers: dict[str, Reader] = {}
    for frame in recording.frames():
        venue = frame.venue or recording.venue
        if venue not in READERS:
            yield frame.ts_recv, venue, [Rejected("", "unknown", frame.payload[:SAMPLE_BYTES])]
            continue
        reader = readers.get(venue)
        if reader is None:
            reader = readers[venue] = READERS[venue]()
        items = reader.read(frame)
        while reader.breaks:
            on_break(reader.breaks.pop(0))
        yield frame.ts_recv, venue, items
