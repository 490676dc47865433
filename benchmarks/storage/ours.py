"""The same through fbkit's store."""

from __future__ import annotations

import threading
import time
from asyncio import run, sleep
from pathlib import Path

from storage.made import START, Cpu, batches, name_of, trades

from fbkit.clock import VirtualClock
from fbkit.model import NS_MIN, NS_S, Market, Trade
from fbkit.store import Batch, Store, Writer, open_writer
from fbkit.store.packed import Packed, Packer

FAR = 1 << 62
#: Events a pipeline packs at a time, at most.
TOGETHER = 512


def opened(path: Path) -> Writer:
    """A new database."""
    url = f"sqlite:///{path.as_posix()}"
    return open_writer(url, market=Market.LIVE, seed=None, clock=VirtualClock(START), holder="bench store")


def write(writer: Writer, n: int, size: int) -> tuple[float, float]:
    """CPU µs a row: into the tail; and out of it, merging, closing and checkpoints included. A fold each minute.

    Events go the pipeline's way: packing them is a part of writing them.
    """
    tail, fold = Cpu(), Cpu()
    folded = 0
    packer = Packer()
    for start, many in batches(n, size):
        events = trades(start, many)
        now = events[-1].ts_recv
        with tail:
            writer.append(Batch(_packed(packer, events)))
        del events
        if now - folded >= NS_MIN:
            with fold:
                writer.fold(now - NS_MIN)
            folded = now
    with fold:
        writer.fold(FAR)
    return tail.seconds / n * 1e6, fold.seconds / n * 1e6


def _packed(packer: Packer, events: list[Trade]) -> Packed:
    """A second's events as a pipeline hands them over (:mod:`fbkit.ingest.pipeline`)."""
    sheets = [packer.pack(events[at : at + TOGETHER]) for at in range(0, len(events), TOGETHER)]
    return Packed(tuple(packer.names), sheets)


def bytes_a_trade(store: Store) -> float:
    """Closed data on disk."""
    with store._reading() as connection:  # noqa: SLF001 - what lies in a chunk is no reader's affair but ours here
        size, n = connection.exec_driver_sql("SELECT sum(length(data)), sum(n) FROM chunks WHERE level < 0").one()
    return float(size or 0) / float(n or 1)


def read(store: Store, number: int) -> tuple[int, float]:
    """Trades of an instrument as a frame, and the CPU seconds that took."""
    cpu = Cpu()
    with cpu:
        frame = store.frame("trade", name_of(number))
    return len(frame), cpu.seconds


class Stall:
    """How late a 1 ms ticker on an event loop wakes, ms at worst, while a thread of the same process stores."""

    def __init__(self, writer: Writer, rate: int, seconds: float, first: int) -> None:
        self._writer, self._rate, self._seconds, self._first = writer, rate, seconds, first
        self._done = threading.Event()

    def measure(self) -> tuple[float, float]:
        """Worst without storage, worst with it."""
        idle = run(self._tick(self._seconds / 4))
        packer = Packer()
        batches_ready = [
            _packed(packer, trades(self._first + i * self._rate, self._rate)) for i in range(int(self._seconds))
        ]
        thread = threading.Thread(target=self._store, args=(batches_ready,))
        thread.start()
        busy = run(self._tick(self._seconds))
        self._done.set()
        thread.join()
        return idle, busy

    async def _tick(self, seconds: float) -> float:
        worst, end = 0.0, time.perf_counter() + seconds
        while (now := time.perf_counter()) < end:
            await sleep(0.001)
            worst = max(worst, time.perf_counter() - now - 0.001)
        return worst * 1000

    def _store(self, ready: list[Packed]) -> None:
        for events in ready:
            begun = time.perf_counter()
            self._writer.append(Batch(events))
            # What lay in the tail before is old enough: a fold of many rows in the midst, as once a minute.
            self._writer.fold(events[0].ts_recv - 5 * NS_S)
            if self._done.wait(max(0.0, 1.0 - (time.perf_counter() - begun))):
                return
