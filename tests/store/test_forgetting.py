"""What is forgotten is counted exactly, never what a restart would play again, and the room it took is given back."""

from __future__ import annotations

import pytest

from fbkit.errors import LeaseLost, UnknownName
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_S, BarRow, Beat, Gap, Side, Trade
from fbkit.store import Batch, Checkpoint
from fbkit.store.sqlite import chunks
from tests.store.made import NAMES, START, events

FAR = 1 << 62


def trades(n, *, first=1, step=NS_S):
    return [Trade(NAMES[i % 2], START + i * step, START + i * step, i, 1.5 * i, 1.0, Side.BUY, seq=i)
            for i in range(first, first + n)]  # fmt: skip  # one event


@pytest.fixture
def filled(writer, monkeypatch):
    """300 trades of two instruments in six chunks, 100 more in two rows of the tail, a checkpoint after 350."""
    monkeypatch.setattr(chunks, "FAN", 99)
    made = trades(400)
    for start in range(0, 300, 100):
        writer.append(Batch(made[start : start + 100]))
        writer.fold(FAR)
    writer.append(Batch(made[300:350]))
    writer.append(Batch(made[350:], checkpoint=Checkpoint(350, START, "code", b"")))
    return writer


def left(store):
    return [event.seq for event in store.replay()]


def test_chunks_go_whole_and_what_lies_across_the_bound_stays(filled):
    before = filled.digest(["beats"])
    assert filled.forget(["trade"], START + 250 * NS_S) == 200
    assert left(filled) == list(range(201, 401))
    assert filled.forget(["trade"], START + 250 * NS_S) == 0
    assert filled.table_counts()["trades"] == 200
    assert filled.digest(["beats"]) == before


def test_what_the_newest_checkpoint_has_not_behind_it_stays(filled):
    assert filled.forget(["trade"], FAR) == 300
    assert left(filled) == list(range(301, 401))
    filled.append(Batch(checkpoint=Checkpoint(401, START, "code", b"")))
    assert filled.forget(["trade"], FAR) == 100
    assert left(filled) == []
    assert filled.last_seq == 400


MIDNIGHT = START - START % NS_DAY


def saved(writer, hours, code="code"):
    for hour in hours:
        ts = MIDNIGHT + hour * NS_HOUR
        writer.append(Batch(checkpoint=Checkpoint(1000 + hour, ts, code, b"")))


def hours_of(writer, code="code"):
    return [(ts - MIDNIGHT) // NS_HOUR for _, ts in writer.checkpoints(code)]


def test_the_first_checkpoint_of_each_utc_day_is_kept_and_the_newest_three(writer):
    saved(writer, range(5, 80))
    assert hours_of(writer) == [5, 24, 48, 72, 77, 78, 79]
    assert writer.checkpoint("code").seq == 1079
    assert writer.checkpoint("code", 1024).ts == MIDNIGHT + NS_DAY


def test_checkpoints_of_other_code_stay_only_while_they_are_among_the_newest(writer):
    saved(writer, range(5, 30))
    saved(writer, [30], code="newer")
    assert (hours_of(writer), hours_of(writer, "newer")) == ([28, 29], [30])
    saved(writer, range(31, 75), code="newer")
    assert (hours_of(writer), hours_of(writer, "newer")) == ([], [30, 48, 72, 73, 74])


def test_checkpoints_go_with_the_events_that_follow_them_but_never_the_newest_three(writer):
    saved(writer, range(5, 80))
    assert writer.forget_checkpoints(MIDNIGHT + 48 * NS_HOUR) == 2
    assert hours_of(writer) == [48, 72, 77, 78, 79]
    assert writer.forget_checkpoints(FAR) == 2
    assert hours_of(writer) == [77, 78, 79]


def test_without_a_checkpoint_nothing_is_forgotten(writer):
    writer.append(Batch(events(300)))
    assert writer.forget(["trade", "beat", "quote"], FAR) == 0
    assert len(left(writer)) == 300


def test_a_limit_is_kept_to_about_a_chunk(filled, monkeypatch):
    monkeypatch.setattr("fbkit.store.writer.FOLD_ROWS", 60)
    assert filled.forget(["trade"], FAR, limit=100) == 100
    assert left(filled) == list(range(101, 401))


def test_other_kinds_stay_and_beats_go_one_by_one(writer):
    beats = [Beat("", START + i * NS_S, START + i * NS_S, i, seq=1000 + i) for i in range(10)]
    writer.append(Batch([*trades(10), *beats], checkpoint=Checkpoint(2000, START, "code", b"")))
    assert writer.forget(["beats"], START + 4 * NS_S) == 4
    assert left(writer) == [*range(1, 11), *range(1004, 1010)]


def test_an_event_that_was_forgotten_and_comes_again_is_not_known(filled):
    filled.forget(["trade"], START + 150 * NS_S)
    assert filled.append(Batch(trades(100))).events == 100


def test_rows_go_by_their_time_and_open_gaps_stay(writer):
    bars = [
        BarRow(name, tf, START + i * NS_MIN, START + (i + 1) * NS_MIN)
        for name in NAMES for tf in ("1m", "5m") for i in range(10)
    ]  # fmt: skip  # a table
    gaps = [
        Gap("", START, START, n, "binance", "trade", "opened", "disconnect", START + n, t1, seq=n)
        for n, t1 in ((1, START + 5), (2, None), (3, START + 9))
    ]
    writer.append(Batch(gaps, bars))
    assert writer.forget_rows("bars", START + 5 * NS_MIN, tf="1m") == 4 * len(NAMES)
    assert writer.forget_rows("bars", START + 5 * NS_MIN) == 4 * len(NAMES)
    assert len(writer.rows("bars", tf="1m")) == 6 * len(NAMES)
    assert writer.forget_rows("gaps", START + 3) == 1
    assert writer.gaps()["gap_id"].tolist() == [2, 3]


@pytest.mark.parametrize("table", ["beats", "instruments", "nothing"])
def test_what_has_no_time_of_its_own_is_no_table_to_forget_from(writer, table):
    with pytest.raises(UnknownName):
        writer.forget_rows(table, FAR)


def test_free_pages_are_given_back_in_steps(writer):
    writer.append(Batch(events(20_000), checkpoint=Checkpoint(FAR, START, "code", b"")))
    writer.checkpoint_wal()
    large = writer.sizes()["db"]
    assert writer.shrink() == 0
    writer.forget(["trade", "quote", "mark"], FAR)
    some = writer.shrink(100_000)
    assert 100_000 <= some < 120_000
    rest = writer.shrink()
    assert writer.sizes()["db"] == large - some - rest < large / 2
    assert writer.shrink() == 0


def test_whoever_lost_the_lease_forgets_nothing(filled):
    with filled._database.writing() as connection:
        connection.exec_driver_sql("UPDATE writer SET epoch = epoch + 1")
    for change in (lambda: filled.forget(["trade"], FAR), lambda: filled.forget_rows("bars", FAR), filled.shrink):
        with pytest.raises(LeaseLost):
            change()
    assert len(left(filled)) == 400
