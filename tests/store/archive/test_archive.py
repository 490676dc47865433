"""Closed days move into files, and no reader can tell."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import StoreCorrupt, StoreError
from fbkit.ingest.archiving import archive
from fbkit.model import KINDS, NS_DAY, NS_HOUR, Event, Market, Side, Span, Trade
from fbkit.store import Batch, Checkpoint, Store, Writer, open_store, open_writer
from fbkit.store.archive import duck, log, moving
from tests.store.made import NAMES, START, events

DAY = START // NS_DAY * NS_DAY
FAR = 1 << 62

pytestmark = pytest.mark.skipif(not duck.installed(), reason="wants the extra parquet")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'a.db').as_posix()}"


@pytest.fixture
def writer(url: str) -> Iterator[Writer]:
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test") as opened:
        yield opened


def three_days(n: int = 300) -> list[Event]:
    """Events of three days, by ``seq``; the first second of a day has none, and some lie in yesterday."""
    made: list[Event] = []
    for day in range(3):
        start = DAY + day * NS_DAY
        for hour in (0, 11, 23):
            made += events(n, seed=day * 100 + hour, start=start + hour * NS_HOUR, first=len(made) + 1)
    return made


def fill(writer: Writer, made: list[Event], checkpoint: int | None = None) -> None:
    writer.append(Batch(made))
    seq = made[-1].seq if checkpoint is None else checkpoint
    writer.append(Batch(checkpoint=Checkpoint(seq, made[-1].ts_recv, "code", b"state")))
    writer.fold(FAR)


def everything(store: Store) -> dict[str, Any]:
    names = sorted(set(store.table_counts()) - {"engine_runs", "checkpoints"})
    return {
        "digest": store.digest(names),
        "replay": [repr(event) for event in store.replay()],
        "counts": store.table_counts(),
        "frames": {kind: store.frame(kind) for kind in KINDS},
        "one": {kind: store.frame(kind, NAMES[0], Span(DAY + NS_HOUR // 60, DAY + NS_DAY + NS_HOUR)) for kind in KINDS},
        "events": {kind: [repr(event) for event in store.events(kind, NAMES[1])] for kind in KINDS},
        "newest": repr(store.last_beat()),
    }


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name in ("digest", "counts", "replay", "events", "newest"):
        assert one[name] == other[name], name
    for name in ("frames", "one"):
        for kind in KINDS:
            pd.testing.assert_frame_equal(one[name][kind], other[name][kind], check_exact=True)


def test_no_reader_can_tell_what_was_archived(writer: Writer, url: str) -> None:
    fill(writer, three_days())
    before = everything(writer)
    done = archive(writer, before=DAY + 2 * NS_DAY + NS_HOUR)
    assert done.events > 800
    assert {one.day for one in done.days} == {"2025-12-30", "2025-12-31", "2026-01-01"}
    with open_store(url) as reader:
        assert_same(before, everything(reader))
    hot = writer.tiers.held()
    assert min(one.hour for one in hot if one.kind == "trade") >= DAY + 2 * NS_DAY - NS_HOUR


def test_archiving_again_moves_nothing(writer: Writer) -> None:
    fill(writer, three_days())
    archive(writer, before=DAY + 2 * NS_DAY)
    before = everything(writer)
    again = archive(writer, before=DAY + 2 * NS_DAY)
    assert (again.events, again.files) == (0, 0)
    assert_same(before, everything(writer))


def test_days_in_many_files_read_in_small_windows_are_the_same(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(writer, three_days())
    before = everything(writer)
    monkeypatch.setattr(moving, "PART_EVENTS", 40)
    monkeypatch.setattr(log, "WINDOW", 257)
    monkeypatch.setattr(log, "CACHE_VALUES", 2_000)
    done = archive(writer, before=DAY + 2 * NS_DAY)
    assert done.files > len(done.days)
    assert_same(before, everything(writer))


def test_what_is_above_the_newest_checkpoint_stays(writer: Writer) -> None:
    made = three_days()
    fill(writer, made, checkpoint=made[500].seq)
    before = everything(writer)
    done = archive(writer, before=DAY + 3 * NS_DAY)
    kinds = {kind.name for kind in moving.KINDS}
    assert done.events == sum(type(one).__struct_config__.tag in kinds for one in made[:501])
    assert_same(before, everything(writer))


def test_before_the_first_checkpoint_nothing_is_archived_and_that_is_said(writer: Writer) -> None:
    writer.append(Batch(three_days(50)))
    writer.fold(FAR)
    assert "first checkpoint" in archive(writer, before=DAY + 3 * NS_DAY).sentence


def late(n: int, first: int) -> list[Trade]:
    return [
        Trade(NAMES[0], DAY + i, DAY + 5 * NS_DAY, 10**9 + i, 1.5, 0.25, Side.SELL, seq=first + i) for i in range(n)
    ]


def test_what_comes_late_for_an_archived_day_stays_hot_and_is_read_with_it(writer: Writer) -> None:
    made = three_days()
    fill(writer, made)
    archive(writer, before=DAY + 2 * NS_DAY)
    fill(writer, [*late(20, made[-1].seq + 1)])
    before = everything(writer)
    assert before["counts"]["trades"] == 20 + sum(isinstance(one, Trade) for one in made)
    assert archive(writer, before=DAY + 2 * NS_DAY).events == 0
    assert_same(before, everything(writer))


def test_many_late_events_become_a_second_file_of_their_day(writer: Writer) -> None:
    made = three_days(100)
    fill(writer, made)
    archive(writer, before=DAY + 2 * NS_DAY)
    fill(writer, [*late(10_000, made[-1].seq + 1)])
    before = everything(writer)
    done = archive(writer, before=DAY + 2 * NS_DAY)
    assert (done.events, done.files) == (10_000, 1)
    assert [part.part for part in writer.tiers.parts() if part.kind == 1 and part.day == DAY] == [1, 2]
    assert_same(before, everything(writer))


def test_an_event_appended_again_after_it_was_archived_is_remembered_once(writer: Writer) -> None:
    made = three_days(100)
    fill(writer, made)
    archive(writer, before=DAY + 2 * NS_DAY)
    before = everything(writer)
    assert writer.append(Batch(made)).events == 0
    assert_same(before, everything(writer))


def test_a_replay_under_way_sees_every_event_once_while_days_are_moved(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = three_days(300)
    fill(writer, made)
    monkeypatch.setattr("fbkit.store.sqlite.events.WINDOW", 100)
    replay = writer.replay()
    seen = [next(replay) for _ in range(150)]
    archive(writer, before=DAY + NS_DAY)
    seen += [next(replay) for _ in range(500)]
    archive(writer, before=DAY + 2 * NS_DAY)
    assert [one.seq for one in [*seen, *replay]] == [one.seq for one in made]


def test_a_file_that_is_gone_or_changed_is_named_and_other_days_are_read(writer: Writer) -> None:
    fill(writer, three_days(100))
    archive(writer, before=DAY + 2 * NS_DAY)
    part = next(one for one in writer.tiers.parts() if one.kind == 1 and one.day == DAY)
    path = writer.tiers.folder / part.file
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    with pytest.raises(StoreCorrupt, match=r"kind=trade/day=2025-12-31/1\.parquet: .*hash differs"):
        writer.read("trade")
    path.unlink()
    with pytest.raises(StoreCorrupt, match=r"kind=trade/day=2025-12-31/1\.parquet: .*is missing"):
        writer.read("trade")
    assert writer.read("trade", span=Span(DAY + NS_DAY, None)).n > 0
    assert writer.read("quote").n > 0
    path.write_bytes(content)
    assert writer.read("trade").n > 0


def test_without_the_extra_one_is_told_how_to_get_it(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(writer, three_days(50))
    monkeypatch.setattr(duck, "installed", lambda: False)
    with pytest.raises(StoreError, match=r"pip install \"fbkit\[parquet\]\""):
        archive(writer, before=DAY + 2 * NS_DAY)
    assert archive(writer, before=DAY + 2 * NS_DAY, dry_run=True).events > 0


def test_the_archive_of_another_database_is_not_written_over(writer: Writer) -> None:
    fill(writer, three_days(20))
    writer.tiers.folder.mkdir()
    (writer.tiers.folder / "database").write_text("another", "utf-8")
    with pytest.raises(StoreError, match="archive of another database"):
        archive(writer, before=DAY + 2 * NS_DAY)


KILLED = """
import os, signal, sys
from fbkit.clock import VirtualClock
from fbkit.ingest.archiving import archive
from fbkit.model import Market
from fbkit.store import open_writer

