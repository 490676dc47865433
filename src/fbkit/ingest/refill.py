"""Fetching trades that were missed: after a silence, and where ids show a hole."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import NamedTuple

from fbkit.clock import Clock
from fbkit.errors import FbkitError, NotRemembered
from fbkit.feeds.feed import Feed
from fbkit.feeds.sink import Sink
from fbkit.ingest.pipeline import Pipeline
from fbkit.ingest.sequence import Hole
from fbkit.model import NS_S, Gap

log = logging.getLogger(__name__)

#: A silence begins when we heard the last; what traded shortly before was still on its way. Repetitions are dropped.
UNDER_WAY_NS = 10 * NS_S

#: A subscription begins a little after it was asked for: pages and stream must overlap.
_SETTLE_S = 1.0


class _Job(NamedTuple):
    gap: Gap
    hole: Hole | None


class Refill:
    """Works through what was missed, one gap at a time, per venue.

    A silence is refilled by time for every instrument of the venue, a hole by its ids. The gap then closes as
    ``backfilled``; as ``closed``, with how many trades are still missing, where the venue had no more.
    """

    def __init__(self, pipeline: Pipeline, sink: Sink, clock: Clock) -> None:
        self._pipeline, self._sink, self._clock = pipeline, sink, clock
        self._jobs: dict[str, asyncio.Queue[_Job]] = {}
        self._silences: Counter[str] = Counter()

    def silence(self, gap: Gap) -> None:
        """Trades were silent and speak again; the gap stays open until what was missed is here."""
        self._silences[gap.venue] += 1
        self._queue(gap.venue).put_nowait(_Job(gap, None))

    def is_refilling(self, venue: str) -> bool:
        """Whether what a silence of a venue missed is still being fetched."""
        return self._silences[venue] > 0

    def hole(self, hole: Hole, gap: Gap) -> None:
        """Ids jumped; the gap is open already."""
        self._queue(gap.venue).put_nowait(_Job(gap, hole))

    async def run(self, feed: Feed) -> None:
        """Do a venue's jobs, for ever."""
        jobs = self._queue(feed.venue)
        while True:
            job = await jobs.get()
            try:
                await (self._fill_silence(feed, job.gap) if job.hole is None else self._fill_hole(feed, job.hole))
            except FbkitError as error:
                log.warning("%s", error)
                self._close(job, filled=False)
            else:
                self._close(job, filled=job.hole is None or self._pipeline.order.missing(job.hole) == 0)
            if job.hole is None:
                self._silences[job.gap.venue] -= 1

    async def _fill_silence(self, feed: Feed, gap: Gap) -> None:
        """Whose trades the venue no longer has is left out and said; the gap then stays unfilled, for all of them."""
        await asyncio.sleep(_SETTLE_S)
        until = self._clock.now()
        forgotten: NotRemembered | None = None
        for listing in await feed.listings():
            try:
                await feed.trades(self._sink, listing.instrument, gap.t0 - UNDER_WAY_NS, until)
            except NotRemembered as error:
                forgotten = forgotten or error
        if forgotten is not None:
            raise forgotten

    async def _fill_hole(self, feed: Feed, hole: Hole) -> None:
        if self._pipeline.order.missing(hole):
            await feed.trades(self._sink, hole.instrument, hole.t0, hole.t1, hole.first)

    def _close(self, job: _Job, *, filled: bool) -> None:
        now = self._clock.now()
        missing = self._pipeline.order.missing(job.hole) if job.hole else None
        end = job.gap.t1 if job.gap.t1 is not None else now
        self._pipeline.close_gap(job.gap, now, end, backfilled=filled, missing=missing)

    def _queue(self, venue: str) -> asyncio.Queue[_Job]:
        queue = self._jobs.get(venue)
        if queue is None:
            queue = self._jobs[venue] = asyncio.Queue()
        return queue
