"""A recording becomes a database: its own time, the same line as live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from fbkit.clock import Clock, SystemClock
from fbkit.errors import DamagedRecording
from fbkit.feeds.recorded import Broken, Mended, replay_frames
from fbkit.feeds.recorded.replay import READERS
from fbkit.ingest.beats import Beats
from fbkit.ingest.pipeline import Cut, Pipeline
from fbkit.ingest.sequence import Hole
from fbkit.ingest.session import Session
from fbkit.ingest.writing import Inline
from fbkit.model import NS_MIN, NS_S, AccountRow, Gap, Item, Market
from fbkit.settings import Settings


class Recorded(NamedTuple):
    """What came of it: final accounts, first and last ``ts_recv`` (UTC ns), and how it was cut short, if it was."""

    accounts: list[AccountRow]
    first: int
    last: int
    damaged: str


def collect_recording(
    path: Path,
    url: str,
    settings: Settings,
    *,
    paced: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    clock: Clock | None = None,
    told: Callable[[int, int], None] = lambda _items, _ts: None,
) -> Recorded:
    """Run a recording through sequence, engine, alerts and store.

    ``paced`` keeps the recording's own speed. ``told(items, ts_recv)`` hears of progress once a recorded second.
    A damaged recording is kept up to the damage, which is then said.
    """
    books: list[Broken | Mended] = []
    frames = replay_frames(path, books.append, books.append, lambda venue: settings.flipped_at.get(venue, frozenset()))
    first_frame = next(frames, None)
    if first_frame is None:
        raise DamagedRecording(str(path), 0, "no frame in it")
    first = first_frame[0]
    wall = clock or SystemClock()
    holder = f"fbkit collect --recording {path.name}"
    counted = frozenset(venue for venue, reader in READERS.items() if reader.contiguous)
    session = Session.open(url, settings, wall, market=Market.RECORDED, seed=None, holder=holder, counted=counted)
    try:
        session.refuse_older_than_last_beat(first, str(path))
    except BaseException:
        session.writer.close()
        raise
    pace = _Pace(on=paced, first=first, sleep=sleep, clock=wall)
    return _pump(session, chain([first_frame], frames), books, first, pace, told)


class _Pace:
    """Holds a recording to its own speed, or not."""

    def __init__(self, *, on: bool, first: int, sleep: Callable[[float], None], clock: Clock) -> None:
        self._on, self._first, self._sleep, self._clock = on, first, sleep, clock
        self._began = clock.now()

    def wait(self, ts_recv: int) -> None:
        if self._on:
            ahead = (ts_recv - self._first) - (self._clock.now() - self._began)
            if ahead > 0:
                self._sleep(ahead / NS_S)


def _pump(
    session: Session,
    frames: Iterable[tuple[int, str, Sequence[Item]]],
    books: list[Broken | Mended],
    first: int,
    pace: _Pace,
    told: Callable[[int, int], None],
) -> Recorded:
    pipeline, last, folded, damaged = session.pipeline, first, first, ""
    writing = Inline(session.writer, lambda cut, _commit: pipeline.stored(cut))

    def keep(cut: Cut) -> None:
        nonlocal folded
        writing.offer(cut)
        told(pipeline.received, cut.beat.ts_recv)
        if cut.beat.ts_recv - folded >= NS_MIN:
            folded = cut.beat.ts_recv
            session.writer.fold(folded - NS_MIN)

    def unfilled(hole: Hole, gap: Gap) -> None:
        """Nobody can be asked for what a recording lacks."""
        pipeline.close_gap(gap, gap.ts_recv, hole.t1, backfilled=False, missing=pipeline.order.missing(hole))

    pipeline.on_hole = unfilled
    session.begin(first, fetches=False)
    beats = Beats(pipeline, first, keep)
    broken_books = _BrokenBooks(pipeline)
    try:
        for ts_recv, venue, items in frames:
            pace.wait(ts_recv)
            last = ts_recv
            beats.reach(ts_recv)
            while books:
                broken_books.hear(books.pop(0), ts_recv)
            pipeline.take(venue, items, ts_recv)
    except DamagedRecording as error:
        damaged = str(error)
    broken_books.close(last)
    writing.offer(beats.end(last), session.checkpoint())
    return Recorded(session.end(last), first, last, damaged)


class _BrokenBooks:
    """Books whose updates do not follow one another: gaps of their instruments until the next snapshot."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._open: dict[tuple[str, str], Gap] = {}

    def hear(self, told: Broken | Mended, ts_recv: int) -> None:
        key = (told.instrument, told.channel)
        if isinstance(told, Mended):
            gap = self._open.pop(key, None)
            if gap is not None:
                self._pipeline.close_gap(gap, ts_recv, told.ts, backfilled=False)
        elif key not in self._open:
            self._open[key] = self._pipeline.open_gap(
                ts_recv, "sequence", told.ts, venue=told.venue, channel=told.channel, instrument=told.instrument
            )

    def close(self, ts: int) -> None:
        for gap in self._open.values():
            self._pipeline.close_gap(gap, ts, ts, backfilled=False)
        self._open.clear()
