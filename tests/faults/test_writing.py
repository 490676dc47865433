"""A disk slower than the feed: memory, then a spill file, then counted drops; what a kill leaves is stored later."""

from __future__ import annotations

import errno
import logging
import os
import random
import threading
from pathlib import Path

import psutil
import pytest

from fbkit.health import Health
from fbkit.ingest.backlog import Left
from fbkit.ingest.ground import Ground
from fbkit.ingest.kept import pack
from fbkit.ingest.spill import Head, Spill, read_batches, spill_paths, torn_bytes
from fbkit.model import NS_S, AccountRow, Market
from fbkit.store import open_store
from tests.faults.store_side import START, Site, remains, trade_ids, until


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'live.db').as_posix()}"


@pytest.fixture
def open_site(url: str, tmp_path: Path):
    sites: list[Site] = []

    def make(**options) -> Site:
        sites.append(Site(options.pop("url", url), tmp_path, **options))
        return sites[-1]

    yield make
    for site in sites:
        site.end()


def spilled(site: Site, seconds: int = 30) -> None:
    """A writer that stands still while seconds go by: memory fills up, the rest is in the file."""
    for _ in range(seconds):
        assert site.offer()
        site.moved()


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


# -- C13, C18: what a killed run left ---------------------------------------------------------------------------


@pytest.mark.faults("C13", "C18")
def test_a_killed_run_s_file_is_stored_by_the_next_and_what_was_in_its_memory_is_a_gap(open_site, url, tmp_path):
    site = open_site(bound=1000)
    site.disk.let_in(2)
    spilled(site, 2)
    site.wait(lambda: len(site.acknowledged) == 2)
    spilled(site, 28)
    in_file = site.writing.spill.batches
    after = open_site(url=remains(url, tmp_path / "killed"), start=START + 90 * NS_S)
    assert after.pipeline.last_seq > site.pipeline.last_seq
    after.offer(0)
    after.settle()
    after.end()
    copy = after.session.writer.url
    assert trade_ids(copy) == [*range(1, 201), *range(3001 - 100 * in_file, 3001)]
    with open_store(copy) as store:
        (row,) = [row for row in store.accounts(1) if row.channel == "trade"]
        stopped = store.gaps().query("cause == 'stopped'")
        beats = store.beats()["n"].tolist()
    assert row.balances
    assert (row.received, row.stored, row.in_flight) == (3000, 3000 - row.in_flight, 2800 - 100 * in_file)
    assert sorted(zip(stopped.index.astype("int64"), stopped["t1"], strict=True)) == [
        (START + 2 * NS_S, START + (30 - in_file) * NS_S),
        (START + 30 * NS_S, START + 90 * NS_S),
    ]
    assert beats == [1, 2, *range(31 - in_file, 32)]
    assert spill_paths(Path(copy.removeprefix("sqlite:///"))) == []


@pytest.mark.faults("C18")
def test_live_comes_first_and_a_file_left_behind_is_stored_in_between(open_site, url, tmp_path):
    site = open_site(bound=1000)
    spilled(site, 20)
    in_file = site.writing.spill.batches
    after = open_site(url=remains(url, tmp_path / "killed"), start=START + 60 * NS_S, first=1901)
    left = after.session.backlog.last_seq
    told = f"storing what an earlier run could not: 0 of {in_file} batches"
    assert after.writing.backlog == {"done": 0, "total": in_file, "sentence": told}
    for _ in range(3):
        after.offer()
    after.disk.let_in(4)
    until(lambda: len(after.disk.appended) == 4)
    order = ["live" if first > left else "left" for first, _ in after.disk.appended]
    assert order == ["left", "live", "live", "live"], "only the one under way when live came was before it"
    after.settle()
    assert after.writing.backlog is None
    assert trade_ids(after.session.writer.url) == list(range(2001 - 100 * in_file, 2201))
    assert after.pipeline.accounts["binance", "trade"].duplicate == 100, "what is in the file is known again"


@pytest.mark.faults("C13", "C18")
def test_a_file_is_settled_once_however_often_storing_it_is_interrupted(open_site, url, tmp_path):
    site = open_site(bound=1000)
    spilled(site, 20)
    in_file = site.writing.spill.batches
    at = url
    for number, batches in enumerate((3, 2, in_file)):
        at = remains(at, tmp_path / str(number))
        after = open_site(url=at, start=START + (60 + 10 * number) * NS_S)
        after.disk.let_in(batches)
        until(lambda: len(after.disk.appended) == batches)  # noqa: B023 - waited for here
    after.settle()
    after.end()
    with open_store(at) as store:
        (row,) = [row for row in store.accounts(1) if row.channel == "trade"]
        assert row.stored == 100 * in_file
        assert row.balances
        sequences = [event.seq for event in store.replay()]
    assert sequences == sorted(set(sequences))


