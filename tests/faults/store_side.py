"""The side of the store: a session whose disk can be stopped, made slow or full, and what a kill leaves of it."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fbkit.clock import VirtualClock
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.session import Session
from fbkit.ingest.writing import WriterThread
from fbkit.model import NS_MS, NS_S, Market, Side, Trade
from fbkit.settings import load_settings
from fbkit.store import Store, Writer, open_store

#: A whole second: Beats fall on it.
START = 1_767_225_600 * NS_S
NAME = "binance:BTC-USDT-PERP"
PATIENCE_S = 20.0


class Disk:
    """A writer behind a door: each append waits until it is let in."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._open = writer, threading.Semaphore(0)
        self.appended: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def append(self, batch: Any) -> Any:
        self._open.acquire()
        done = self._writer.append(batch)
        self.appended.append((batch.events[0].seq, batch.events[-1].seq))
        return done

    def fold(self, before: int, limit: int | None = None) -> int:
        return 0

    def let_in(self, batches: int = 1) -> None:
        """Let so many appends through."""
        self._open.release(batches)


class Site:
    """One run over a database: a pipeline, a writer's thread behind a door, and what it said."""

    def __init__(
        self,
        url: str,
        home: Path,
        *,
        bound: int = 1000,
        spill_mb: int = 512,
        start: int = START,
        first: int = 1,
        group: int = 1,
        moment_s: float = 0.0,
    ) -> None:
        self.clock = VirtualClock(start)
        settings = load_settings(home=home, cadence_ms=0, spill_mb=spill_mb, instruments=1)
        self.session = Session.open(
            url, settings, self.clock, market=Market.LIVE, seed=None, holder="a run under test", counted={"binance"}
        )
        self.pipeline = self.session.pipeline
        self.session.begin(start, fetches=False)
        self.disk = Disk(self.session.writer)
        self.session.backlog._writer = self.disk  # type: ignore[assignment]  # a stand-in
        self.acknowledged: list[Cut] = []
        self.refused: list[tuple[Cut, int]] = []
        self.heard = threading.Condition()
        self.writing = WriterThread(
            self.disk,  # type: ignore[arg-type]  # a stand-in
            self._acknowledge,
            clock=self.clock,
            bound=bound,
            spilling=self.session.spilling(spill_mb, start),
            refuse=self._refuse,
            sleep=lambda _: None,
            group=group,
            moment_s=moment_s,
        )
        self._at, self._numbers = start, itertools.count(first)
        self._ended: list[Any] | None = None

    def cut(self, trades: int = 100) -> Cut:
        """A second of the market."""
        for number in itertools.islice(self._numbers, trades):
            ts = self._at + NS_MS
            self.pipeline.take("binance", [Trade(NAME, ts, ts, number, 100.0, 1.0, Side.BUY)], ts)
        self._at += NS_S
        return self.pipeline.beat(self._at)

    def aside(self, trades: int = 100) -> Cut:
        """A second of the market that goes another way than to the writer; in the books it is dropped."""
        cut = self.cut(trades)
        self.pipeline.dropped(cut)
        return cut

    def offer(self, trades: int = 100) -> bool:
        """A second of the market, handed to the writer."""
        cut = self.cut(trades)
        taken = self.writing.offer(cut)
        if not taken:
            self.pipeline.dropped(cut)
        assert self.pipeline.accounts.unbalanced() == []
        return taken

    def wait(self, holds: Any) -> None:
        """Until something is so; both threads are given the time they need."""
        with self.heard:
            assert self.heard.wait_for(holds, PATIENCE_S), "it did not come to that"

    def moved(self) -> None:
        """Until nothing is on its way into the spill file."""
        until(lambda: not self.writing._spiller.moving)

    def settle(self) -> None:
        """Let everything in, and wait until what earlier runs left is stored."""
        self.disk.let_in(1_000_000)
        until(lambda: self.session.backlog.is_empty)

    def end(self) -> list[Any]:
        """Let everything in and stop; the accounts of the run."""
        if self._ended is None:
            self.disk.let_in(1_000_000)
            self.writing.close(PATIENCE_S)
            self._ended = self.session.end(self._at)
        return self._ended

    def _acknowledge(self, cut: Cut, commit: int) -> None:
        with self.heard:
            self.pipeline.stored(cut)
            self.acknowledged.append(cut)
            self.heard.notify_all()

    def _refuse(self, cut: Cut, since: int) -> None:
        with self.heard:
            self.pipeline.dropped(cut)
            self.refused.append((cut, since))
            self.heard.notify_all()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{(tmp_path / 'live.db').as_posix()}"


@pytest.fixture
def open_site(url: str, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Runs over that database, or another."""
    sites: list[Site] = []

    def make(**options: Any) -> Site:
        sites.append(Site(options.pop("url", url), tmp_path, **options))
        return sites[-1]

    yield make
    for site in sites:
        site.end()


def spilled(site: Site, seconds: int = 30) -> None:
    """A writer that stands still while seconds go by: memory fills up, the rest is in the file."""
    for _ in range(seconds):
        assert site.offer()
        site.moved()


def until(holds: Callable[[], bool]) -> None:
    """Look again and again; for what tells nobody."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.002)):
        if holds():
            return
        pause.wait(0.002)
    raise AssertionError("it did not come to that")


def remains(url: str, folder: Path) -> str:
    """A database as ``kill -9`` at this instant would leave it, with its log and its spill files: the copy's URL."""
    path = Path(url.removeprefix("sqlite:///"))
    folder.mkdir()
    for file in path.parent.glob(path.name + "*"):
        if not file.name.endswith((".lock", "-shm")):
            shutil.copy(file, folder / file.name)
    return f"sqlite:///{(folder / path.name).as_posix()}"


def trade_ids(url: str) -> list[int]:
    """The ids of the trades in a store, in ``seq`` order."""
    with open_store(url) as store:
        return [event.venue_id for event in _trades(store)]


def _trades(store: Store) -> Iterator[Trade]:
    return (event for event in store.replay() if isinstance(event, Trade))
