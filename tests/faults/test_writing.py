"""A disk slower than the feed: memory, then a spill file, then counted drops; what a kill leaves is stored later."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from fbkit.clock import SystemClock
from fbkit.health import Health
from fbkit.ingest.ground import Ground
from fbkit.ingest.spill import Spill
from fbkit.model import NS_S, Side, Trade
from fbkit.settings import load_settings
from fbkit.store import Writer, open_store
from tests.faults.store_side import NAME, START, spilled, trade_ids, until
from tests.ingest.test_collector import ScriptedFeed, made
from tests.ingest.test_collector import until as wait_for

# -- C17: the writer falls behind ---------------------------------------------------------------------------------


@pytest.mark.faults("C17")
def test_behind_a_slow_disk_memory_keeps_its_bound_and_everything_is_stored_in_order(open_site, url):
    site = open_site(bound=1000)
    for _ in range(60):
        assert site.offer()
        assert site.writing.waiting <= 1000
        site.moved()
    assert site.writing.spill.batches > 40
    accounts = site.end()
    assert site.disk.appended == sorted(site.disk.appended), "what is spilled comes before what came later"
    assert trade_ids(url) == list(range(1, 6001))
    assert [(row.received, row.stored, row.dropped) for row in accounts if row.channel == "trade"] == [(6000, 6000, 0)]
    assert not site.writing.spill.path.exists()


@pytest.mark.faults("C17")
def test_what_comes_while_the_file_is_used_goes_behind_it(open_site, url):
    site = open_site(bound=1000)
    spilled(site)
    in_memory = 30 - site.writing.spill.batches
    site.disk.let_in(in_memory + 3)
    site.wait(lambda: len(site.acknowledged) == in_memory + 3)
    assert site.writing.waiting == 0
    assert site.offer()
    site.moved()
    assert site.writing.spill.batches == 30 - in_memory - 3 + 1
    site.end()
    assert site.disk.appended == sorted(site.disk.appended)
    assert trade_ids(url) == list(range(1, 3101))


@pytest.mark.faults("C17")
def test_a_writer_that_fell_behind_stores_what_waits_together(open_site, url):
    site = open_site(bound=100_000, group=100_000)
    done = []
    assert site.offer()
    until(lambda: site.writing._at is not None)
    for _ in range(20):
        assert site.offer()
    asked = site.writing.ask(lambda _: done.append(len(site.disk.appended)))
    assert site.offer()
    site.end()
    asked.result(20)
    assert [cut.beat.n for cut in site.acknowledged] == [1, 21, 22], "one alone, those that waited, and who came later"
    assert done == [2], "who asked comes between"
    assert trade_ids(url) == list(range(1, 2201))


@pytest.mark.faults("C17")
def test_where_batches_come_faster_than_they_are_stored_the_next_has_a_moment_to_come_along(open_site, url):
    """The moment is longer than the test may last: only that the group is full ends it."""
    site = open_site(bound=100_000, group=200, moment_s=600.0)
    assert site.offer()
    until(lambda: site.writing._at is not None)
    assert site.offer()  # waits when the first is stored: the writer is behind
    site.disk.let_in()
    site.wait(lambda: len(site.acknowledged) == 1)
    assert site.offer()  # the group is full
    assert site.offer()
    site.disk.let_in()
    site.wait(lambda: len(site.acknowledged) == 2)
    site.end()
    assert [cut.beat.n for cut in site.acknowledged] == [1, 3, 4]
    assert trade_ids(url) == list(range(1, 401))


@pytest.mark.faults("C17")
def test_the_loop_waits_for_neither_disk_and_what_has_no_room_is_counted(open_site, monkeypatch):
    """Both disks stand still; were an offer to wait for either, this test would never end."""
    opened = threading.Event()
    put = Spill.put

    def stuck(self, data):
        opened.wait(20)
        return put(self, data)

    monkeypatch.setattr(Spill, "put", stuck)
    site = open_site(bound=1000)
    taken = [site.offer() for _ in range(40)]
    assert taken.count(False) >= 25
    assert taken == sorted(taken, reverse=True)
    assert site.writing.waiting <= 1000
    dropped = site.pipeline.accounts["binance", "trade"].dropped
    assert dropped == 100 * taken.count(False)
    opened.set()
    accounts = {row.channel: row for row in site.end()}
    assert accounts["trade"].stored == 4000 - dropped
    assert accounts["trade"].balances


@pytest.mark.faults("C17")
def test_beyond_the_bound_of_the_file_batches_are_refused_one_by_one(open_site, url):
    site = open_site(bound=1000, spill_mb=0)
    for _ in range(20):
        site.offer()
        site.moved()
    assert 10 < len(site.refused) < 14
    assert [since for _, since in site.refused] == [cut.beat.ts_recv - NS_S for cut, _ in site.refused]
    assert all(row.balances for row in site.end())
    assert len(trade_ids(url)) == 2000 - 100 * len(site.refused)


@pytest.mark.faults("C16", "C17")
def test_a_full_disk_while_spilling_is_told_and_counted_and_is_over_when_there_is_room(open_site, monkeypatch):
    full = True
    put = Spill.put

    def refusing(self, data):
        if full:
            raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
        return put(self, data)

    monkeypatch.setattr(Spill, "put", refusing)
    site = open_site(bound=1000)
    spilled(site, 12)
    refused = len(site.refused)
    assert refused > 2
    health = Health()
    ground = Ground(health, Path(), lambda: 0)
    ground.look_at(site.writing)
    (told,) = health.judge(START).reasons
    assert "No space left on device" in told
    full = False
    spilled(site, 3)
    ground.look_at(site.writing)
    (told,) = health.judge(START).reasons
    assert "3 batches" in told
    accounts = {row.channel: row for row in site.end()}
    assert (accounts["trade"].stored, accounts["trade"].dropped) == (1500 - 100 * refused, 100 * refused)
    ground.look_at(site.writing)
    assert health.judge(START).state == "ok"


@pytest.mark.faults("C17")
def test_half_a_queue_is_degraded_and_so_is_a_file_in_use(open_site):
    site = open_site(bound=1000)
    health = Health()
    ground = Ground(health, Path(), lambda: 0)

    def reasons() -> list[str]:
        ground.look_at(site.writing)
        state = health.judge(START, queue_share=site.writing.share)
        return [row.reason for row in state.streams if row.state == "degraded"]

    spilled(site, 4)
    assert reasons() == []
    spilled(site, 2)
    assert reasons() == ["queue"]
    spilled(site, 4)
    assert reasons() == ["queue", "spilling"]


@pytest.mark.faults("C17")
def test_a_file_that_cannot_be_read_back_is_lost_counted_and_said_and_the_run_goes_on(open_site, url):
    site = open_site(bound=1000)
    spilled(site, 20)
    in_memory = 20 - site.writing.spill.batches
    with site.writing.spill.path.open("r+b") as file:
        file.seek(-200, os.SEEK_END)
        file.write(b"\xa5" * 100)
    site.disk.let_in(19)
    site.wait(lambda: bool(site.refused))
    ((_, since),) = site.refused
    assert since == START + 19 * NS_S
    assert in_memory < 19
    assert site.offer()
    accounts = {row.channel: row for row in site.end()}
    assert (accounts["trade"].received, accounts["trade"].dropped) == (2100, 100)
    assert accounts["trade"].balances
    assert len(trade_ids(url)) == 2000


@pytest.mark.faults("C16", "C17")
def test_what_cannot_be_stored_when_a_run_ends_is_stored_by_the_next(open_site, url):
    site = open_site(bound=1000)
    spilled(site, 20)
    site.disk.let_in(5)
    site.wait(lambda: len(site.acknowledged) == 5)
    site.writing.close(0.05)
    site._ended = site.session.end(START + 20 * NS_S)
    accounts = {row.channel: row for row in site._ended}
    assert accounts["trade"].in_flight == 1500
    assert accounts["trade"].balances
    after = open_site(start=START + 60 * NS_S)
    after.settle()
    after.end()
    assert sorted(trade_ids(url)) == list(range(1, 2001))
    with open_store(url) as store:
        (first,) = [row for row in store.accounts(1) if row.channel == "trade"]
    assert (first.received, first.stored, first.in_flight) == (2000, 2000, 0)


# -- the same, as a whole collector -----------------------------------------------------------------------------


class Fast:
    """A clock that runs thirty times as fast as the machine's."""

    def __init__(self) -> None:
        self._began = SystemClock().now()

    def now(self) -> int:
        return START + (SystemClock().now() - self._began) * 30

    def wall(self) -> int:
        return self.now()


