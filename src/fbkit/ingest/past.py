"""Fetching the past beside the live market: bars, open interest, ratios and funding, an instrument at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fbkit.clock import Clock
from fbkit.errors import FbkitError, is_transient
from fbkit.feeds.feed import Feed, Progress
from fbkit.feeds.sink import Sink
from fbkit.ingest.backfill import Backfill
from fbkit.ingest.beats import Beats
from fbkit.ingest.session import Session
from fbkit.model import NS_HOUR, NS_MIN, Gap, Listing

log = logging.getLogger(__name__)

#: Bars are fetched from this much before the last Beat on: its open minute is fetched whole.
_OVERLAP_NS = 2 * NS_MIN

#: How long the first live data of a venue are waited for.
_FIRST_DATA_S = 30.0


class Past:
    """Fetches history under gaps, one an instrument; the engine waits for their ends.

    ``room`` is awaited after each instrument: the past gives way to what is live. ``progress`` says how far it is over
    all venues, as the hub tells it; ``None`` when nothing is being fetched. ``asked`` fetches what somebody asks for.
    """

    def __init__(
        self, session: Session, sink: Sink, beats: Beats, clock: Clock, room: Callable[[], Awaitable[None]]
    ) -> None:
        self._session, self._sink, self._beats, self._clock, self._room = session, sink, beats, clock, room
        self._at: dict[str, Progress] = {}
        self.asked = Backfill(session, sink, beats, clock, room)

    @property
    def progress(self) -> dict[str, Any] | None:
        """``done`` and ``total`` instruments, and a sentence."""
        if not self._at:
            return self.asked.progress
        done, total = sum(one.done for one in self._at.values()), sum(one.total for one in self._at.values())
        return {"done": done, "total": total, "sentence": f"history of {done} of {total} instruments"}

    @property
    def fetched(self) -> tuple[int, int] | None:
        """Of how many instruments, of how many, the past is here; ``None`` when nothing is being fetched."""
        progress = self.progress
        return None if progress is None else (progress["done"], progress["total"])

    async def catch_up(self, feed: Feed, hours: int) -> None:
        """Fetch what lies between the last run and now, or so many hours on a fresh database."""
        until = self._clock.now()
        since = until - hours * NS_HOUR
        before = self._session.last_beat_ts
        if before is not None:
            since = max(since, before - _OVERLAP_NS)
        await self.fetch(feed, since, until)

    async def fetch(self, feed: Feed, since: int, until: int) -> None:
        """Fetch ``[since, until)`` (UTC ns) of every instrument of a venue, once its live market is here."""
        names = [one.instrument for one in await patiently(feed.listings)]
        await self._first_data(feed.venue)
        waiting = self._session.open_history(names, feed.venue, self._clock.now(), since)
        try:
            async for progress in feed.backfill(self._sink, since, until):
                self._at[feed.venue] = progress
                gap = waiting.pop(progress.instrument, None)
                if gap is not None:
                    self._close(gap, backfilled=progress.complete)
                await self._room()
        finally:
            for gap in waiting.values():
                self._close(gap, backfilled=False)
            self._at.pop(feed.venue, None)

    async def _first_data(self, venue: str) -> None:
        """The page is live before the past is fetched."""
        for _ in range(int(_FIRST_DATA_S / 0.1)):
            if venue in self._session.pipeline.skews:
                return
            await asyncio.sleep(0.1)

    def _close(self, gap: Gap, *, backfilled: bool) -> None:
        now = self._clock.now()
        self._beats.reach(now)
        self._session.pipeline.close_gap(gap, now, gap.t1 or now, backfilled=backfilled)


async def patiently(ask: Callable[[], Awaitable[list[Listing]]]) -> list[Listing]:
    """Ask until there is an answer; what cannot be mended by waiting is raised."""
    delay = 1.0
    while True:
        try:
            return await ask()
        except FbkitError as error:
            if not is_transient(error):
                raise
            log.warning("%s", error)
            await asyncio.sleep(delay)
            delay = min(30.0, delay * 2)
