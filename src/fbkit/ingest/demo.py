"""The whole path once, in simulated time: feed, sequence, engine, alerts and store, in one process.

The same frames that the simulator's server would send come through an in-memory transport on a virtual clock, so a seed
gives the same digest twice. It begins 15 s before midnight UTC, so that every timeframe closes once within 20 s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx

from fbkit.clock import SystemClock, VirtualClock, VirtualLoop, parse_utc
from fbkit.errors import StoreError
from fbkit.feeds.feed import Feed, World
from fbkit.health import Health
from fbkit.ingest.beats import Beats
from fbkit.ingest.ears import Ears
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.refill import Refill
from fbkit.ingest.session import Session
from fbkit.ingest.venues import make_feed
from fbkit.ingest.writing import Inline
from fbkit.model import NS_HOUR, NS_MS, NS_S, AccountRow, Gap, Market
from fbkit.settings import Settings
from fbkit.simulator.memory import MemoryVenues
from fbkit.simulator.wires import markets_of

START = parse_utc("2026-01-01T23:59:45Z")

#: What it shows unless told otherwise.
VENUES = ("binance",)

#: Tables that the demo answers for.
TABLES = (
    "trades",
    "quotes",
    "marks",
    "open_interest",
    "ratios",
    "venue_bars",
    "bars",
    "metrics",
    "summary",
    "alerts",
    "beats",
)


class Demo(NamedTuple):
    """``digest`` over the tables named in ``rows``; ``accounting`` per channel."""

    digest: str
    rows: dict[str, int]
    accounting: list[AccountRow]


def run_demo(
    url: str,
    settings: Settings,
    *,
    seconds: int = 20,
    venues: Sequence[str] = VENUES,
    told: Callable[[float, str], None] = lambda _done, _sentence: None,
) -> Demo:
    """Run the demo into a fresh database: so many simulated seconds of each venue's largest instruments.

    Raises :class:`~fbkit.errors.StoreError` when the database already holds rows.
    """
    seed = settings.seed
    session = Session.open(url, settings, SystemClock(), market=Market.SIMULATED, seed=seed, holder="fbkit demo")
    try:
        if session.last_beat_ts is not None:
            raise StoreError(
                session.writer.url, "already holds rows", "a demo wants a new database; name another with --db"
            )
        clock = VirtualClock(START)

        def play() -> Demo:
            with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
                return runner.run(_play(session, settings, venues, clock, seconds, told))

        # On a thread of its own: in a notebook the caller's thread has a running loop already.
        with ThreadPoolExecutor(1, thread_name_prefix="fbkit-demo") as pool:
            return pool.submit(play).result()
    finally:
        session.writer.close()


def at_memory(settings: Settings, venues: Sequence[str]) -> Settings:
    """The settings with the addresses of venues in this process."""
    places = {f"{venue}_rest": f"http://127.0.0.1/{venue}" for venue in venues}
    places |= {f"{venue}_ws": f"ws://127.0.0.1/{venue}" for venue in venues}
    return settings.model_copy(update=places)


async def _play(
    session: Session,
    settings: Settings,
    names: Sequence[str],
    clock: VirtualClock,
    seconds: int,
    told: Callable[[float, str], None],
) -> Demo:
    settings = at_memory(settings, names)
    markets = markets_of(",".join(names), settings.seed, settings.count, START // NS_MS)
    venues = MemoryVenues(markets, clock)
    pipeline = session.pipeline
    writing = Inline(session.writer, lambda cut, _commit: pipeline.stored(cut))

    def keep(cut: Cut) -> None:
        writing.offer(cut)
        told((cut.beat.ts_recv - START) / NS_S, "simulated seconds")

    session.begin(clock.now())
    beats = Beats(pipeline, clock.now(), keep)
    ears = Ears(pipeline, beats, Health(), clock)
    async with httpx.AsyncClient(transport=venues.http) as http:
        world = World(clock, venues, http, random=lambda: 0.5, limited=False, parallel=1)
        feeds = [make_feed(name, settings, world) for name in names]
        refill = Refill(pipeline, ears, clock)
        for feed in feeds:
            await _history(session, feed, ears, clock, settings, told)
        tasks = [asyncio.ensure_future(work) for feed in feeds for work in (feed.run(ears), refill.run(feed))]
        end = START + seconds * NS_S
        while clock.now() < end:
            await asyncio.sleep(min(beats.next, end) / NS_S - asyncio.get_running_loop().time())
            beats.reach(clock.now())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ears.close(clock.now())
    writing.offer(beats.end(clock.now()), session.checkpoint())
    rows = {name: count for name, count in session.writer.table_counts().items() if name in TABLES}
    digest = session.writer.digest(sorted(rows))
    return Demo(digest, rows, session.end(clock.now()))


async def _history(
    session: Session,
    feed: Feed,
    ears: Ears,
    clock: VirtualClock,
    settings: Settings,
    told: Callable[[float, str], None],
) -> None:
    """48 hours of bars at a standing clock."""
    names = [one.instrument for one in await feed.listings()]
    since = clock.now() - settings.backfill_hours * NS_HOUR
    waiting: dict[str, Gap] = session.open_history(names, feed.venue, clock.now(), since)
    async for progress in feed.backfill(ears, since, clock.now()):
        told(0.0, f"history of {progress.done} of {progress.total} instruments")
        gap = waiting.pop(progress.instrument, None)
        if gap is not None:
            session.pipeline.close_gap(gap, clock.now(), gap.t1 or clock.now(), backfilled=progress.complete)
    for gap in waiting.values():
        session.pipeline.close_gap(gap, clock.now(), gap.t1 or clock.now(), backfilled=False)
