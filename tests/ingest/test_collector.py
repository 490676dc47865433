"""The collector: holes refilled, silences told, owners watched, commands answered, everything stored at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from fbkit.clock import Clock, SystemClock
from fbkit.errors import NotRemembered, StoreFull, StoreHeld
from fbkit.feeds.feed import Feed, Progress
from fbkit.feeds.sink import Sink
from fbkit.hub import call
from fbkit.ingest import collector as collector_module
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.model import NS_HOUR, NS_S, AccountRow, Bar, Listing, Mark, Market, Origin, Side, Trade
from fbkit.runtime import database_url, find_runtime, runtime_path
from fbkit.settings import Settings, load_settings
from fbkit.store import Batch, Writer, open_store

NAME = "binance:BTC-USDT-PERP"


def trade(number: int, ts: int, origin: Origin = Origin.LIVE) -> Trade:
    return Trade(NAME, ts, ts, number, 100.0 + number % 7, 1.0, Side.BUY, origin=origin)


class ScriptedFeed:
    """A venue of one instrument that says what its script says; what is fetched again it has."""

    venue = "binance"
    contiguous = True

    def expected_s(self) -> dict[str, float]:
        return {"trade": 1.0}

    def __init__(self, script: Callable[[ScriptedFeed, Sink], Coroutine[Any, Any, None]]) -> None:
        self.script, self.clock = script, SystemClock()
        self.refetched: list[tuple[int, int | None, int | None]] = []
        self.history = 0

    async def listings(self) -> list[Listing]:
        now = self.clock.now()
        return [Listing(NAME, now, now, "BTCUSDT", "BTC", "USDT", "USDT")]

    async def run(self, sink: Sink) -> None:
        sink.take("binance", await self.listings(), self.clock.now())
        await self.script(self, sink)
        await asyncio.Event().wait()

    async def backfill(self, sink: Sink, since: int, until: int) -> AsyncIterator[Progress]:
        first = until - until % (60 * NS_S) - 120 * NS_S
        bars = [
            Bar(NAME, first + n * 60 * NS_S, until, "1m", 1, 2, 1, 2, 5, 9, 4, 3, origin=Origin.BACKFILL)
            for n in (0, 1)
        ]
        sink.take("binance", bars, until)
        self.history += 1
        yield Progress("history", 1, 1, NAME)

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        self.refetched.append((since, until, from_id))
        now = self.clock.now()
        if from_id is not None:
            sink.take("binance", [trade(n, now, Origin.BACKFILL) for n in range(from_id, from_id + 5)], now)
        return 5


async def steady(feed: ScriptedFeed, sink: Sink) -> None:
    for number in range(1, 100_000):
        now = feed.clock.now()
        sink.take("binance", [trade(number, now)], now)
        await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def _only(feed: Feed) -> AsyncIterator[list[Feed]]:
    yield [feed]


def made(settings: Settings, feed: ScriptedFeed, *, owned: bool = False, clock: Clock | None = None) -> Collector:
    clock = clock or SystemClock()
    session = Session.open(database_url(settings), settings, clock, market=Market.SIMULATED, seed=7, holder="the test")
    return Collector(session, settings, lambda: _only(feed), token="t" * 64, clock=clock, owned=owned)


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - whatever is waited for sets no event
            await asyncio.sleep(0.01)


def channel(accounts: list[AccountRow], name: str) -> AccountRow:
    return next(one for one in accounts if one.channel == name)


@pytest.fixture
def settings() -> Settings:
    return load_settings(cadence_ms=0)


async def test_what_came_in_is_stored_when_it_stops_and_stopping_takes_less_than_two_seconds(
    settings: Settings,
) -> None:
    collector = made(settings, ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    await until(lambda: collector.session.pipeline.received > 100)
    loop = asyncio.get_running_loop()
    asked = loop.time()
    collector.stop()
    accounts = await running
    assert loop.time() - asked < 2.0
    assert all(one.balances and not one.in_flight for one in accounts)
    trades = channel(accounts, "trade")
    assert trades.received == trades.stored > 90
    with open_store(database_url(settings)) as store:
        assert store.table_counts()["trades"] == trades.stored
        last = store.last_beat()
        assert last is not None
        assert last.last
        assert store.runs()[-1].ts_stop is not None


async def test_history_is_fetched_after_the_first_live_data_and_its_gap_is_filled(settings: Settings) -> None:
    feed = ScriptedFeed(steady)
    collector = made(settings, feed)
    running = asyncio.create_task(collector.run())
    await until(lambda: feed.history == 1)
    await asyncio.sleep(0.05)
    collector.stop()
    await running
    with open_store(database_url(settings)) as store:
        gaps = store.gaps()
        (start,) = gaps[gaps["cause"] == "start"].to_dict("records")
        assert (start["phase"], start["instrument"]) == ("backfilled", NAME)
        assert start["t1"] - start["t0"] >= 47 * NS_HOUR


@pytest.mark.faults("C9")
async def test_c9_a_hole_in_the_ids_is_fetched_again(settings: Settings) -> None:
    async def script(feed: ScriptedFeed, sink: Sink) -> None:
        now = feed.clock.now()
        sink.take("binance", [trade(1, now), trade(7, now)], now)

    feed = ScriptedFeed(script)
    collector = made(settings, feed)
    running = asyncio.create_task(collector.run())
    await until(lambda: any(from_id == 2 for _, _, from_id in feed.refetched))
    await asyncio.sleep(0.05)
    collector.stop()
    accounts = await running
    assert channel(accounts, "trade").stored == 7
    with open_store(database_url(settings)) as store:
        (gap,) = store.gaps().query("cause == 'sequence'").to_dict("records")
        assert (gap["phase"], gap["missing"]) == ("backfilled", 0)


@pytest.mark.faults("C1")
async def test_c1_a_silence_is_a_gap_that_closes_when_what_was_missed_is_here(settings: Settings) -> None:
    async def script(feed: ScriptedFeed, sink: Sink) -> None:
        now = feed.clock.now()
        sink.take("binance", [trade(1, now)], now)
        sink.trouble("binance", "trade", "disconnect", "binance: connection ended; connecting again")
        sink.silent("binance", ["trade", "quote"], "disconnect", now)
        await asyncio.sleep(0.05)
        sink.speaking("binance", ["trade", "quote"], feed.clock.now())
        sink.well("binance", "trade")

    feed = ScriptedFeed(script)
    collector = made(settings, feed)
    running = asyncio.create_task(collector.run())
    await until(lambda: any(from_id is None for _, _, from_id in feed.refetched))
    await asyncio.sleep(0.05)
    collector.stop()
    await running
    with open_store(database_url(settings)) as store:
        told = {row["channel"]: row["phase"] for row in store.gaps().query("cause == 'disconnect'").to_dict("records")}
        began = store.gaps().query("channel == 'trade' and cause == 'disconnect'").index[0].value
    assert told == {"trade": "backfilled", "quote": "closed"}
    (asked,) = [since for since, _, from_id in feed.refetched if from_id is None]
    assert asked == began - 10 * NS_S, "what traded just before we heard the last was still on its way"


async def test_what_a_venue_forgot_leaves_the_gap_and_the_others_are_asked_all_the_same(settings: Settings) -> None:
    async def script(feed: ScriptedFeed, sink: Sink) -> None:
        now = feed.clock.now()
        sink.take("binance", [trade(1, now)], now)
        sink.silent("binance", ["trade"], "disconnect", now)
        sink.speaking("binance", ["trade"], feed.clock.now())

    class Forgetful(ScriptedFeed):
        async def listings(self) -> list[Listing]:
            now = self.clock.now()
            return [
                Listing(f"binance:{coin}-USDT-PERP", now, now, coin, coin, "USDT", "USDT") for coin in ("BTC", "ETH")
            ]

        async def trades(self, sink: Sink, instrument: str, *given: Any) -> int:
            await super().trades(sink, instrument, *given)
            if instrument == NAME:
                raise NotRemembered("binance", f"trades of {instrument}", "only the newest ten are kept")
            return 0

    feed = Forgetful(script)
    collector = made(settings, feed)
    running = asyncio.create_task(collector.run())
    await until(lambda: len(feed.refetched) == 2)
    await asyncio.sleep(0.05)
    collector.stop()
    await running
    with open_store(database_url(settings)) as store:
        assert set(store.gaps().query("cause == 'disconnect'")["phase"]) == {"closed"}


async def test_a_second_collector_is_refused_and_told_who_holds_it(settings: Settings) -> None:
    collector = made(settings, ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    await until(lambda: collector.session.pipeline.received > 0)
    with pytest.raises(StoreHeld, match=f"pid {os.getpid()}") as told:
        made(settings, ScriptedFeed(steady))
    assert told.value.exit_code == 3
    collector.stop()
    await running


async def test_commands_are_answered_over_the_hub(settings: Settings) -> None:
    collector = made(settings, ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    path = runtime_path(settings, database_url(settings))
    await until(lambda: find_runtime(path) is not None and collector.session.pipeline.received > 10)
    status = await call(path, "status")
    assert status["pid"] == os.getpid()
    assert status["unbalanced"] == []
    assert (await call(path, "flush"))["stored"] > 0
    assert await call(path, "stop") == {"stopping": True}
    await running
    assert find_runtime(path) is None, "the runtime file goes with the collector"


async def test_a_collector_that_nobody_owns_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_module, "OWNERLESS_S", 0.2)
    collector = made(settings, ScriptedFeed(steady), owned=True)
    accounts = await asyncio.wait_for(collector.run(), 15)
    assert "nobody" in collector.why_stopped
    assert all(one.balances and not one.in_flight for one in accounts)


async def test_the_next_run_knows_the_gap_and_counts_on(settings: Settings) -> None:
    for _ in range(2):
        collector = made(settings, ScriptedFeed(steady))
        running = asyncio.create_task(collector.run())
        await until(lambda c=collector: c.session.pipeline.received > 20)  # type: ignore[misc]  # bound now, not later
        collector.stop()
        accounts = await running
    with open_store(database_url(settings)) as store:
        runs = store.runs()
        assert [run.run for run in runs] == [1, 2]
        assert runs[1].from_checkpoint > 0, "the second run goes on from the first one's checkpoint"
        assert "stopped" in set(store.gaps()["cause"])
        beats = store.beats()["n"].tolist()
        assert beats == list(range(1, len(beats) + 1))
        sequences = [event.seq for event in store.replay()]
        assert len(set(sequences)) == len(sequences)
    # The script's ids begin again at 1: what the first run stored is known, and counted as duplicate.
    assert channel(accounts, "trade").duplicate > 0


@pytest.mark.faults("C13")
def test_c13_a_killed_run_leaves_no_gap_open_and_the_time_it_was_away_is_one(settings: Settings) -> None:
    clock, url = SystemClock(), database_url(settings)
    first = Session.open(url, settings, clock, market=Market.SIMULATED, seed=7, holder="the killed one")
    start = clock.now()
    first.begin(start)
    first.pipeline.open_gap(start, "disconnect", start, venue="binance", channel="trade")
    cut = first.pipeline.beat(start + NS_S)
    first.writer.append(Batch(cut.events, cut.rows))
    first.writer.close()  # without a last Beat, as after kill -9

    second = Session.open(url, settings, clock, market=Market.SIMULATED, seed=7, holder="the next one")
    second.begin(start + 60 * NS_S)
    cut = second.pipeline.beat(start + 61 * NS_S)
    second.writer.append(Batch(cut.events, cut.rows))
    second.end(start + 61 * NS_S)
    with open_store(url) as store:
        gaps = {row["cause"]: row for row in store.gaps().to_dict("records")}
    assert (gaps["disconnect"]["phase"], gaps["disconnect"]["t1"]) == ("closed", start + NS_S)
    assert (gaps["stopped"]["t0"], gaps["stopped"]["t1"]) == (start + NS_S, start + 60 * NS_S)


@pytest.mark.faults("C16")
async def test_c16_a_full_disk_keeps_the_batch_and_recovers_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = made(settings, ScriptedFeed(steady))
    append, refused = Writer.append, 0

    def full(self: Writer, batch: Any) -> Any:
        nonlocal refused
        if refused < 2 and batch.events:
            refused += 1
            raise StoreFull(self.url, "no room on the disk", "free some; what came in is kept")
        return append(self, batch)

    monkeypatch.setattr(Writer, "append", full)
    running = asyncio.create_task(collector.run())
    await until(lambda: collector.session.pipeline.received > 0)
    states: set[str] = set()

    def recovered() -> bool:
        states.add(collector.health.judge(collector.clock.now(), trouble=collector.writing.trouble).state)
        return refused == 2 and collector.writing.trouble is None and collector.stored > 100

    await until(recovered)
    collector.stop()
    accounts = await running
    assert "down" in states
    trades = channel(accounts, "trade")
    assert trades.received == trades.stored
    assert trades.dropped == 0


@pytest.mark.faults("C18")
async def test_c18_the_past_waits_for_room_before_the_writer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that stands still for a moment: live goes on, history waits, nothing is dropped."""
    feed = ScriptedFeed(steady)
    collector = made(settings.model_copy(update={"queue_items": 1000}), feed)
    running = asyncio.create_task(collector.run())
    await until(lambda: collector.session.pipeline.received > 0)
    monkeypatch.setattr(type(collector.writing), "waiting", property(lambda _: 1000))
    waiting = asyncio.create_task(collector._room())
    await asyncio.sleep(0.3)
    assert not waiting.done()
    monkeypatch.undo()
    await asyncio.wait_for(waiting, 10)
    collector.stop()
    accounts = await running
    assert all(one.dropped == 0 for one in accounts)


