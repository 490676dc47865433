"""What a killed run left in its spill file: cut anywhere, it is stored by the next run, beside the live market."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import psutil
import pytest

from fbkit.ingest.backlog import Left
from fbkit.ingest.kept import pack
from fbkit.ingest.spill import Head, Spill, read_batches, spill_paths, torn_bytes
from fbkit.model import NS_S, AccountRow, Market, Trade
from fbkit.store import Batch, open_store
from tests.faults.store_side import START, remains, spilled, trade_ids, until
from tests.store.made import events

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


@pytest.mark.faults("C18")
def test_the_store_takes_what_comes_late_in_its_place_also_when_later_things_are_folded(open_site, url):
    """Live comes before what was left behind: then lower places are stored after higher ones, and after their fold."""
    site = open_site()
    early, late = events(2000), events(2000, first=2001, seed=8)
    store = site.session.writer
    for batch in (late, early, late, early):
        known = store.append(Batch(batch)).known
        store.fold(1 << 62)
    assert known == 2000
    assert [event.seq for event in store.replay()] == [event.seq for event in (*early, *late)]
    assert list(store.events("trade")) == sorted(
        (one for one in (*early, *late) if isinstance(one, Trade)), key=lambda one: (one.ts_event, one.seq)
    )
