"""The collector as it runs, in a process of its own, on one socket; with two watches held beside it.

``python -m rig.collector VENUE INSTRUMENTS SEED PORT DATABASE HOME``: collects until its standard input ends, then
prints one line of JSON: ``commits`` (when each append returned, UTC ns, and the highest ``seq`` in it), ``stalls``
(when the loop was late for a timer, and by how much, ns), ``accounts``. A line on its standard input makes the hourly
checkpoint due.

The watches: :meth:`fbkit.store.Writer.append` is timed on the writer's thread where it returns; a timer of the loop
asks to be woken every five milliseconds and notes how late it was. Nothing else is added or left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rig.feed import ChatterFeed
from rig.voices import Chatter

from fbkit.clock import SystemClock
from fbkit.feeds.feed import Feed, World
from fbkit.feeds.transport import make_transport
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.model import NS_HOUR, NS_MS, NS_S, AccountRow, Market
from fbkit.settings import Settings

#: How often the loop is asked whether it is on time.
_TICK_NS = 5 * NS_MS

#: Lateness below this is the machine's.
_WORTH_NOTING_NS = NS_MS


class Watched:
    """One collector with its watches."""

    def __init__(self, venue: str, count: int, seed: int, port: str, database: str, home: str) -> None:
        self.chatter = Chatter(venue, count, seed)
        self.address = f"ws://127.0.0.1:{port}/"
        url = f"sqlite:///{Path(database).as_posix()}"
        self.settings = Settings(home=Path(home), db=url, venues=f"sim:{venue}", instruments=count)
        self.clock = SystemClock()
        session = Session.open(
            url, self.settings, self.clock, market=Market.SIMULATED, seed=seed, holder="fbkit bench load"
        )
        self.commits: list[tuple[int, int]] = []
        self.stalls: list[tuple[int, int]] = []
        self._watch_commits(session)
        token = secrets.token_urlsafe(16)
        self.collector = Collector(session, self.settings, self._feeds, token=token, clock=self.clock)

    def _watch_commits(self, session: Session) -> None:
        append, commits, now, writer = session.writer.append, self.commits, self.clock.now, session.writer

        def timed(*arguments: Any, **named: Any) -> Any:
            appended = append(*arguments, **named)
            commits.append((now(), writer.last_seq))
            return appended

        writer.append = timed  # type: ignore[method-assign]  # the watch

    @contextlib.asynccontextmanager
    async def _feeds(self) -> AsyncIterator[list[Feed]]:
        async with httpx.AsyncClient() as http:
            world = World(self.clock, make_transport(self.settings.transport), http)
            yield [ChatterFeed(self.chatter, self.address, world)]

    async def run(self) -> list[AccountRow]:
        """Collect until standard input ends."""
        watching = asyncio.create_task(self._watch_loop())
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._hear, args=(loop,), daemon=True).start()
        try:
            return await self.collector.run()
        finally:
            watching.cancel()

    async def _watch_loop(self) -> None:
        due = self.clock.now() + _TICK_NS
        while True:
            await asyncio.sleep((due - self.clock.now()) / NS_S)
            now = self.clock.now()
            if now - due > _WORTH_NOTING_NS:
                self.stalls.append((now, now - due))
            due = now + _TICK_NS

    def _hear(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in sys.stdin:
            loop.call_soon_threadsafe(self._make_checkpoint_due)
        loop.call_soon_threadsafe(self.collector.stop, "the run is over")

    def _make_checkpoint_due(self) -> None:
        self.collector._checkpointed = self.clock.now() - NS_HOUR  # noqa: SLF001 - an hour has passed, for the bench


def main() -> None:
    """Collect, tell."""
    venue, count, seed, port, database, home = sys.argv[1:]
    watched = Watched(venue, int(count), int(seed), port, database, home)
    accounts = asyncio.run(watched.run())
    told = {"commits": watched.commits, "stalls": watched.stalls, "accounts": msgspec.to_builtins(accounts)}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