@pytest.mark.faults("C17")
async def test_c17_beyond_its_bound_the_queue_drops_counts_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    collector = made(settings, ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    await until(lambda: collector.stored > 0)
    offer = collector.writing.offer

    def full(cut: Any, checkpoint: Any = None, *, anyway: bool = False) -> bool:
        return anyway and offer(cut, checkpoint, anyway=True)

    monkeypatch.setattr(collector.writing, "offer", full)
    dropped = collector.session.pipeline.accounts["binance", "trade"]
    await until(lambda: dropped.dropped > 0)
    monkeypatch.undo()
    await asyncio.sleep(1.1)
    collector.stop()
    accounts = await running
    trades = channel(accounts, "trade")
    assert trades.balances
    assert trades.dropped > 0
    with open_store(database_url(settings)) as store:
        assert "overflow" in set(store.gaps()["cause"])
        assert set(store.gaps()["phase"]) <= {"closed", "backfilled"}, "what says what we know is never dropped"
        beats = store.beats()["n"].tolist()
        assert beats == list(range(1, len(beats) + 1))


async def test_a_multiplier_read_wrongly_is_told_by_the_prices_of_other_venues(settings: Settings) -> None:
    async def three_venues(feed: ScriptedFeed, sink: Sink) -> None:
        now = feed.clock.now()
        for venue, price in (("binance", 4.87e-6), ("bybit", 4.88e-3), ("okx", 4.86e-6)):
            sink.take(venue, [Mark(f"{venue}:PEPE-USDT-PERP", now, now, price)], now)

    collector = made(settings, ScriptedFeed(three_venues))
    running = asyncio.create_task(collector.run())
    await until(lambda: len(collector.session.pipeline.board.prices()) == 3)
    collector.compare_prices()
    reasons = collector.health.judge(collector.clock.now()).reasons
    assert any("bybit:PEPE-USDT-PERP costs 0.00488 USD, 1,002 times" in one for one in reasons), reasons
    now = collector.clock.now()
    collector.ears.take("bybit", [Mark("bybit:PEPE-USDT-PERP", now, now, 4.88e-6)], now)
    collector.compare_prices()
    assert not any("PEPE" in one for one in collector.health.judge(now).reasons)
    collector.stop()
    await running
