"""What writing stands on: room on the disk, a write-ahead log that somebody may hold up, the spill file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fbkit.health import Health
from fbkit.ingest.writing import WriterThread

GIB = 2**30

#: Less than this share of the disk free, or less than this much: time to make room.
_FREE_SHARE, _FREE_BYTES = 0.05, GIB

#: A write-ahead log longer than this is held up by a reader: after every commit it is cut at that length.
_WAL_BYTES = 64 * 2**20


class Usage(Protocol):
    """What :func:`shutil.disk_usage` answers, in bytes."""

    @property
    def total(self) -> int: ...
    @property
    def free(self) -> int: ...


class Ground:
    """Looks at the ground and tells health: reasons ``spilling``, ``disk_low`` and ``wal``, each in words.

    ``place`` is a file or folder on the disk that is written to; ``wal_bytes`` is asked for the length of the log.
    """

    def __init__(
        self,
        health: Health,
        place: Path,
        wal_bytes: Callable[[], int],
        usage: Callable[[Path], Usage] = shutil.disk_usage,
    ) -> None:
        self._health, self._place, self._wal_bytes, self._usage = health, place, wal_bytes, usage

    def look(self) -> None:
        """Disk and log, at a heartbeat."""
        self._say("disk", "disk_low", self._disk())
        size = self._wal_bytes()
        told = (
            f"the write-ahead log is {size / 1e6:,.0f} MB long, for a reader holds it up; "
            "end the query or notebook that has had the database open for long."
        )
        self._say("wal", "wal", told if size > _WAL_BYTES else "")

    def look_at(self, writing: WriterThread) -> None:
        """What waits outside of memory, at every Beat."""
        spill, refused = writing.spill, writing.spill_trouble
        if refused is not None:
            self._say("spill", "spilling", f"what waits for the writer cannot be spilled ({refused}); make room.")
        elif spill.batches:
            self._say(
                "spill",
                "spilling",
                f"the disk is too slow for this feed: {spill.batches:,} batches ({spill.waiting_bytes / 1e6:,.1f} MB) "
                f"wait in {spill.path.name}, which is {spill.share:.0%} full; they are stored in order.",
            )
        else:
            self._say("spill", "spilling", "")

    def _disk(self) -> str:
        try:
            usage = self._usage(self._place)
        except OSError:
            return ""
        share = usage.free / usage.total if usage.total else 1.0
        if share >= _FREE_SHARE and usage.free >= _FREE_BYTES:
            return ""
        return (
            f"{usage.free / GIB:.2f} GiB ({share:.1%}) of the disk under {self._place} is free; "
            "make room before nothing can be stored."
        )

    def _say(self, channel: str, reason: str, sentence: str) -> None:
        if sentence:
            self._health.trouble("", channel, reason, sentence)
        else:
            self._health.well("", channel)
