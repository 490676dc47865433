"""A day in minutes: the collector as it runs, on a simulated clock, and what it holds and weighs hour by hour.

``python dev.py bench soak [--hours 24] [--instruments 20] [--rate 200] [--max-mb MB] [--json]``

Frames go as bytes through link, parser, sequence, conflation, engine, alerts, accounts, the writer's thread with
folding and hourly checkpoints, and the hub, which a process of its own listens to. Settings are the
defaults, and a size of database.

What is real: the collector, its thread, its database, a Beat for each simulated second. What is made up: prices go a
walk of 2,000 steps back and forth, in an order that comes again after 9,973 frames; every id and every instant is new.
Open interest and ratios come as events, not as bytes. Whatever counts real seconds (the hub's ten messages a second,
sockets' pings) runs at its own pace, but for the upkeep: each simulated hour's is done in its middle, while the clock
stands still.

Memory is the whole process's, as the system counts it (RSS), at the end of each minute: what the bench itself says and
notes is in it. An hour's weight is the mean of its last fifteen minutes: what a collector remembers for ten minutes,
and the rows that wait for their first fold, have come by then. The means of the whole hours stand beside.

A benchmark, not a test: it says whether the goals were met, and ends with 0 when the day was lived through.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import httpx
import psutil
from rig.counts import rows_of
from rig.feed import ChatterFeed
from rig.listener import listening
from rig.verdicts import Verdict, as_json, table
from rig.voices import VOICES, Chatter

from fbkit.clock import SystemClock, VirtualClock, iso, parse_utc
from fbkit.feeds import reading
from fbkit.feeds.feed import Feed, World
from fbkit.feeds.transport import Connection, OnClose, OnFrame
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.model import NS_MIN, NS_MS, NS_S, AccountRow, Market
from fbkit.settings import Settings
from fbkit.store import open_store

#: Noon, so that midnight and every timeframe's end fall into the day.
START = parse_utc("2026-01-01T12:00:00Z")

#: What one look at the sockets brings: all that came in so many milliseconds.
READ_MS = 20

#: The clock waits while more than so many seconds' items are on their way to the disk.
_BEHIND_S = 10

#: Minutes of an hour's end, and when its upkeep is: before, so that the first is weighed with all that later ones do.
END_MINUTES, UPKEEP_MINUTE = 15, 30

MB = 1e6


class Hour(NamedTuple):
    """One simulated hour: resident memory (MB, its end, mean and largest minute), files (MB), rows, items so far."""

    number: int
    rss_end: float
    rss: float
    rss_max: float
    db: float
    wal: float
    rows: int
    received: int
    unbalanced: int


class Microphones:
    """A transport in memory: whoever connects to an address hears what is said into it."""

    def __init__(self) -> None:
        self.at: dict[str, OnFrame] = {}

    async def connect(
        self, address: str, on_frame: OnFrame, on_close: OnClose, headers: Mapping[str, str] = {}
    ) -> Connection:
        """See :class:`fbkit.feeds.transport.Transport`."""
        self.at[address] = on_frame
        return _Line(on_close)


class _Line:
    def __init__(self, on_close: OnClose) -> None:
        self._on_close: OnClose | None = on_close

    async def send(self, text: str) -> None:
        """Nobody is there."""

    async def close(self) -> None:
        """As every connection: told once."""
        told, self._on_close = self._on_close, None
        if told is not None:
            told("closed", 1000)


class Day:
    """One run: a collector, and the clock that is moved under it."""

    def __init__(self, chosen: argparse.Namespace, folder: Path) -> None:
        self.url = f"sqlite:///{(folder / 'soak.db').as_posix()}"
        self.path = folder / "soak.db"
        self.settings = Settings(
            home=folder / "home", db=self.url, venues=",".join(chosen.venues), max_mb=chosen.max_mb
        )
        self.clock = VirtualClock(START)
        self.chosen = chosen
        counts = [len(range(at, chosen.instruments, len(chosen.venues))) for at in range(len(chosen.venues))]
        self.chatters = [
            Chatter(venue, count, chosen.seed) for venue, count in zip(chosen.venues, counts, strict=True) if count
        ]
        self.lines = Microphones()
        self.hours: list[Hour] = []
        self._unbalanced = 0
        self._me = psutil.Process()

    async def run(self) -> list[AccountRow]:
        """Live through it; the final accounts."""
        session = Session.open(
            self.url, self.settings, SystemClock(), market=Market.RECORDED, seed=None, holder="fbkit bench soak"
        )
        self.collector = Collector(
            session, self.settings, self._open_feeds, token=secrets.token_urlsafe(16), clock=self.clock
        )
        running = asyncio.create_task(self.collector.run())
        living = asyncio.create_task(self._live())
        await asyncio.wait({running, living}, return_when=asyncio.FIRST_COMPLETED)
        self.collector.stop("the day is over")
        if living.done():
            living.result()
        return await running

    @contextlib.asynccontextmanager
    async def _open_feeds(self) -> AsyncIterator[list[Feed]]:
        async with httpx.AsyncClient() as http:
            world = World(self.clock, self.lines, http)
            self.feeds = [ChatterFeed(chatter, f"ws://127.0.0.1/{chatter.venue}", world) for chatter in self.chatters]
            yield list(self.feeds)

    async def _live(self) -> None:
        """Every second of every hour."""
        while len(self.lines.at) < len(self.chatters) or not self.collector.hub.counts["accepted"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self._rooms = [self.lines.at[f"ws://127.0.0.1/{chatter.venue}"] for chatter in self.chatters]
        minutes, weights = round(self.chosen.hours * 60), []
        for minute in range(1, minutes + 1):
            if minute % 60 == UPKEEP_MINUTE:
                await self._keep_size()
            for second in range(60):
                await self._second(START + (minute - 1) * NS_MIN + second * NS_S)
            weights.append(self._me.memory_info().rss / MB)
            if minute % 60 == 0 or minute == minutes:
                self._note(-(-minute // 60), weights)
                weights = []

    async def _keep_size(self) -> None:
        """What a collector does once an hour by real time, by this one; at a standing clock."""
        if self.chosen.max_mb:
            await self.collector.upkeep.maintain()

    async def _second(self, start: int) -> None:
        """What is said in a second, read by read; then whether the books balance, and whether the writer keeps up."""
        self._lists(start)
        per_read = self.chosen.rate * READ_MS / 1000
        chatters, rooms, clock = self.chatters, self._rooms, self.clock
        said = 0
        for read in range(1000 // READ_MS):
            clock.ts = start + (read + 1) * READ_MS * NS_MS - NS_MS
            ts_ms, due = clock.ts // NS_MS - READ_MS // 2, int((read + 1) * per_read)
            for number in range(said, due):
                at = number % len(chatters)
                rooms[at](chatters[at].next(ts_ms))
            said = due
            await asyncio.sleep(0)
        pipeline = self.collector.session.pipeline
        if pipeline.accounts.unbalanced():
            self._unbalanced += 1
        while pipeline.accounts.in_flight > self.chosen.rate * _BEHIND_S:  # noqa: ASYNC110 - the writer is a thread
            await asyncio.sleep(0.002)

    def _lists(self, start: int) -> None:
        """What comes once a second, once a minute, and by polls."""
        self.clock.ts = start
        ts_ms, second = start // NS_MS, start // NS_S
        for chatter, room, feed in zip(self.chatters, self._rooms, self.feeds, strict=True):
            for say in chatter.second + (chatter.minute if second % 60 == 0 else []):
                room(say(ts_ms))
            if second % 15 == 0:
                feed.poll_interest(start)
            if second % 300 == 0:
                feed.poll_ratios(start)

    def _note(self, number: int, weights: list[float]) -> None:
        wal = self.path.with_name(self.path.name + "-wal")
        hour = Hour(
            number,
            mean(weights[-END_MINUTES:]),
            mean(weights),
            max(weights),
            self.path.stat().st_size / MB,
            wal.stat().st_size / MB if wal.exists() else 0.0,
            rows_of(self.url),
            self.collector.session.pipeline.received,
            self._unbalanced,
        )
        self.hours.append(hour)
        print(f"{iso(self.clock.ts)}  {' '.join(_cells(hour))}", file=sys.stderr, flush=True)


HEAD = ("hour", "RSS at its end, MB", "mean", "largest", "db MB", "WAL MB", "rows", "received", "equation")


def _cells(hour: Hour) -> tuple[str, ...]:
    return (
        str(hour.number), f"{hour.rss_end:.1f}", f"{hour.rss:.1f}", f"{hour.rss_max:.1f}",
        f"{hour.db:.1f}", f"{hour.wal:.1f}",
        f"{hour.rows:,}", f"{hour.received:,}", "exact" if not hour.unbalanced else f"wrong {hour.unbalanced} times",
    )  # fmt: skip


def verdicts(day: Day, accounts: list[AccountRow]) -> list[Verdict]:
    """What is to be said of the day."""
    first, last = day.hours[0], day.hours[-1]
    with contextlib.closing(open_store(day.url)) as store:
        gaps = len(store.gaps())
    received = sum(one.received for one in accounts)
    told = [
        Verdict(
            "memory, end of the first hour to end of the last",
            grown(first.rss_end, last.rss_end),
            "%",
            must=5.0,
            aim=1.0,
        ),
        Verdict("memory, mean of the first hour to mean of the last", grown(first.rss, last.rss), "%", aim=5.0),
        Verdict("largest memory", round(max(hour.rss_max for hour in day.hours), 1), "MB", aim=300.0),
        Verdict("seconds in which the equation did not hold", day.hours[-1].unbalanced, must=0),
        Verdict("items not accounted for at the end", abs(received - sum(map(_placed, accounts))), must=0),
        Verdict("items dropped", sum(one.dropped for one in accounts), must=0),
        Verdict("gaps", gaps, must=0),
    ]
    if day.chosen.max_mb:
        told.append(Verdict("size", round(max(hour.db + hour.wal for hour in day.hours), 1), "MB", day.chosen.max_mb))
    return told


def grown(first: float, last: float) -> float:
    """By how many percent."""
    return round((last / first - 1) * 100, 2)


def _placed(one: AccountRow) -> int:
    return one.stored + one.conflated + one.duplicate + one.ignored + one.quarantined + one.dropped


def asked(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="bench soak", description="a collector's day on a simulated clock")
    parser.add_argument("--hours", type=float, default=24.0, help="simulated hours")
    parser.add_argument("--instruments", type=int, default=20, help="instruments over all venues")
    parser.add_argument("--rate", type=int, default=200, help="messages a simulated second over all venues")
    parser.add_argument("--venues", default="binance,bybit,okx", help="out of %(default)s")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--max-mb", type=int, default=200, help="MB the database may take; 0: no bound")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    chosen = parser.parse_args(arguments)
    chosen.venues = chosen.venues.split(",")
    if unknown := set(chosen.venues) - VOICES.keys():
        parser.error(f"no voice for {', '.join(unknown)}; there are {', '.join(VOICES)}")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Live a day and tell of it."""
    chosen = asked(arguments)
    # Frames wait in real time, in which seconds of this market go by; here a read's frames are taken together.
    reading.WAIT_S = 0.0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fbkit-soak-") as folder:
        day = Day(chosen, Path(folder))
        with listening(day.settings, day.url) as listener:
            accounts = asyncio.run(day.run())
            heard = listener.end()
        told = verdicts(day, accounts)
    seconds = time.perf_counter() - began
    facts = {name: getattr(chosen, name) for name in ("hours", "instruments", "rate", "venues", "max_mb")}
    if chosen.json:
        hours = [hour._asdict() for hour in day.hours]
        print(
            json.dumps(
                {**facts, "seconds": seconds, "cpu_s": time.process_time(), "hours": hours, "verdicts": as_json(told)},
                indent=1,
            )
        )
        return 0
    received = sum(one.received for one in accounts)
    venues = ", ".join(chosen.venues)
    print(f"{chosen.hours:g} h of {chosen.instruments} instruments at {venues}, {chosen.rate} messages a second:")
    took = f"{seconds:.0f} s ({time.process_time():.0f} s of CPU)"
    print(f"{received:,} items in {took}; the listener heard {heard['beats']:,} beats\n")
    print(table(HEAD, [_cells(hour) for hour in day.hours]))
    print("\n" + "\n".join(map(str, told)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
