"""What a collector does when it is asked: each command is a word of the hub."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from fbkit.clock import iso

if TYPE_CHECKING:
    from fbkit.ingest.collector import Collector

#: Acknowledged at the next Beat, a second away; a writer that takes longer than this is in trouble.
_FLUSH_S = 10.0

#: The answer leaves before the hub ends.
_LEAVES_S = 0.05


class Commands:
    """The words of one collector; :meth:`by_name` is what its hub listens to."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def by_name(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        """Each word and what it does."""
        return {"stop": self.stop, "flush": self.flush, "status": self.status, "backfill": self.backfill}

    async def stop(self) -> dict[str, Any]:
        """Store what is in flight and end."""
        asyncio.get_running_loop().call_later(_LEAVES_S, self._collector.stop, "asked to")
        return {"stopping": True}

    async def flush(self) -> dict[str, Any]:
        """Wait until what was received is stored: it waits for the next Beat, which cuts the batch."""
        async with asyncio.timeout(_FLUSH_S):
            await self._collector.stored_up_to(self._collector.session.pipeline.beats + 1)
        return {"stored": self._collector.stored}

    async def status(self) -> dict[str, Any]:
        """How it is, and what became of every item received."""
        here = self._collector
        pipeline = here.session.pipeline
        return {
            "pid": os.getpid(),
            "since": iso(here.started),
            "market": str(here.session.writer.market),
            "database": here.session.writer.url,
            "venues": [feed.venue for feed in here.feeds],
            "queue": here.writing.waiting,
            "stored": here.stored,
            "backfill": here.past.progress,
            "accounts": [msgspec.to_builtins(account.row(pipeline.run)) for account in pipeline.accounts],
            "unbalanced": pipeline.accounts.unbalanced(),
        }

    async def backfill(self, since: int) -> dict[str, Any]:
        """Fetch the past from an instant (UTC ns) on, beside the live market."""
        here = self._collector
        for feed in here.feeds:
            here.spawn(here.past.fetch(feed, since, here.clock.now()))
        return {"since": iso(since), "venues": [feed.venue for feed in here.feeds]}
