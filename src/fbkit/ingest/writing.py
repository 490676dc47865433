"""The one writer: batches to the store, on a thread of its own or inline, in order, none lost in silence."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol, TypeVar

from fbkit.clock import Clock
from fbkit.errors import FbkitError, LeaseLost, StoreBusy, StoreFull
from fbkit.ingest.accounting import Accounts
from fbkit.ingest.backlog import Backlog
from fbkit.ingest.grouping import GROUP, MOMENT_S, joined
from fbkit.ingest.kept import Kept, Pending, pack, packed
from fbkit.ingest.memory import give_back
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.spill import DamagedSpill, Spill
from fbkit.ingest.spilling import Refuse, Spiller, Work
from fbkit.model import NS_MIN, NS_S
from fbkit.store import Batch, Writer

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Called when a batch is in the store: the cut and its commit number.
Acknowledge = Callable[[Cut, int], None]

_RETRY_S = 1.0

#: How long the batch that is being stored when patience ends may still take.
_LAST_S = 1.0

#: Rows folded at a stretch; between stretches the queue is looked at.
_FOLD_SLICE = 20_000


class Writing(Protocol):
    """Takes batches in order and tells when each is stored."""

    def offer(self, cut: Cut, checkpoint: Pending | None = None) -> bool:
        """Hand over a batch without waiting; false when there is no room for it."""
        ...

    def close(self) -> None:
        """Store what is waiting, then stop."""
        ...


class Inline:
    """Stores each batch at once, in the caller's thread: for the demo and for recordings."""

    def __init__(self, writer: Writer, acknowledge: Acknowledge) -> None:
        self._writer, self._acknowledge = writer, acknowledge

    def offer(self, cut: Cut, checkpoint: Pending | None = None) -> bool:
        """Store a batch now; errors go to the caller."""
        appended = self._writer.append(Batch(cut.events, cut.rows, packed(checkpoint)))
        self._acknowledge(cut, appended.commit)
        return True

    def close(self) -> None:
        """Nothing waits here."""


class _Asked(NamedTuple):
    work: Callable[[Writer], Any]
    future: Future[Any]

    def do(self, writer: Writer) -> None:
        """Whatever goes wrong is told to who asked; it ends no writer."""
        if self.future.set_running_or_notify_cancel():
            try:
                self.future.set_result(self.work(writer))
            except Exception as error:  # noqa: BLE001 - handed on, not swallowed
                self.future.set_exception(error)


class Spilling(NamedTuple):
    """Where batches go that find no room in memory, and what stood there when the run began.

    ``spill`` is this run's file and ``rest`` the one for what is still in memory when it ends; ``backlog`` is what
    earlier runs left. ``accounts`` are whose items a file tells of, ``run`` is ours.
    """

    spill: Spill
    rest: Spill
    backlog: Backlog
    accounts: Accounts
    run: int


class _Look:
    """A word to the writer's thread: there may be something to do."""


_LOOK = _Look()

#: Of the bound on memory, the share for batches on their way into the spill file.
_MOVING_SHARE = 0.2

#: What says what we know is kept in memory beyond the bound, up to so many times as much.
_ANYWAY = 2


