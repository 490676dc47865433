"""What a collector does when it is asked: each command is a word of the hub."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Any

import msgspec

from fbkit.clock import iso
from fbkit.errors import FbkitError, UnknownName
from fbkit.feeds.feed import Feed
from fbkit.ingest.backfill import Fetched
from fbkit.ingest.past import patiently
from fbkit.ingest.telling import Rates

if TYPE_CHECKING:
    from fbkit.ingest.collector import Collector

#: Acknowledged at the next Beat, a second away; a writer that takes longer than this is in trouble.
_FLUSH_S = 10.0

#: Ended backfills that ``status`` still tells of.
_REMEMBERED = 8

#: The answer leaves before the hub ends.
_LEAVES_S = 0.05


class Asked(msgspec.Struct):
    """A backfill that was asked for: one :class:`Fetched` a venue as they end; ``error`` where it could not go on."""

    number: int
    since: int
    until: int
    venues: list[str]
    done: bool = False
    error: str = ""
    fetched: list[Fetched] = []


class Commands:
    """The words of one collector; :meth:`by_name` is what its hub listens to."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._backfills: deque[Asked] = deque(maxlen=_REMEMBERED)
        self._number = 0

    def by_name(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        """Each word and what it does."""
        upkeep = self._collector.upkeep
        return {
            "stop": self.stop,
            "flush": self.flush,
            "status": self.status,
            "backfill": self.backfill,
            "maintain": upkeep.maintain,
            "archive": upkeep.archive,
        }

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
            "epoch": here.session.writer.epoch,
            "beat": pipeline.beats,
            "health": msgspec.to_builtins(here.telling.health),
            "rates": _nested(here.telling.rates()),
            "lag_ms": here.telling.lag_ms,
            "queue": here.writing.waiting,
            "queue_share": here.writing.share,
            "spill": {"bytes": here.writing.spill.waiting_bytes, "batches": here.writing.spill.batches},
            "earlier": here.writing.backlog,
            "stored": here.stored,
            "backfill": here.past.progress,
            "backfills": [msgspec.to_builtins(one) for one in self._backfills],
            "accounts": [msgspec.to_builtins(account.row(pipeline.run)) for account in pipeline.accounts],
            "unbalanced": pipeline.accounts.unbalanced(),
        }

    async def backfill(
        self, since: int, venues: Collection[str] = (), instruments: Collection[str] = ()
    ) -> dict[str, Any]:
        """Fetch the past from an instant (UTC ns) on, beside the live market; ``status`` tells how far it is."""
        here = self._collector
        feeds = chosen(here.feeds, venues)
        for name in instruments:
            await _check_followed(feeds, name)
        self._number += 1
        asked = Asked(self._number, since, here.clock.now(), [feed.venue for feed in feeds])
        self._backfills.append(asked)
        here.spawn(self._fetch(asked, feeds, instruments))
        return {"number": asked.number, "since": iso(since), "venues": asked.venues}

    async def _fetch(self, asked: Asked, feeds: list[Feed], names: Collection[str]) -> None:
        """All venues side by side; what one of them refuses is said, and the others go on."""

        async def one(feed: Feed) -> None:
            try:
                asked.fetched.append(
                    await self._collector.past.asked.venue(feed, asked.since, asked.until, _of(feed, names))
                )
            except FbkitError as error:
                asked.error = str(error)

        try:
            await asyncio.gather(*(one(feed) for feed in feeds if not names or _of(feed, names)))
        finally:
            asked.done = True


def _nested(rates: Rates) -> dict[str, dict[str, float]]:
    """By venue, then by channel."""
    nested: dict[str, dict[str, float]] = {}
    for (venue, channel), rate in rates.items():
        nested.setdefault(venue, {})[channel] = rate
    return nested


def chosen(feeds: list[Feed], venues: Collection[str]) -> list[Feed]:
    """The feeds of some venues; of all where none is named. Raises :class:`~fbkit.errors.UnknownName`."""
    known = {feed.venue: feed for feed in feeds}
    for venue in venues:
        if venue not in known:
            raise UnknownName("venue of this collector", venue, tuple(known))
    return [known[venue] for venue in venues] or feeds


async def _check_followed(feeds: list[Feed], name: str) -> None:
    for feed in feeds:
        if any(one.instrument == name for one in await patiently(feed.listings)):
            return
    raise UnknownName("instrument that is followed", name)


def _of(feed: Feed, names: Collection[str]) -> list[str]:
    return [name for name in names if name.startswith(f"{feed.venue}:")]
