"""What a collector does when it is asked: the past is fetched once, and the gaps it filled are closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest

from fbkit.clock import SystemClock
from fbkit.errors import CollectorError, NotRemembered
from fbkit.feeds.feed import Progress
from fbkit.feeds.sink import Sink
from fbkit.hub import call
from fbkit.ingest.collector import Collector
from fbkit.model import NS_HOUR, NS_MIN, NS_S, Bar, Funding, Listing, OpenInterest, Origin, floor_to
from fbkit.runtime import database_url, find_runtime, runtime_path
from fbkit.settings import Settings, load_settings
from fbkit.store import open_store
from tests.ingest.test_collector import NAME, ScriptedFeed, made, steady, trade, until

OTHER = "binance:ETH-USDT-PERP"


class Remembering(ScriptedFeed):
    """A venue that remembers so many minutes of bars and open interest, and the trades it is told to."""

    def __init__(self, script: Any, minutes: int = 600, names: Collection[str] = (NAME,)) -> None:
        super().__init__(script)
        self.minutes, self.names, self.refuses = minutes, names, False
        self.asked: list[tuple[int, int, frozenset[str]]] = []

    async def listings(self) -> list[Listing]:
        now = self.clock.now()
        return [Listing(name, now, now, name[8:11] + "USDT", name[8:11], "USDT", "USDT") for name in self.names]

    async def backfill(
        self, sink: Sink, since: int, until: int, names: Collection[str] = ()
    ) -> AsyncIterator[Progress]:
        self.asked.append((since, until, frozenset(names)))
        wanted = [name for name in self.names if not names or name in names]
        for done, name in enumerate(wanted, 1):
            first = max(since, floor_to(until, NS_MIN) - self.minutes * NS_MIN)
            ends = range(floor_to(first, NS_MIN) + NS_MIN, floor_to(until, NS_MIN) + 1, NS_MIN)
            how = {"origin": Origin.BACKFILL}
            sink.take("binance", [Bar(name, t1, until, "1m", 1, 2, 1, 2, 5, 9, 4, 3, **how) for t1 in ends], until)
            sink.take("binance", [OpenInterest(name, t1, until, 7.0, **how) for t1 in ends[::5]], until)
            sink.raw("binance", "rest:/x", until, [b"{}"])
            yield Progress("history", done, len(wanted), name, complete=not self.refuses)


@pytest.fixture
def settings() -> Settings:
    return load_settings(cadence_ms=0, backfill_hours=0)


async def started(collector: Collector, settings: Settings) -> tuple[asyncio.Task[Any], Any]:
    running = asyncio.create_task(collector.run())
    path = runtime_path(settings, database_url(settings))
    await until(lambda: find_runtime(path) is not None and collector.session.pipeline.received > 10)
    await until(lambda: collector.past.progress is None and bool(collector.feeds))
    return running, path


async def fetched(path: Any, **given: Any) -> dict[str, Any]:
    number = (await call(path, "backfill", **given))["number"]
    async with asyncio.timeout(20):
        while True:
            (mine,) = [one for one in (await call(path, "status"))["backfills"] if one["number"] == number]
            if mine["done"]:
                return dict(mine)
            await asyncio.sleep(0.02)


async def test_the_past_is_fetched_once_and_asked_again_brings_nothing_new(settings: Settings) -> None:
    collector = made(settings, Remembering(steady))
    running, path = await started(collector, settings)
    since = floor_to(SystemClock().now(), NS_MIN) - 2 * NS_HOUR
    (first,) = (await fetched(path, since=since))["fetched"]
    (again,) = (await fetched(path, since=since))["fetched"]
    collector.stop()
    accounts = await running
    assert first["new"]["bar"] >= 119
    assert first["new"]["open_interest"] >= 23
    assert sum(again["new"].values()) <= 2, "a minute may have ended in between"
    assert again["known"]["bar"] >= 119
    assert all(one.balances for one in accounts)
    with open_store(database_url(settings)) as store:
        told = store.gaps().query("channel == 'bar' and phase == 'backfilled'").to_dict("records")
        assert any(row["t0"] == since for row in told), "the ledger says that the past is here"


async def test_a_later_run_knows_what_an_earlier_one_fetched(settings: Settings) -> None:
    since = floor_to(SystemClock().now(), NS_MIN) - 2 * NS_HOUR
    for expected in (True, False):
        collector = made(settings, Remembering(steady))
        running, path = await started(collector, settings)
        (one,) = (await fetched(path, since=since))["fetched"]
        assert (sum(one["new"].values()) > 100) is expected
        collector.stop()
        await running


async def test_what_a_venue_does_not_remember_is_said_and_is_no_error(settings: Settings) -> None:
    collector = made(settings, Remembering(steady, minutes=30))
    running, path = await started(collector, settings)
    done = await fetched(path, since=SystemClock().now() - 20 * NS_HOUR)
    collector.stop()
    await running
    assert done["error"] == ""
    (one,) = done["fetched"]
    assert any(text.startswith("bar: remembered from ") for text in one["said"])
    assert "funding: nothing is remembered" in one["said"]


async def test_one_instrument_alone_is_asked_for(settings: Settings) -> None:
    feed = Remembering(steady, names=(NAME, OTHER))
    collector = made(settings, feed)
    running, path = await started(collector, settings)
    (one,) = (await fetched(path, since=SystemClock().now() - NS_HOUR, instruments=[OTHER]))["fetched"]
    assert one["instruments"] == 1
    assert feed.asked[-1][2] == {OTHER}
    for wrong in ({"instruments": ["binance:NO-USDT-PERP"]}, {"venues": ["okx"]}):
        with pytest.raises(CollectorError, match="no "):
            await call(path, "backfill", since=0, **wrong)
    collector.stop()
    await running


async def test_a_refused_instrument_is_named(settings: Settings) -> None:
    feed = Remembering(steady)
    collector = made(settings, feed)
    running, path = await started(collector, settings)
    feed.refuses = True
    (one,) = (await fetched(path, since=SystemClock().now() - NS_HOUR))["fetched"]
    collector.stop()
    await running
    assert one["refused"] == [NAME]


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_gap_of_trades_becomes_backfilled_where_the_venue_has_them(settings: Settings, remembers: bool) -> None:
    class Venue(Remembering):
        async def trades(self, sink: Sink, instrument: str, since: int, until: int | None, from_id: Any = None) -> int:
            if not remembers:
                raise NotRemembered("binance", f"trades of {instrument}", "only the newest are remembered")
            sink.take("binance", [trade(n, since + NS_S, Origin.BACKFILL) for n in (-3, -2, -1)], self.clock.now())
            return 3

    collector = made(settings, Venue(steady))
    running, path = await started(collector, settings)
    now = collector.clock.now()
    gap = collector.session.pipeline.open_gap(now, "disconnect", now - NS_MIN, venue="binance", channel="trade")
    collector.session.pipeline.close_gap(gap, now, now - NS_S, backfilled=False)
    await call(path, "flush")
    (one,) = (await fetched(path, since=now - NS_HOUR))["fetched"]
    collector.stop()
    await running
    with open_store(database_url(settings)) as store:
        (row,) = store.gaps().query(f"gap_id == {gap.gap_id}").to_dict("records")
    assert row["phase"] == ("backfilled" if remembers else "closed")
    assert (one["filled"], one["left"]) == ((1, 0) if remembers else (0, 1))
    assert remembers or any("only the newest" in text for text in one["said"])


async def test_history_that_was_a_gap_is_backfilled_once_it_is_here(settings: Settings) -> None:
    collector = made(settings, Remembering(steady))
    running, path = await started(collector, settings)
    now = floor_to(collector.clock.now(), NS_MIN)
    pipeline = collector.session.pipeline
    bar = {"venue": "binance", "channel": "bar", "instrument": NAME, "t1": now}
    within, too_old = pipeline.open_gap(now, "start", now - NS_HOUR, **bar), pipeline.open_gap(now, "start", 0, **bar)
    for gap in (within, too_old):
        pipeline.close_gap(gap, now, now, backfilled=False)
    await call(path, "flush")
    (one,) = (await fetched(path, since=now - 2 * NS_HOUR))["fetched"]
    collector.stop()
    await running
    assert one["filled"] == 1
    with open_store(database_url(settings)) as store:
        phases = store.gaps().set_index("gap_id")["phase"]
    assert (phases[within.gap_id], phases[too_old.gap_id]) == ("backfilled", "closed")


def test_funding_is_known_again_by_its_instant() -> None:
    from fbkit.ingest.sieve import _key

    assert _key(Funding(NAME, 5, 6, 0.1, 8)) == _key(Funding(NAME, 5, 9, 0.2, 8))
