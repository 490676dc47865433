"""The upkeep of a collector that runs: maintain and archive beside the live market, one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fbkit.errors import FbkitError
from fbkit.ingest.archiving import archive
from fbkit.ingest.maintain import limits_of, maintain
from fbkit.store import Writer

if TYPE_CHECKING:
    from fbkit.ingest.collector import Collector

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How often a budget is looked after.
EVERY_S = 3600.0


class Upkeep:
    """Reads and plans on a thread of its own; only the steps that change something are done by the writer's thread."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._alone = asyncio.Lock()

    async def maintain(self, max_mb: float | None = None, *, dry_run: bool = False) -> dict[str, Any]:
        """Remove what is over the limits of the settings, or over ``max_mb``; answers what went and what stayed."""
        here = self._collector
        limits = limits_of(here.settings, here.clock.now(), max_mb)
        loop = asyncio.get_running_loop()

        def record(key: str, value: str) -> None:
            asyncio.run_coroutine_threadsafe(self._record(key, value), loop).result()

        async with self._alone:
            done = await asyncio.to_thread(
                maintain, here.session.writer, limits=limits, do=self._do, record=record, dry_run=dry_run
            )
        found: dict[str, Any] = msgspec.to_builtins(done)
        return found | {"within": done.within}

    async def archive(self, before: int, *, dry_run: bool = False) -> dict[str, Any]:
        """Move the UTC days that ended by an instant (UTC ns) into Parquet files; answers which."""
        writer = self._collector.session.writer
        async with self._alone:
            done = await asyncio.to_thread(archive, writer, before=before, do=self._do, dry_run=dry_run)
        found: dict[str, Any] = msgspec.to_builtins(done)
        return found

    async def forever(self) -> None:
        """Keep the budget, where the settings have one: once an hour."""
        while self._collector.settings.max_mb:
            await asyncio.sleep(EVERY_S)
            try:
                done = await self.maintain()
            except FbkitError as error:
                log.warning("the size was not looked after: %s", error)
                self._collector.health.trouble("", "size", "upkeep", f"{error}; tried again in an hour")
            else:
                self._tell(done)

    def _tell(self, done: dict[str, Any]) -> None:
        if done["within"]:
            self._collector.health.well("", "size")
            return
        sentence = f"the database takes {done['bytes_after'] / 1e6:,.0f} MB, more than max_mb; {done['staying'][-1]}"
        self._collector.health.trouble("", "size", "budget", sentence)

    def _do(self, work: Callable[[Writer], T], /) -> T:
        return self._collector.writing.ask(work).result()

    async def _record(self, key: str, value: str) -> None:
        """A Setting in its place among the events; it is stored when this returns."""
        here = self._collector
        here.session.pipeline.setting(here.clock.now(), key, value)
        await here.stored_up_to(here.session.pipeline.beats + 1)