@pytest.mark.faults("C17")
async def test_a_collector_behind_a_disk_that_stands_still_drops_nothing_and_says_it(home, monkeypatch):
    disk, clock, said = threading.Event(), Fast(), set()
    append, judge = Writer.append, Health.judge

    def waiting(self, batch):
        assert disk.wait(30)
        return append(self, batch)

    def judged(self, now, **more):
        state = judge(self, now, **more)
        said.update(row.reason for row in state.streams if row.state == "degraded")
        return state

    async def flood(feed, sink):
        for number in range(1, 1_000_000):
            now = clock.now()
            sink.take("binance", [Trade(NAME, now, now, number, 100.0, 1.0, Side.BUY)], now)
            if number % 10 == 0:
                await asyncio.sleep(0.001)

    monkeypatch.setattr(Writer, "append", waiting)
    monkeypatch.setattr(Health, "judge", judged)
    settings = load_settings(cadence_ms=0, queue_items=1000, backfill_hours=0)
    feed = ScriptedFeed(flood)
    feed.clock = clock
    collector = made(settings, feed, clock=clock)
    running = asyncio.create_task(collector.run())
    await wait_for(lambda: "spilling" in said and collector.writing.spill.batches > 20)
    assert collector.writing.waiting <= 1000
    disk.set()
    await wait_for(lambda: not collector.writing.spill.batches)
    collector.stop()
    accounts = await running
    assert {"queue", "spilling"} <= said
    (trades,) = [row for row in accounts if row.channel == "trade"]
    assert (trades.stored, trades.dropped) == (trades.received, 0)
    assert trades.received > 2000
    with open_store(collector.session.writer.url) as store:
        assert store.table_counts()["trades"] == trades.stored
        assert "overflow" not in set(store.gaps()["cause"])