left = int(sys.argv[2])

def fault(step):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

with open_writer(sys.argv[1], market=Market.SIMULATED, seed=7, clock=VirtualClock(1), holder="a test") as writer:
    archive(writer, before=int(sys.argv[3]), fault=fault)
"""


def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_is_there_twice(url: str, tmp_path: Path) -> None:
    made = three_days(30)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test") as writer:
        fill(writer, made)
        before = everything(writer)
    arguments = [sys.executable, "-c", KILLED, url]
    for survived in range(5):
        ended = subprocess.run([*arguments, str(survived), str(DAY + NS_DAY)], check=False)
        assert ended.returncode == -signal.SIGKILL
        with open_store(url) as reader:
            assert_same(before, everything(reader))
    subprocess.run([*arguments, "1000", str(DAY + 2 * NS_DAY)], check=True)
    with open_store(url) as reader:
        assert_same(before, everything(reader))
        files = {path.relative_to(reader.tiers.folder).as_posix() for path in reader.tiers.folder.rglob("*.*")}
        assert (reader.tiers.folder / "database").read_text("utf-8").strip() == reader.id
        assert files == {part.file for part in reader.tiers.parts()}


def test_on_postgresql_too_no_reader_can_tell(postgres_url: str) -> None:
    with open_writer(
        postgres_url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test"
    ) as writer:
        fill(writer, three_days(60))
        before = everything(writer)
        assert archive(writer, before=DAY + 2 * NS_DAY).events > 100
        assert_same(before, everything(writer))
        assert archive(writer, before=DAY + 2 * NS_DAY).events == 0
