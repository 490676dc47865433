"""Fetching the past while no collector runs: we take the database, fetch, close what was filled, and end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from fbkit.clock import Clock, SystemClock
from fbkit.feeds.feed import Feed
from fbkit.health import Health
from fbkit.ingest.backfill import Backfill, Fetched
from fbkit.ingest.beats import Beats
from fbkit.ingest.ears import Ears
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.session import Session
from fbkit.ingest.venues import market_of, open_feeds
from fbkit.ingest.writing import Inline
from fbkit.model import Market
from fbkit.runtime import database_url
from fbkit.settings import SIMULATED_VENUES, Settings, load_settings
from fbkit.store import Store

#: ``told(done, total, sentence)``, instruments.
Told = Callable[[int, int, str], None]


def settings_of(store: Store, venues: Collection[str] = (), *, url: str | None = None) -> Settings:
    """Settings under which a database goes on: its own market, seed and venues, or those of the venues asked for.

    ``url`` is the one it was opened by: the store's own shows no password.
    """
    here: dict[str, int] = {}
    for one in store.instruments().values():
        here[one.venue] = here.get(one.venue, 0) + 1
    names = ",".join(venues or here or SIMULATED_VENUES)
    simulated = store.market is Market.SIMULATED
    return load_settings(
        db=url or store.url,
        venues=f"sim:{names}" if simulated else names,
        seed=store.seed if simulated else None,
        instruments=max(here.values(), default=None),
    )


def run_backfill(
    settings: Settings, since: int, *, instruments: Collection[str] = (), told: Told = lambda *_: None
) -> list[Fetched]:
    """Fetch the past of the settings' venues from an instant (UTC ns) on, a venue after another.

    Raises what :func:`fbkit.store.open_writer` raises, :class:`~fbkit.errors.StoreHeld` where a collector runs.
    """
    return asyncio.run(_run(settings, since, instruments, told))


async def _run(settings: Settings, since: int, names: Collection[str], told: Told) -> list[Fetched]:
    clock = SystemClock()
    market, seed = market_of(settings)
    session = Session.open(database_url(settings), settings, clock, market=market, seed=seed, holder="fbkit backfill")
    while not session.backlog.is_empty:  # what an earlier run could not store comes first: it is older
        session.backlog.store_next()
    pipeline, now = session.pipeline, clock.now()
    writing = Inline(session.writer, lambda cut, _commit: pipeline.stored(cut))

    def keep(cut: Cut) -> None:
        writing.offer(cut)

    beats = Beats(pipeline, now, keep)
    ears = Ears(pipeline, beats, Health(), clock)

    async def tell() -> None:
        at = work.progress
        if at is not None:
            told(at["done"], at["total"], at["sentence"])
        await asyncio.sleep(0)

    work = Backfill(session, ears, beats, clock, tell)
    try:
        session.begin(now)
        # Beats say that we run; nobody listens meanwhile, and that is said, too.
        away = pipeline.open_gap(now, "stopped", now)
        done = []
        async with open_feeds(settings, clock) as feeds:
            for feed in feeds:
                mine = [name for name in names if name.startswith(f"{feed.venue}:")]
                if mine or not names:
                    done.append(await _venue(session, work, ears, clock, feed, since, mine))
        end = clock.now()
        session.abandon_history(end)
        pipeline.close_gap(away, end, end, backfilled=False)
        writing.offer(beats.end(end), session.checkpoint())
    finally:
        session.end(clock.now())
    return done


async def _venue(  # noqa: PLR0917 - what a run consists of
    session: Session, work: Backfill, ears: Ears, clock: Clock, feed: Feed, since: int, names: Collection[str]
) -> Fetched:
    listings = await feed.listings()
    now = clock.now()
    ears.take(feed.venue, listings, now)
    if session.last_beat_ts is not None and since > session.last_beat_ts:
        # What lies between the last run and what was asked for is not fetched: its gap stays one.
        session.abandon_history(now, f"{feed.venue}:")
    wanted = [one.instrument for one in listings if not names or one.instrument in names]
    waiting = session.open_history(wanted, feed.venue, now, since)
    return await work.venue(feed, since, now, names, waiting)
