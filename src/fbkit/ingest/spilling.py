"""The way into the spill file, on a thread of its own: nobody who reads a socket waits for a disk."""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from fbkit.ingest.accounting import Account
from fbkit.ingest.kept import Pending, pack
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.spill import Spill
from fbkit.model import NS_S

log = logging.getLogger(__name__)


class Work(NamedTuple):
    """A batch that waits, and how many events and rows it is."""

    cut: Cut
    checkpoint: Pending | None
    size: int


#: Told of a batch that is not kept, and since when (UTC ns of ``ts_recv``) what it holds is missing. From any thread.
Refuse = Callable[[Cut, int], None]


class Spiller:
    """Writes batches into a spill file, in order.

    ``refuse`` is called with a batch that found no room or no disk; ``written`` after each, whatever came of it.
    ``trouble`` is what the disk said last.
    """

    def __init__(self, spill: Spill, run: int, *, bound: int, refuse: Refuse, written: Callable[[], None]) -> None:
        self.spill, self._run, self._bound, self._refuse, self._written = spill, run, bound, refuse, written
        self._inbox: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock, self._books = threading.Lock(), threading.Lock()  # the loop takes the first; none waits for a disk
        self._thread: threading.Thread | None = None
        self._moving = self._batches = 0
        self._inside: Counter[Account] = Counter()
        self._newest: Cut | None = None
        self._since = 0
        self.trouble: OSError | None = None

    @property
    def moving(self) -> int:
        """Events and rows on their way to the file."""
        return self._moving

    @property
    def is_used(self) -> bool:
        """Whether anything is in the file or on its way: then what comes later goes behind it."""
        return self._batches > 0 or self.spill.batches > 0

    def offer(self, work: Work) -> bool:
        """Take a batch without waiting; false when too much is on its way already."""
        with self._lock:
            if self._batches and self._moving + work.size > self._bound:
                return False
            self._moving += work.size
            self._batches += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="fbkit-spill", daemon=True)
            self._thread.start()
        self._inbox.put(work)
        return True

    def done(self, cut: Cut) -> None:
        """The oldest batch of the file is stored."""
        with self._books:
            self._inside.subtract(cut.items)
            self._since = cut.beat.ts_recv
        self.spill.done()

    def lose(self) -> None:
        """The file cannot be read: what it held is refused, as one batch without events."""
        with self._books:
            items = {account: count for account, count in self._inside.items() if count}
            self._inside.clear()
            self.spill.clear()
            newest, since = self._newest, self._since
        if newest is not None:
            self._refuse(newest._replace(items=items), since)

    def close(self, patience_s: float) -> None:
        """Write what is on its way and end the thread."""
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join(patience_s)

    def _work(self) -> None:
        while (work := self._inbox.get()) is not None:
            kept = self._put(work)
            with self._lock:
                self._moving -= work.size
                self._batches -= 1
            if not kept:
                self._refuse(work.cut, work.cut.beat.ts_recv - NS_S)
            self._written()

    def _put(self, work: Work) -> bool:
        data = pack(work.cut, work.checkpoint, self._run)
        try:
            kept = self.spill.put(data)
        except OSError as error:
            self.trouble = error
            log.warning("%s cannot be written: %s", self.spill.path, error)
            return False
        self.trouble = None
        if kept:
            self._note(work.cut)
        return kept

    def _note(self, cut: Cut) -> None:
        with self._books:
            if not any(self._inside.values()):
                self._since = cut.beat.ts_recv - NS_S
            self._inside.update(cut.items)
            self._newest = cut._replace(events=[cut.beat], rows=[])
