"""The collector: feeds → pipeline → writer thread, with a hub for who watches and commands for who owns it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fbkit.clock import Clock, SystemClock
from fbkit.errors import FbkitError
from fbkit.feeds.feed import Feed
from fbkit.feeds.recorded import Capture
from fbkit.health import Health, strange_prices
from fbkit.hub import Hub
from fbkit.ingest.beats import Beats
from fbkit.ingest.commands import Commands
from fbkit.ingest.ears import Ears
from fbkit.ingest.ground import Ground
from fbkit.ingest.memory import keep_little
from fbkit.ingest.past import Past, patiently
from fbkit.ingest.pipeline import HEARTBEAT, Cut
from fbkit.ingest.refill import Refill
from fbkit.ingest.rulebook import RuleWatch
from fbkit.ingest.session import Session
from fbkit.ingest.sinks import Webhook, write_to_log
from fbkit.ingest.telling import Telling
from fbkit.ingest.upkeep import Upkeep
from fbkit.ingest.wall import Wall
from fbkit.ingest.writing import WriterThread
from fbkit.model import NS_HOUR, NS_S, AccountRow, AlertRow, Beat, Event, Gap, Listing, Setting
from fbkit.runtime import RuntimeFile, publish_runtime, runtime_path
from fbkit.settings import Settings
from fbkit.store.packed import Packed

log = logging.getLogger(__name__)

#: A collector nobody owns any more flushes and ends after this long.
OWNERLESS_S = 60.0

_CHECKPOINT_NS = NS_HOUR

#: Every so many Beats prices are compared across venues: a multiplier read wrongly stays wrong.
_COMPARE = 60

#: How much of the queue before the writer the past may take up.
_PAST_SHARE = 0.25

_ALWAYS_KEPT = (Beat, Gap, Listing, Setting)


class Collector:
    """Collects until told to stop.

    ``feeds`` are made by ``make_feeds`` once the loop runs. ``owned`` collectors end when nobody holds an owner
    connection for a minute; a headless one is its own owner.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        make_feeds: Callable[[], contextlib.AbstractAsyncContextManager[list[Feed]]],
        *,
        token: str,
        clock: Clock | None = None,
        capture: Path | None = None,
        owned: bool = False,
    ) -> None:
        self.session, self.settings, self._make_feeds = session, settings, make_feeds
        self.clock = clock or SystemClock()
        self._capture = Capture(capture) if capture else None
        self._owned = owned
        self._stop = asyncio.Event()
        self.feeds: list[Feed] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.started = self.clock.now()
        self._checkpointed = self.started
        self.stored = 0
        self._acknowledged_beat = 0
        self._acknowledgement = asyncio.Event()
        self.why_stopped = ""
        self._strange: set[str] = set()
        self.health = Health()
        self.ground = Ground(self.health, session.spill_base.parent, lambda: session.writer.wal_bytes)
        pipeline = session.pipeline
        pipeline.on_heard = self.health.heard
        pipeline.on_hole = self._hole
        self.beats = Beats(pipeline, self.started, self._cut, may_sleep=True)
        self.ears = Ears(
            pipeline, self.beats, self.health, self.clock, capture=self._capture, on_speaking=self._refillable
        )
        self.refill = Refill(pipeline, self.ears, self.clock)
        self._wall = Wall(self.clock, pipeline)
        pipeline.is_refilling = self.refill.is_refilling
        self.past = Past(session, self.ears, self.beats, self.clock, self._room)
        self.hub = Hub(
            token=token,
            epoch=session.writer.epoch,
            market=session.writer.market,
            seed=session.writer.seed,
            database=session.writer.url,
            clock=self.clock,
        )
        self.telling = Telling(self.hub, pipeline, self.started)
        self.webhook: Webhook | None = None
        if settings.webhook:
            self.webhook = Webhook(
                settings.webhook, session.writer.market, self.health, least_tier=settings.webhook_tier
            )
        self._rules = RuleWatch(
            session.rulebook, lambda rules: session.adopt(self.clock.now(), rules), self.health, self.spawn
        )
        if not owned:
            self.hub.hold()
        self._token = token
        self.upkeep = Upkeep(self)
        for name, command in Commands(self).by_name().items():
            self.hub.on(name, command)

    # -- life ---------------------------------------------------------------------------------------------------

    async def run(self, for_s: float | None = None) -> list[AccountRow]:
        """Collect until :meth:`stop`, or for so many seconds; returns the final accounts."""
        keep_little()
        loop = asyncio.get_running_loop()

        def acknowledge(cut: Cut, commit: int) -> None:
            loop.call_soon_threadsafe(self._acknowledged, cut, commit)

        def refuse(cut: Cut, since: int) -> None:
            loop.call_soon_threadsafe(self._overflow, cut, since)

        self.writing = WriterThread(
            self.session.writer,
            acknowledge,
            clock=self.clock,
            bound=self.settings.queue_items,
            spilling=self.session.spilling(self.settings.spill_mb, self.started),
            refuse=refuse,
        )
        path = runtime_path(self.settings, self.session.writer.url)
        facts = RuntimeFile(
            hub=await self.hub.start(),
            token=self._token,
            pid=os.getpid(),
            epoch=self.session.writer.epoch,
            market=self.session.writer.market,
            database=self.session.writer.url,
            started=self.started,
        )
        publish_runtime(path, facts)
        self.session.begin(self.clock.now())
        try:
            async with contextlib.AsyncExitStack() as stack:
                self.spawn(self._beat_forever())
                self.spawn(self.telling.show_forever())
                self.spawn(self.upkeep.forever())
                if self.webhook is not None:
                    self.spawn(self.webhook.run())
                if self._owned:
                    self.spawn(self._watch_owners())
                self.spawn(self._start_feeds(stack))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), for_s)
                await self._end_tasks()
        finally:
            accounts = await self._close()
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(self.writing.failed, FbkitError):
            raise self.writing.failed
        return accounts

    def stop(self, why: str = "asked to") -> None:
        """Flush and end. Safe to call from the loop at any time."""
        self.why_stopped = self.why_stopped or why
        self._stop.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the rest; it ends with the collector, and its failure is told as health."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a part of the collector failed", exc_info=error)
            self.health.trouble("", "collector", "failed", f"{type(error).__name__}: {error}; restart the collector")

    async def _end_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _close(self) -> list[AccountRow]:
        now = self.clock.now()
        self.ears.close(now)
        self.session.abandon_history(now)
        last = self.beats.end(now)
        self.writing.offer(last, self.session.checkpoint())
        await asyncio.to_thread(self.writing.close)
        await asyncio.sleep(0)  # acknowledgements wait in the loop
        if self._capture is not None:
            self._capture.close()
        if self.webhook is not None:
            await self.webhook.close()
        await self.hub.stop()
        return self.session.end(now)

    # -- feeds --------------------------------------------------------------------------------------------------

    async def _start_feeds(self, stack: contextlib.AsyncExitStack) -> None:
        self.feeds = await stack.enter_async_context(self._make_feeds())
        for feed in self.feeds:
            self.spawn(feed.run(self.ears))
            self.spawn(self._expect(feed))
            self.spawn(self.past.catch_up(feed, self.settings.backfill_hours))
            self.spawn(self.refill.run(feed))

    async def _expect(self, feed: Feed) -> None:
        await patiently(feed.listings)
        self.health.expect(feed.venue, feed.expected_s())

    async def _room(self) -> None:
        """Live first: the past waits while more than a quarter of the queue before the writer is taken."""
        await asyncio.sleep(0)
        while self.writing.waiting + self.session.pipeline.uncut > self.settings.queue_items * _PAST_SHARE:
            self._acknowledgement.clear()
            await self._acknowledgement.wait()

    def _hole(self, hole: Any, gap: Gap) -> None:
        self.refill.hole(hole, gap)

    def _refillable(self, gap: Gap) -> bool:
        """Whether what a silence missed is fetched; then the gap closes when it has come."""
        if gap.channel != "trade":
            return False
        self.refill.silence(gap)
        return True

    # -- time ---------------------------------------------------------------------------------------------------

    async def _beat_forever(self) -> None:
        while True:
            now = self.clock.now()
            self.beats.reach(now)
            self._wall.look()
            await asyncio.sleep(max(0.001, (self.beats.next - self.clock.now()) / NS_S))

    def _cut(self, cut: Cut) -> None:
        """A Beat's batch: to the writer, with a checkpoint once an hour."""
        if self.writing.failed is not None:
            self.stop(f"the writer stopped: {self.writing.failed}")
            return
        heartbeat = cut.beat.n % HEARTBEAT == 0
        pipeline = self.session.pipeline
        if cut.beat.n % _COMPARE == 0:
            self.compare_prices()
        if heartbeat:
            self.ground.look()
        self._rules.beat(heartbeat=heartbeat)
        self.ground.look_at(self.writing)
        health = self.health.judge(
            cut.beat.ts_recv,
            queue_share=self.writing.share,
            history=self.past.fetched,
            trouble=self.writing.trouble,
            skews={venue: skew.ns for venue, skew in pipeline.skews.items() if skew.ns is not None},
            accounts=pipeline.accounts,
        )
        if heartbeat:
            cut.rows.extend([health.system, *health.streams])
        checkpoint = None
        if cut.beat.ts_recv - self._checkpointed >= _CHECKPOINT_NS:
            self._checkpointed = cut.beat.ts_recv
            checkpoint = self.session.checkpoint()
        if not self.writing.offer(cut, checkpoint):
            self._overflow(cut, cut.beat.ts_recv - NS_S)
        rows = [health.system, *health.streams]
        behind = self.past.progress or self.writing.backlog
        self.telling.pulse(cut, rows, self.writing, stored=self.stored, backfill=behind)

    def compare_prices(self) -> None:
        """A coin that costs a thousand times as much at one venue was counted by the thousand there."""
        strange = {
            one.instrument.partition(":")[0]: one for one in strange_prices(self.session.pipeline.board.prices())
        }
        for venue in self._strange - strange.keys():
            self.health.well(venue, "listing")
        for venue, one in strange.items():
            self.health.trouble(venue, "listing", "multiplier", str(one))
        self._strange = set(strange)

    def _overflow(self, cut: Cut, since: int) -> None:
        """No room before the writer: the market's events are dropped, counted, and a gap from ``since`` on says so.

        What says what we know (Beats, gaps, settings, listings) and what was computed is small and kept all the same,
        until there is no room even for that.
        """
        pipeline = self.session.pipeline
        rest = cut.events.rest if isinstance(cut.events, Packed) else cut.events
        kept: list[Event] = [event for event in rest if isinstance(event, _ALWAYS_KEPT)]
        saved = {"listing"} if any(isinstance(event, Listing) for event in kept) else set()
        listings = {account: count for account, count in cut.items.items() if account.channel in saved}
        lost = {account: count for account, count in cut.items.items() if account.channel not in saved}
        pipeline.dropped(cut._replace(items=lost))
        if not self.writing.offer(cut._replace(events=kept, items=listings), anyway=True):
            pipeline.dropped(cut._replace(items=listings))
        now = cut.beat.ts_recv
        gap = pipeline.open_gap(now, "overflow", since)
        pipeline.close_gap(gap, now, now, backfilled=False)
        self.health.lost(now, sum(lost.values()))

    # -- out ----------------------------------------------------------------------------------------------------

    def _acknowledged(self, cut: Cut, commit: int) -> None:
        self.session.pipeline.stored(cut)
        self.stored += len(cut.events)
        self._acknowledged_beat = cut.beat.n
        self._acknowledgement.set()
        self.telling.rows(cut, commit)
        alerts = [row for row in cut.rows if isinstance(row, AlertRow)] if cut.closed.metrics else []
        if alerts:
            write_to_log(alerts, self.session.writer.market)
            if self.webhook is not None:
                self.webhook.tell(alerts)

    async def stored_up_to(self, beat: int) -> None:
        """Wait until the batch of a Beat (by its number) is in the store."""
        while self._acknowledged_beat < beat:
            self._acknowledgement.clear()
            await self._acknowledgement.wait()

    # -- owners -------------------------------------------------------------------------------------------------

    async def _watch_owners(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            since = self.hub.ownerless_since
            if since is not None and self.clock.now() - since > OWNERLESS_S * NS_S:
                self.stop("nobody has owned this collector for a minute")