@pytest.mark.faults("C18")
def test_a_file_of_two_hundred_thousand_rows_is_stored_and_memory_stays_flat(open_site, url, tmp_path, caplog):
    first = open_site()
    spill = first.session.spilling(512, START - NS_S).spill
    for _ in range(100):
        spill.put(pack(first.aside(2000), None, 1))
    spill.close()
    copy = remains(url, tmp_path / "killed")
    spill.clear()
    caplog.set_level(logging.WARNING)
    memory = psutil.Process()
    before = memory.memory_info().rss
    after = open_site(url=copy, start=START + 900 * NS_S)
    grown = []
    for done in range(10, 101, 10):
        after.disk.let_in(10)
        until(lambda: after.session.backlog.done == done)  # noqa: B023 - waited for here
        grown.append(memory.memory_info().rss - before)
    after.end()
    assert max(grown) < 40e6, [f"{one / 1e6:.0f} MB" for one in grown]
    assert len(trade_ids(copy)) == 200_000
    told = [record.message for record in caplog.records if "storing what an earlier run could not" in record.message]
    assert len(told) == 11
    assert told[-1].endswith("100 of 100 batches")


# -- the file itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(open_site, tmp_path) -> tuple[Path, list[int]]:
    """A file of twelve batches, closed, and where each ends."""
    site = open_site(bound=10_000_000)
    spill = Spill(tmp_path / "x.spill", 10**9, Head(Market.LIVE, None, 1))
    ends = []
    for _ in range(12):
        spill.put(pack(site.aside(20), None, 1))
        ends.append(spill._end)
    spill.close()
    return spill.path, ends


@pytest.mark.faults("C13", "C17")
def test_a_file_cut_or_scrambled_anywhere_gives_the_batches_before_that(filled):
    path, ends = filled
    whole = path.read_bytes()
    rng = random.Random(13)
    for number in range(60):
        at = rng.randrange(100, len(whole))
        cut = whole[:at] if number % 2 else whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        path.write_bytes(cut)
        batches = [kept.batch for kept in read_batches(path)]
        assert len(batches) == sum(end <= at for end in ends)
        assert all(len(batch.events) >= 21 for batch in batches)
        assert torn_bytes(path) == len(cut) - max([end for end in ends if end <= at], default=torn_start(whole))


def torn_start(whole: bytes) -> int:
    """Where the first batch begins."""
    return 16 + 8 + int.from_bytes(whole[16:20], "little")


@pytest.mark.faults("C13")
def test_only_its_owner_may_read_the_file(filled):
    assert filled[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.faults("C15")
def test_a_file_that_another_collector_overtook_is_not_stored(open_site, url, tmp_path, caplog):
    """A run lost its lease with a file on disk; its successor, who knew nothing of it, gave the same places away."""
    site = open_site(bound=1000)
    spilled(site, 20)
    copy = remains(url, tmp_path / "killed")
    path = Path(copy.removeprefix("sqlite:///"))
    (file,) = spill_paths(path)
    hidden = file.rename(file.with_name("hidden"))
    between = open_site(url=copy, start=START + 60 * NS_S)
    between.offer(500)
    between.end()
    hidden.rename(file)
    after = open_site(url=copy, start=START + 120 * NS_S)
    assert after.writing.backlog is None
    assert "another collector wrote in its place" in caplog.text
    assert [one.name for one in path.parent.glob("*.refused")] == [file.name + ".refused"]


@pytest.mark.faults("C17")
def test_a_file_of_another_market_is_left_alone_and_said(open_site, url, tmp_path, caplog):
    first = open_site()
    strange = Spill(tmp_path / "live.db.spill-20260101T000000Z-2", 10**6, Head(Market.SIMULATED, 7, 1))
    strange.put(pack(first.aside(5), None, 1))
    strange.close()
    first.end()
    after = open_site(start=START + 60 * NS_S)
    assert after.writing.backlog is None
    assert "another market" in caplog.text


@pytest.mark.faults("C13")
def test_accounts_of_a_killed_run_balance_whatever_was_under_way():
    left = Left(1, [])
    left._items["binance", "trade"] = 50
    for in_flight in (0, 30, 80):
        row = AccountRow(1, "binance", "trade", received=100, stored=100 - in_flight, in_flight=in_flight)
        (now,) = left.books([row])
        assert now.balances
        assert now.stored == row.stored + 50
        assert now.in_flight == max(0, in_flight - 50)