class WriterThread:
    """Stores batches on its own thread, so that no commit, fold or checkpoint stops the sockets.

    A batch waits in memory, at most ``bound`` events and rows of them (or one batch, however large); beyond that in
    ``spilling``, and while anything is there what comes later goes behind it. What finds no room there either is
    handed to ``refuse``, which is called from any thread. Batches that wait are stored together, about ``group`` events
    and rows at once; where some wait already when one is stored, ``moment_s`` is given to those behind them. What
    earlier runs left is stored while nothing of ours waits.

    A full or busy disk keeps the batch and tries again every second; ``trouble`` says so meanwhile. A lost lease or a
    damaged file ends the thread; ``failed`` then holds the error.
    """

    def __init__(  # noqa: PLR0913 - what it needs and what tests put in its place, all by name
        self,
        writer: Writer,
        acknowledge: Acknowledge,
        *,
        clock: Clock,
        bound: int,
        spilling: Spilling,
        refuse: Refuse = lambda _cut, _since: None,
        sleep: Callable[[float], None] = time.sleep,
        group: int = GROUP,
        moment_s: float = MOMENT_S,
    ) -> None:
        self._writer, self._acknowledge, self._clock, self._bound = writer, acknowledge, clock, bound
        self._group, self._moment_s, self._behind = group, moment_s, False
        self._sleep, self._refuse = sleep, refuse
        self._queue: queue.SimpleQueue[Work | _Asked | _Look | None] = queue.SimpleQueue()
        self._asked: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._waiting = 0
        self._taken: list[_Asked | _Look | None] = []  # out of the queue, and next
        self._at: Work | None = None
        self._folded = clock.now()
        self._folding: int | None = None
        self._closing = self._given_up = self._ended = False
        self._spilling = spilling
        self._spiller = Spiller(
            spilling.spill,
            spilling.run,
            bound=int(bound * _MOVING_SHARE),
            refuse=refuse,
            written=lambda: self._queue.put(_LOOK),
        )
        self.trouble: FbkitError | None = None
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="fbkit-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Events and rows in memory that are not stored yet."""
        return self._waiting + self._spiller.moving

    @property
    def share(self) -> float:
        """How full that memory is, 0 to 1."""
        return self.waiting / self._bound

    @property
    def spill(self) -> Spill:
        """The file of what found no room in memory."""
        return self._spilling.spill

    @property
    def backlog(self) -> dict[str, Any] | None:
        """How far storing what earlier runs left has come: ``done`` and ``total`` batches, and a sentence."""
        return self._spilling.backlog.progress

    @property
    def spill_trouble(self) -> OSError | None:
        """What the disk said when a batch could not be spilled."""
        return self._spiller.trouble

    def offer(self, cut: Cut, checkpoint: Pending | None = None, *, anyway: bool = False) -> bool:
        """Take a batch without waiting; false when there is no room for it, and then nothing of it is kept.

        ``anyway`` is for the little that says what we know: it may go beyond the bound, and before what is spilled.
        """
        work = Work(cut, checkpoint, len(cut.events) + len(cut.rows))
        with self._lock:
            if self._ended:
                return False
            if not self._has_room(work.size, anyway=anyway):
                return not anyway and self._spiller.offer(work)
            self._waiting += work.size
        self._queue.put(work)
        return True

    def _has_room(self, size: int, *, anyway: bool) -> bool:
        if anyway:
            return self._waiting + size <= _ANYWAY * self._bound
        if self._spiller.is_used:
            return False
        return not self._waiting or self._waiting + size <= self._bound * (1 - _MOVING_SHARE)

    def ask(self, work: Callable[[Writer], T]) -> Future[T]:
        """Do something else with the writer, on its thread, in turn with the batches; short, for they wait meanwhile.

        What is still to do when the thread ends is cancelled.
        """
        future: Future[T] = Future()
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        self._queue.put(_Asked(work, future))
        if not self._thread.is_alive():
            future.cancel()
        return future

    def close(self, patience_s: float = 30.0) -> None:
        """Store what waits and end the thread. What cannot be stored in that time is spilled for the next run."""
        self._spiller.close(patience_s)
        self._closing = True
        self._queue.put(None)
        self._thread.join(patience_s)
        with self._lock:
            self._given_up = self._ended = True
        self._thread.join(_LAST_S)
        if self._thread.is_alive():
            log.error("the writer did not finish within %.0f s; %d rows were not stored", patience_s, self.waiting)
        self._leave(self._spilling)

    def _leave(self, spilling: Spilling) -> None:
        """What the thread did not come to waits in a file; after a lost lease it may not be stored, ever."""
        spilling.spill.close()
        if isinstance(self.failed, LeaseLost):
            spilling.spill.clear()
            return
        left = [] if self._at is None else [self._at]
        while not self._queue.empty():
            work = self._queue.get()
            if isinstance(work, Work):
                left.append(work)
        for work in left:
            try:
                kept = spilling.rest.put(pack(work.cut, work.checkpoint, spilling.run))
            except OSError as error:
                log.error("%s", error)  # noqa: TRY400 - a disk without room is no fault of the code's
                kept = False
            if not kept:
                self._refuse(work.cut, work.cut.beat.ts_recv - NS_S)
        spilling.rest.close()

    def _work(self) -> None:
        try:
            while (work := self._next()) is not None:
                if isinstance(work, _Asked):
                    work.do(self._writer)
                elif isinstance(work, Work):
                    self._store(joined(self._gathered(work)))
                    self._behind = not self._queue.empty()
                    self._fold()
                elif isinstance(work, Kept):
                    self._store_kept(work)
                    self._fold()
                elif isinstance(work, Backlog):
                    self._patiently(work.store_next)
        except BaseException as error:  # whatever ends this thread must be seen by the collector
            self.failed = error
            log.exception("the writer stopped")
        finally:
            for future in list(self._asked):
                future.cancel()

    def _next(self) -> Work | Kept | Backlog | _Asked | _Look | None:
        """What waited longest: in memory, then in our file; and when nothing does, what earlier runs left."""
        spilling = self._spilling
        waits = spilling.spill.batches > 0 or not (spilling.backlog.is_empty or self._closing)
        try:
            work = self._taken.pop() if self._taken else self._queue.get(block=not waits)
        except queue.Empty:
            return self._next_kept()
        if self._given_up:
            return None
        if work is not None or not spilling.spill.batches:
            return work
        self._queue.put(None)  # the end comes behind what is spilled
        return self._next_kept()

    def _gathered(self, first: Work) -> list[Work]:
        """A batch and those that wait behind it, up to a fair size; what else is met there comes next."""
        works, size = [first], first.size
        until = time.monotonic() + (self._moment_s if self._behind else 0.0)
        while size < self._group:
            try:
                work = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if not isinstance(work, Work):
                self._taken.append(work)
                break
            works.append(work)
            size += work.size
        return works

    def _next_kept(self) -> Kept | Backlog | _Look:
        try:
            kept = self._spilling.spill.first()
        except DamagedSpill as error:
            log.error("%s", error)  # noqa: TRY400 - a disk that forgets is no fault of the code's
            self._spiller.lose()
            return _LOOK
        return kept or (_LOOK if self._spilling.backlog.is_empty else self._spilling.backlog)

    def _store(self, work: Work) -> None:
        self._at = work
        batch = Batch(work.cut.events, work.cut.rows, packed(work.checkpoint))
        appended = self._patiently(lambda: self._writer.append(batch))
        self._at = None
        with self._lock:
            self._waiting -= work.size
        self._acknowledge(work.cut, appended.commit)

    def _store_kept(self, kept: Kept) -> None:
        batch = kept.batch
        appended = self._patiently(lambda: self._writer.append(batch))
        cut = kept.cut(batch, self._spilling.accounts)
        self._spiller.done(cut)
        self._acknowledge(cut, appended.commit)

    def _patiently(self, write: Callable[[], T]) -> T:
        """Write, again every second while the disk is full or the database locked."""
        while True:
            try:
                written = write()
            except (StoreFull, StoreBusy) as error:
                self.trouble = error
                log.warning("%s", error)
                if self._closing:
                    raise
                self._sleep(_RETRY_S)
            else:
                self.trouble = None
                return written

    def _fold(self) -> None:
        """Once a minute rows older than a minute become chunks: a slice after each batch, more while nothing waits."""
        now = self._clock.now()
        if self._folding is None:
            if now - self._folded < NS_MIN:
                return
            self._folding = now - NS_MIN
        try:
            while self._writer.fold(self._folding, limit=_FOLD_SLICE) >= _FOLD_SLICE:
                if not self._queue.empty():
                    return
        except (StoreFull, StoreBusy) as error:
            self.trouble = error
            log.warning("folding waits: %s", error)
            return
        self._folded, self._folding = now, None
        give_back()
