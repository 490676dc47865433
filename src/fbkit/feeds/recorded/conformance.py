"""Every recording under a folder through the parsers: what came of each file, and whether anything raised.

A file nobody can read as frames (a table, a container or a venue we have no room for) is counted as ``unsupported``.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fbkit.errors import DamagedRecording, UnknownName
from fbkit.feeds.reading import channel_of_item
from fbkit.feeds.recorded.recording import CAPTURE_SUFFIX, open_recording
from fbkit.feeds.recorded.replay import replay_frames
from fbkit.model import Control, Ignored, Item, Listing, Rejected, channel_of

#: Notes about recordings, not recordings.
NOTES = frozenset({".md"})


class Examined(msgspec.Struct):
    """What came of one file.

    ``received`` are items by channel (listings of whoever is met aside), ``events`` what they became by channel,
    ``ignored`` and ``quarantined`` are by channel and reason. ``breaks`` are books that
    lost their sequence, ``mends`` those that found it again. ``unsupported`` says why nothing was read, ``damaged``
    where reading ended, ``failed`` is an exception that should not have been.
    """

    file: str
    venues: list[str] = []
    container: str = ""
    frames: int = 0
    items: int = 0
    received: Counter[str] = msgspec.field(default_factory=Counter)
    events: Counter[str] = msgspec.field(default_factory=Counter)
    ignored: Counter[str] = msgspec.field(default_factory=Counter)
    quarantined: Counter[str] = msgspec.field(default_factory=Counter)
    control: int = 0
    breaks: int = 0
    mends: int = 0
    unsupported: str = ""
    damaged: str = ""
    failed: str = ""

    def count(self, item: Item) -> None:
        """Take one item into account. One that gave several events is one item."""
        if isinstance(item, Control):
            self.control += 1
            return
        if isinstance(item, Listing):
            self.events["listing"] += 1
            return
        self.items += 1
        self.received[channel_of_item(item) or "?"] += 1
        if isinstance(item, Ignored):
            self.ignored[f"{item.channel or '?'} {item.reason}"] += 1
        elif isinstance(item, Rejected):
            self.quarantined[f"{item.channel or '?'} {item.reason}"] += 1
        else:
            for event in item if isinstance(item, tuple) else (item,):
                self.events[channel_of(event)] += 1


def examine(path: Path, name: str = "") -> Examined:
    """Read one file (or folder of captures) to its end. Nothing raises: what did is in the answer."""
    found = Examined(name or path.name)
    try:
        recording = open_recording(path)
        found.container = recording.container
        broke: list[object] = []
        mended: list[object] = []
        venues: dict[str, None] = {}
        for _, venue, items in replay_frames(recording, broke.append, mended.append):
            venues[venue] = None
            found.frames += 1
            for item in items:
                found.count(item)
        found.venues, found.breaks, found.mends = list(venues), len(broke), len(mended)
    except DamagedRecording as error:
        if found.frames:
            found.damaged = error.why
        else:
            found.unsupported = error.why
    except UnknownName as error:
        found.unsupported = f"no room for {error.name!r}"
    except Exception:  # noqa: BLE001 - to find what raises is what this is for
        found.failed = traceback.format_exc(limit=-4)
    return found


def examine_folder(folder: Path) -> Iterator[Examined]:
    """Every recording below a folder, in the order of their names; notes and hidden files are passed over.

    fbkit's own captures are one recording a folder: what one connection said needs what another did.
    """
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    found = {path for path in files if path.suffix not in NOTES and not path.name.endswith(CAPTURE_SUFFIX)}
    found |= {path.parent for path in files if path.name.endswith(CAPTURE_SUFFIX)}
    for path in sorted(found):
        yield examine(path, path.relative_to(folder).as_posix() if path != folder else folder.name)
