"""Folding moves little at a time, merging moves no row often, and both leave what was said."""

from __future__ import annotations

import re

import pytest

from fbkit.errors import StoreCorrupt
from fbkit.model import NS_DAY, NS_MIN, NS_S, OpenInterest, Side, Trade
from fbkit.store import Batch
from fbkit.store import writer as writer_room
from fbkit.store.reader import ALL_KINDS
from fbkit.store.sqlite import chunks
from fbkit.store.sqlite import events as reading
from tests.store.made import NAMES, START

FAR = 1 << 62

#: A value in a statement as it is traced.
_VALUE = re.compile(r"\bx?'[^']*'|\b[0-9]+\b")


def trades(n, *, first=1, step=NS_S, name=NAMES[0]):
    return [
        Trade(
            name,
            START + i * step,
            START + i * step,
            i,
            round(61_700 + 0.1 * (i % 50), 1),
            0.001 * (1 + i % 9),
            Side.BUY,
            seq=i,
        )
        for i in range(first, first + n)
    ]


def levels(store):
    with store._reading() as connection:
        found = connection.exec_driver_sql("SELECT level, n, codec, ts_max - ts_min FROM chunks ORDER BY id").fetchall()
    return [tuple(row) for row in found]


def tail(store):
    with store._reading() as connection:
        return connection.exec_driver_sql("SELECT coalesce(sum(n), 0) FROM tail").scalar()


def append_by(writer, size, made):
    for start in range(0, len(made), size):
        writer.append(Batch(made[start : start + size]))


@pytest.fixture
def eager(monkeypatch):
    """Every row of the tail is worth folding."""
    monkeypatch.setattr(chunks, "WORTH_ROWS", 1)


@pytest.mark.usefixtures("eager")
def test_a_fold_of_any_length_is_said_in_the_same_words(writer):
    """The driver keeps every statement it was ever given: one for each length fills memory for days."""
    said = set()
    driver = writer._database.connection.connection.driver_connection
    driver.set_trace_callback(lambda words: said.add(_VALUE.sub("?", words)))
    made = trades(60)
    append_by(writer, 1, made[:3])
    writer.fold(FAR)
    known = set(said)
    append_by(writer, 1, made[3:])
    said.clear()
    assert writer.fold(FAR) == 57
    driver.set_trace_callback(None)
    assert {words for words in said if "FROM tail" in words} <= known
    assert any(words.startswith("DELETE FROM tail") for words in said)


@pytest.mark.usefixtures("eager")
def test_only_what_is_older_leaves_the_tail(writer):
    append_by(writer, 10, trades(100))
    assert writer.fold(START + 41 * NS_S) == 40
    assert tail(writer) == 60
    assert writer.fold(START + 41 * NS_S) == 0


def test_a_kind_waits_until_it_is_worth_a_chunk_an_instrument_or_ten_minutes_old(writer, monkeypatch):
    monkeypatch.setattr(chunks, "WORTH_ROWS", 60)
    append_by(writer, 10, trades(100))
    assert writer.fold(START + 60 * NS_S) == 0
    assert writer.fold(START + 61 * NS_S) == 60
    assert writer.fold(START + 9 * NS_MIN) == 0
    assert writer.fold(START + 13 * NS_MIN) == 40
    assert list(writer.replay()) == trades(100)


@pytest.mark.usefixtures("eager")
def test_one_transaction_moves_only_so_many(writer, monkeypatch):
    monkeypatch.setattr(writer_room, "FOLD_ROWS", 25)
    append_by(writer, 5, trades(100))
    before = writer._lease
    assert writer.fold(FAR, limit=30) == 50
    assert tail(writer) == 50
    assert writer.fold(FAR) == 50
    assert tail(writer) == 0
    assert writer._lease == before


def test_small_chunks_become_larger_level_by_level(writer, monkeypatch):
    monkeypatch.setattr(chunks, "FAN", 16)
    made = trades(40 * 10)
    for start in range(0, 400, 10):
        writer.append(Batch(made[start : start + 10]))
        writer.fold(FAR)
    found = levels(writer)
    assert sorted(level for level, *_ in found) == [0] * 8 + [1] * 2
    assert sum(n for _, n, *_ in found) == 400
    assert list(writer.replay()) == made


def test_a_chunk_is_closed_at_its_size_and_not_merged_again(writer, monkeypatch):
    monkeypatch.setattr(chunks, "CLOSED_ROWS", 100)
    made = trades(350)
    for start in range(0, 350, 35):
        writer.append(Batch(made[start : start + 35]))
        writer.fold(FAR)
    found = levels(writer)
    assert [(level, n) for level, n, *_ in found] == [(-1, 105), (-1, 105), (-1, 105), (0, 35)]
    assert list(writer.events("trade")) == made


def test_a_thin_series_is_closed_after_a_day(writer):
    made = [OpenInterest(NAMES[0], ts := START + i * NS_MIN * 30, ts, 1e6 + i, seq=i) for i in range(1, 60)]
    for event in made:
        writer.append(Batch([event]))
        writer.fold(FAR)
    closed = [row for row in levels(writer) if row[0] == chunks.CLOSED]
    assert closed
    assert all(span >= NS_DAY for *_, span in closed)
    assert list(writer.replay()) == made


def test_a_large_fold_makes_chunks_of_bounded_size(writer, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 64)
    made = trades(200)
    writer.append(Batch(made))
    writer.fold(FAR)
    assert max(n for _, n, *_ in levels(writer)) <= 64
    assert list(writer.replay()) == made


def test_chunks_that_interleave_are_read_in_order(writer):
    made = trades(300)
    late, early = made[1::2], made[0::2]
    writer.append(Batch(late))
    writer.fold(FAR)
    writer.append(Batch(early))
    writer.fold(FAR)
    assert list(writer.replay()) == made
    assert writer.read("trade")["seq"].tolist() == list(range(1, 301))


def test_replay_walks_windows_and_keeps_few_values(writer, monkeypatch):
    monkeypatch.setattr(reading, "WINDOW", 50)
    monkeypatch.setattr(reading, "CACHE_VALUES", 2000)
    made = trades(500) + trades(500, first=501, name=NAMES[1])
    for start in range(0, 1000, 100):
        writer.append(Batch(made[start : start + 100]))
        writer.fold(FAR)
    steps = reading.BySeq(writer._reading, ALL_KINDS, 0, 1001)
    seen = []
    for window in steps:
        seen += window["trade"]["seq"].tolist()
        assert steps._values <= max(2000, 1600 * 9)
    assert seen == list(range(1, 1001))


def test_replay_leaps_over_the_room_between_writers(writer):
    far = [Trade(NAMES[0], START, START, i, 1.0, 1.0, Side.SELL, seq=(5 << 48) + i) for i in range(3)]
    writer.append(Batch(trades(3) + far))
    assert [event.seq for event in writer.replay()] == [1, 2, 3, *((5 << 48) + i for i in range(3))]
    writer.fold(FAR)
    assert [event.seq for event in writer.replay()] == [1, 2, 3, *((5 << 48) + i for i in range(3))]


def test_a_damaged_chunk_is_said_and_the_others_are_read(writer):
    writer.append(Batch(trades(50) + trades(50, first=51, name=NAMES[1])))
    writer.fold(FAR)
    with writer._one, writer._writing(writer._lease) as connection:
        connection.exec_driver_sql("UPDATE chunks SET data = zeroblob(30) WHERE seq_min = 1")
    with pytest.raises(StoreCorrupt, match="a chunk cannot be read"):
        writer.read("trade")
    assert writer.read("trade", NAMES[1]).n == 50
