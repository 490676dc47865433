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
from fbkit.errors import FbkitError, StoreBusy, StoreFull
from fbkit.ingest.pipeline import Cut
from fbkit.model import NS_MIN
from fbkit.store import Batch, Checkpoint, Writer

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Called when a batch is in the store: the cut and its commit number.
Acknowledge = Callable[[Cut, int], None]

_RETRY_S = 1.0

#: Rows folded at a stretch; between stretches the queue is looked at.
_FOLD_SLICE = 20_000


class Writing(Protocol):
    """Takes batches in order and tells when each is stored."""

    def offer(self, cut: Cut, checkpoint: Checkpoint | None = None) -> bool:
        """Hand over a batch without waiting; false when there is no room for it."""
        ...

    def close(self) -> None:
        """Store what is waiting, then stop."""
        ...


class Inline:
    """Stores each batch at once, in the caller's thread: for the demo and for recordings."""

    def __init__(self, writer: Writer, acknowledge: Acknowledge) -> None:
        self._writer, self._acknowledge = writer, acknowledge

    def offer(self, cut: Cut, checkpoint: Checkpoint | None = None) -> bool:
        """Store a batch now; errors go to the caller."""
        appended = self._writer.append(Batch(cut.events, cut.rows, checkpoint))
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


class WriterThread:
    """Stores batches on its own thread, so that no commit, fold or checkpoint stops the sockets.

    A full or busy disk keeps the batch and tries again every second; ``trouble`` says so meanwhile. A lost lease or a
    damaged file ends the thread; ``failed`` then holds the error.
    """

    def __init__(
        self,
        writer: Writer,
        acknowledge: Acknowledge,
        *,
        clock: Clock,
        bound: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer, self._acknowledge, self._clock, self._bound = writer, acknowledge, clock, bound
        self._sleep = sleep
        self._queue: queue.SimpleQueue[tuple[Cut, Checkpoint | None] | _Asked | None] = queue.SimpleQueue()
        self._asked: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._waiting = 0
        self._folded = clock.now()
        self._folding: int | None = None
        self._closing = False
        self.trouble: FbkitError | None = None
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="fbkit-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Events in batches that are not stored yet."""
        return self._waiting

    @property
    def share(self) -> float:
        """How full the queue is, 0 to 1."""
        return self._waiting / self._bound

    def offer(self, cut: Cut, checkpoint: Checkpoint | None = None, *, anyway: bool = False) -> bool:
        """Queue a batch; false when the bound is reached (and not ``anyway``), and then nothing of it is kept."""
        size = len(cut.events) + len(cut.rows)
        with self._lock:
            if not anyway and self._waiting and self._waiting + size > self._bound:
                return False
            self._waiting += size
        self._queue.put((cut, checkpoint))
        return True

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
        """Store what is queued and end the thread."""
        self._closing = True
        self._queue.put(None)
        self._thread.join(patience_s)
        if self._thread.is_alive():
            log.error("the writer did not finish within %.0f s; %d rows were not stored", patience_s, self._waiting)

    def _work(self) -> None:
        try:
            while (work := self._queue.get()) is not None:
                if isinstance(work, _Asked):
                    work.do(self._writer)
                else:
                    self._store(*work)
                    self._fold()
        except BaseException as error:  # whatever ends this thread must be seen by the collector
            self.failed = error
            log.exception("the writer stopped")
        finally:
            for future in list(self._asked):
                future.cancel()

    def _store(self, cut: Cut, checkpoint: Checkpoint | None) -> None:
        batch = Batch(cut.events, cut.rows, checkpoint)
        while True:
            try:
                appended = self._writer.append(batch)
            except (StoreFull, StoreBusy) as error:
                self.trouble = error
                log.warning("%s", error)
                if self._closing:
                    raise
                self._sleep(_RETRY_S)
            else:
                break
        self.trouble = None
        with self._lock:
            self._waiting -= len(cut.events) + len(cut.rows)
        self._acknowledge(cut, appended.commit)

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
