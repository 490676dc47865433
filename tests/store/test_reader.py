"""Frames and columns as notebooks meet them."""

from __future__ import annotations

import numpy as np
import pytest

from fbkit.model import KINDS, NS_S, Mark, OpenInterest, Side, Trade
from fbkit.store import MISSING, Batch, open_store
from fbkit.store.kinds import KIND_TABLE, get_kind
from tests.store.made import NAMES, START, events

FAR = 1 << 62


@pytest.fixture
def marks(writer):
    writer.append(
        Batch(
            [
                Mark(NAMES[0], START, START + 1, 61_700.5, None, -0.0, 8.0, None, seq=1),
                Mark(NAMES[1], START + NS_S, START + NS_S, 3_000.25, 3_000.5, None, None, START + 9, seq=2),
            ]
        )
    )
    return writer


def test_the_table_of_kinds_is_the_structs_own():
    assert set(KIND_TABLE) == set(KINDS)
    for name, kind in KIND_TABLE.items():
        assert kind.names == kind.struct.__struct_fields__
        assert get_kind(kind.plural) is kind is get_kind(name)
    assert len({kind.number for kind in KIND_TABLE.values()}) == len(KIND_TABLE)


@pytest.mark.parametrize("folded", [False, True])
def test_a_frame_has_a_utc_index_and_units_in_its_names(marks, folded):
    if folded:
        marks.fold(FAR)
    frame = marks.frame("mark")
    assert [*frame.columns] == [
        "instrument", "ts_event", "ts_recv", "mark_usd", "index_usd", "funding_rate", "funding_hours", "ts_funding",
        "seq", "origin",
    ]  # fmt: skip  # one line of names
    assert (str(frame.index.tz), frame.index.name) == ("UTC", "time")
    assert frame.index.view("int64").tolist() == frame["ts_event"].tolist() == [START, START + NS_S]
    assert frame["instrument"].tolist() == [NAMES[0], NAMES[1]]
    assert frame["ts_funding"].isna().tolist() == [True, False]
    assert frame["ts_funding"].iloc[1] == START + 9
    assert np.signbit(frame["funding_rate"].iloc[0])


@pytest.mark.parametrize("folded", [False, True])
def test_missing_is_nan_in_floats_and_a_mark_in_whole_numbers(marks, folded):
    if folded:
        marks.fold(FAR)
    columns = marks.read("mark")
    assert columns["ts_funding"].tolist() == [MISSING, START + 9]
    assert np.isnan(columns["index"]).tolist() == [True, False]
    assert columns["instrument"].tolist() == [NAMES[0], NAMES[1]]
    assert (columns.kind, columns.n, len(columns)) == ("mark", 2, 10)
    assert "2 mark" in repr(columns)


def test_plurals_are_kinds_too(marks):
    assert marks.frame("marks").equals(marks.frame("mark"))


def test_sizes_and_counts_are_told(writer, url):
    writer.append(Batch(events(300)))
    writer.fold(FAR)
    with open_store(url) as reader:
        assert reader.sizes().keys() == {"db", "wal"}
        assert reader.sizes()["db"] > 0
        assert sum(reader.table_counts()[kind.plural] for kind in KIND_TABLE.values()) == 300
        assert reader.commit_number == writer.commit_number == 1
        assert "SIMULATED" in repr(reader)


def test_what_is_read_never_changes_afterwards(writer):
    writer.append(Batch([Trade(NAMES[0], START, START, 1, 1.5, 1.0, Side.BUY, seq=1)]))
    first = writer.frame("trade")
    copy = first.copy()
    writer.append(Batch([Trade(NAMES[0], START, START, 2, 9.5, 1.0, Side.BUY, seq=2)]))
    writer.fold(FAR)
    assert first.equals(copy)
    assert len(writer.frame("trade")) == 2


def test_the_last_beat_tells_how_far_a_store_has_come(writer):
    made = events(200)
    writer.append(Batch(made))
    assert repr(writer.last_beat()) == repr([event for event in made if type(event) is KINDS["beat"]][-1])


def test_an_absence_comes_back_as_none(writer):
    made = [
        OpenInterest(NAMES[0], START, START, 5.0, None, seq=1),
        OpenInterest(NAMES[0], START, START, 5.0, 2.0, seq=2),
    ]
    writer.append(Batch(list(made)))
    assert list(writer.events("open_interest")) == made
    writer.fold(FAR)
    assert list(writer.events("open_interest")) == made
