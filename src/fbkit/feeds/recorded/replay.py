"""A recording → items, through the same parsers as live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from fbkit.errors import UnknownName
from fbkit.feeds.recorded.binance import BinanceReader
from fbkit.feeds.recorded.bitget import BitgetReader
from fbkit.feeds.recorded.bybit import BybitReader
from fbkit.feeds.recorded.deribit import DeribitReader
from fbkit.feeds.recorded.gate import GateReader
from fbkit.feeds.recorded.hyperliquid import HyperliquidReader
from fbkit.feeds.recorded.okx import OkxReader
from fbkit.feeds.recorded.reader import Broken, Mended, VenueReader
from fbkit.feeds.recorded.recording import Frame, Recording, open_recording
from fbkit.model import SAMPLE_BYTES, Item, Rejected

#: The venues whose recordings we can read: a line each.
READERS: dict[str, type[VenueReader]] = {
    "binance": BinanceReader,
    "bybit": BybitReader,
    "okx": OkxReader,
    "hyperliquid": HyperliquidReader,
    "deribit": DeribitReader,
    "bitget": BitgetReader,
    "gate": GateReader,
}


def _nobody(_: object) -> None:
    pass


def replay_frames(
    source: str | Path | Recording,
    on_break: Callable[[Broken], None] = _nobody,
    on_mend: Callable[[Mended], None] = _nobody,
    flipped: Callable[[str], frozenset[str]] = lambda _venue: frozenset(),
) -> Iterator[tuple[int, str, list[Item]]]:
    """Every frame of a recording as (``ts_recv``, venue, items), in the order of receipt.

    The first items of a symbol come after its ``Listing``: from the recording's own instrument list, else ``assumed``.
    ``flipped`` says which channels of a venue are to be read the other way.
    Raises :class:`~fbkit.errors.DamagedRecording` after everything that could be read, and
    :class:`~fbkit.errors.UnknownName` for a venue we have no room for.
    """
    recording = source if isinstance(source, Recording) else open_recording(source)
    if recording.venue and recording.venue not in READERS:
        raise UnknownName("venue", recording.venue, sorted(READERS))
    readers: dict[str, VenueReader] = {}
    for frame in recording.frames():
        venue = frame.venue or recording.venue
        if venue not in READERS:
            yield frame.ts_recv, venue, [Rejected("", "unsupported", frame.payload[:SAMPLE_BYTES])]
            continue
        if venue not in readers:
            readers[venue] = READERS[venue](flipped(venue))
        yield frame.ts_recv, venue, _read(readers[venue], frame, on_break, on_mend)


def _read(
    reader: VenueReader, frame: Frame, on_break: Callable[[Broken], None], on_mend: Callable[[Mended], None]
) -> list[Item]:
    """The items of a frame; what broke or mended in it is told first."""
    items = reader.read(frame)
    for broken in reader.breaks:
        on_break(broken)
    for mended in reader.mends:
        on_mend(mended)
    reader.breaks.clear()
    reader.mends.clear()
    return items
