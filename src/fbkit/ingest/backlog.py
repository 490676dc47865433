"""What earlier runs left in spill files: known again at a start, and stored beside the live market, oldest first."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from fbkit.ingest.kept import Kept, beat_of
from fbkit.ingest.spill import Head, read_batches, read_head, torn_bytes
from fbkit.model import NS_S, AccountRow, Beat, Event, Row, RunRow
from fbkit.store import Batch, Writer

log = logging.getLogger(__name__)

Key = tuple[str, str]

#: How often the log hears how far it is, from the first batch to the last.
_TOLD = 10


class Absence(NamedTuple):
    """``[t0, t1)``, UTC ns: what waited in the memory of a process that was killed."""

    t0: int
    t1: int


class Left:
    """The spill files of one run: how far they reach, and what their batches do to its accounts."""

    def __init__(self, run: int, paths: list[Path]) -> None:
        self.run, self.paths = run, paths
        self.batches = self.last_seq = 0
        self.first_seq = 0
        self.first_beat: Beat | None = None
        self.last_beat: Beat | None = None
        self._items: Counter[Key] = Counter()
        self._told: dict[Key, AccountRow] = {}
        for path in paths:
            for kept in read_batches(path):
                self._look_at(kept)

    def _look_at(self, kept: Kept) -> None:
        batch = kept.batch
        self.batches += 1
        self.first_seq = self.first_seq or batch.events[0].seq
        self.last_seq = max(self.last_seq, batch.events[-1].seq)
        self.last_beat = beat_of(batch.events)
        self.first_beat = self.first_beat or self.last_beat
        for venue, channel, count in kept.items:
            self._items[venue, channel] += count
        self._told.update({(row.venue, row.channel): row for row in batch.rows if isinstance(row, AccountRow)})

    def books(self, known: list[AccountRow]) -> list[AccountRow]:
        """The run's accounts once all this is stored: items under way become stored ones.

        The newest account is the last heartbeat's, in the database or here. What came in after it is received, too;
        what was under way and is not here went with the memory of the process, and stays ``in_flight``.
        """
        newest = {(row.venue, row.channel): row for row in known if row.run == self.run}
        for key, row in self._told.items():
            if key not in newest or newest[key].received < row.received:
                newest[key] = row
        return [self._stored(newest.get(key) or AccountRow(self.run, *key), n) for key, n in self._items.items()]

    @staticmethod
    def _stored(row: AccountRow, count: int) -> AccountRow:
        arrived = min(row.in_flight, count)
        return replace(
            row, stored=row.stored + count, in_flight=row.in_flight - arrived, received=row.received + count - arrived
        )


class Backlog:
    """Batches of earlier runs, in spill files, until they are stored.

    They are read a batch at a time and as often as needed, so memory stays flat. Storing them again is no harm (the
    store knows every ``seq``): a run's files and its accounts are settled together, when all of them are in.
    """

    def __init__(self, writer: Writer, paths: list[Path]) -> None:
        self._writer = writer
        self._runs = list(self._usable(paths))
        self.total = sum(left.batches for left in self._runs)
        self.done = 0
        self.absences = list(self._absences())
        self._waiting = self._batches()
        self._ahead: tuple[Batch, Left | None] | None = None  # what is tried until it is stored
        if self.total:
            log.warning("%s: %s", writer.url, self._sentence())

    @property
    def last_seq(self) -> int:
        """The highest ``seq`` in it, 0 when there is none."""
        return max((left.last_seq for left in self._runs), default=0)

    @property
    def last_beat(self) -> Beat | None:
        """The newest Beat in it."""
        return max((left.last_beat for left in self._runs if left.last_beat), key=lambda beat: beat.n, default=None)

    @property
    def is_empty(self) -> bool:
        """Whether all of it is stored."""
        return self.done == self.total

    @property
    def progress(self) -> dict[str, Any] | None:
        """``done`` and ``total`` batches, and a sentence; ``None`` when nothing is left."""
        return None if self.is_empty else {"done": self.done, "total": self.total, "sentence": self._sentence()}

    def replay(self, since_seq: int = 0) -> Iterator[Event]:
        """Its events from a place on, in order."""
        for left in self._runs:
            for path in left.paths:
                for kept in read_batches(path):
                    yield from (event for event in kept.batch.events if event.seq >= since_seq)

    def store_next(self) -> int:
        """Store one more batch; returns its commit. Raises what :meth:`fbkit.store.Writer.append` raises."""
        batch, left = self._ahead = self._ahead or next(self._waiting)
        commit = self._writer.append(batch).commit
        self._ahead = None
        self.done += 1
        if left is not None:
            for path in left.paths:
                path.unlink(missing_ok=True)
        if self.done * _TOLD // self.total > (self.done - 1) * _TOLD // self.total:
            log.warning("%s: %s", self._writer.url, self._sentence())
        return commit

    def _batches(self) -> Iterator[tuple[Batch, Left | None]]:
        """Each batch, with a run's last one that run."""
        for left in self._runs:
            number = 0
            for path in left.paths:
                for kept in read_batches(path):
                    number += 1
                    last = number == left.batches
                    yield self._batch(kept, left, is_last=last), left if last else None

    def _batch(self, kept: Kept, left: Left, *, is_last: bool) -> Batch:
        batch = kept.batch
        # Of another database (this one was begun anew) there are no runs to speak of here.
        known_here = left.run < self._writer.epoch
        rows: list[Row] = [
            row for row in batch.rows if not isinstance(row, AccountRow) and (known_here or not isinstance(row, RunRow))
        ]
        if is_last and known_here:
            rows += left.books(self._writer.accounts(left.run))
        return Batch(batch.events, rows, batch.checkpoint)

    def _usable(self, paths: list[Path]) -> Iterator[Left]:
        ours: dict[int, list[Path]] = {}
        for path in paths:
            head = read_head(path)
            if head is None or not self._is_ours(head):
                _put_aside(path, "it is of another market" if head else "its beginning cannot be read")
                continue
            ours.setdefault(head.run, []).append(path)
            if torn := torn_bytes(path):
                log.warning("%s: its last %d bytes are torn and left out", path, torn)
        runs = self._writer.runs()
        for number, files in ours.items():
            left, why = None, ""
            try:
                left = Left(number, files)
            except (msgspec.DecodeError, KeyError) as error:
                why = f"another fbkit wrote it ({error})"
            if left is not None and not left.batches:
                why = "no batch of it is whole"
            elif left is not None and any(run.run > number and run.seq_start <= left.first_seq for run in runs):
                why = "another collector wrote in its place"
            if left is not None and not why:
                yield left
                continue
            for path in files:
                _put_aside(path, why)

    def _is_ours(self, head: Head) -> bool:
        return (head.market, head.seed) == (self._writer.market, self._writer.seed)

    def _absences(self) -> Iterator[Absence]:
        """Between what is stored and what is here: the memory of a process that was killed."""
        before = self._writer.last_beat()
        for left in self._runs:
            first = left.first_beat
            if before is not None and first is not None and first.n > before.n + 1:
                yield Absence(before.ts_recv, first.ts_recv - NS_S)
            before = left.last_beat

    def _sentence(self) -> str:
        return f"storing what an earlier run could not: {self.done:,} of {self.total:,} batches"


def _put_aside(path: Path, why: str) -> None:
    aside = path.with_name(path.name + ".refused")
    path.replace(aside)
    log.warning("%s cannot be stored, %s; kept as %s", path, why, aside.name)
