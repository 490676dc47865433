"""One transaction a batch: all of it or nothing, whatever stands in the way."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from fbkit.errors import LeaseLost, StoreBusy, StoreFull, UnknownName
from fbkit.model import NS_S, BarRow, Gap, HealthRow, Listing, QuarantineRow, Side, Span, Trade
from fbkit.store import Batch, open_store
from fbkit.store import rows as rows_room
from fbkit.store.sqlite import database as database_room
from fbkit.store.sqlite.driver import library
from tests.store.made import NAMES, START, events, rows

FAR = 1 << 62


@pytest.fixture
def other(writer):
    """A second connection, which has no business writing."""
    connection = library().connect(str(writer.path), timeout=0, isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


@pytest.mark.faults("C12")
def test_c12_a_locked_database_is_waited_for(writer, other):
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
    release.start()
    assert writer.append(Batch(events(20))).events == 20
    release.join()


@pytest.mark.faults("C12")
def test_c12_a_database_locked_for_too_long_keeps_the_batch(open_again, url):
    writer = open_again(busy_ms=30)
    other = library().connect(str(writer.path), timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    batch = Batch(events(20), rows())
    with pytest.raises(StoreBusy):
        writer.append(batch)
    with pytest.raises(StoreBusy):
        writer.fold(FAR)
    other.execute("ROLLBACK")
    other.close()
    assert writer.append(batch).events == 20
    assert writer.last_seq == batch.events[-1].seq


@pytest.mark.faults("C16")
def test_c16_a_full_database_keeps_the_batch_and_recovers(writer):
    first = events(200)
    writer.append(Batch(first))
    driver = writer._database.connection.connection.driver_connection
    pages = driver.execute("PRAGMA page_count").fetchone()[0]
    driver.execute("PRAGMA max_page_count=" + str(pages + 3)).fetchall()
    batch = Batch(events(3000, first=201), rows())
    for _ in range(2):
        with pytest.raises(StoreFull):
            writer.append(batch)
        assert len(list(writer.replay())) == 200
        assert writer.rows("bars").empty
    driver.execute("PRAGMA max_page_count=1000000").fetchall()
    assert writer.append(batch).events == 3000
    assert writer.commit_number == 2
    assert len(list(writer.replay())) == 3200


@pytest.mark.faults("C15")
def test_c15_every_write_looks_at_the_lease(writer, other):
    writer.append(Batch(events(5)))
    other.execute("UPDATE writer SET epoch = epoch + 1, holder = 'a thief'")
    writes = [
        lambda: writer.append(Batch(events(5, first=6))),
        lambda: writer.fold(FAR),
        lambda: writer.stamp("code", "{}"),
    ]
    for write in writes:
        with pytest.raises(LeaseLost, match="a thief") as caught:
            write()
        assert caught.value.exit_code == 3
    assert writer.table_counts()["stamps"] == 0
    assert len(list(writer.replay())) == 5


@pytest.mark.faults("C22")
def test_c22_a_long_reader_holds_up_the_checkpoint_and_it_is_said(writer, url, monkeypatch):
    monkeypatch.setattr(database_room, "WAL_LIMIT", 100_000)
    writer.append(Batch(events(10)))
    with open_store(url) as reader:
        with reader._reading() as held:
            held.exec_driver_sql("SELECT count(*) FROM beats").fetchall()
            for number in range(6):
                writer.append(Batch(events(600, first=100 + 600 * number)))
            assert writer.checkpoint_wal() is False
            assert writer.wal_bytes > 100_000
        assert writer.checkpoint_wal() is True
        assert writer.wal_bytes == reader.wal_bytes == 0


def test_the_wal_stays_short_when_nobody_maintains_it(open_again, monkeypatch):
    monkeypatch.setattr(database_room, "WAL_LIMIT", 200_000)
    writer = open_again()
    for number in range(8):
        writer.append(Batch(events(600, first=1 + 600 * number)))
    assert writer.wal_bytes < 600_000


def test_closing_twice_is_closing_once_and_leaves_no_wal(writer):
    writer.append(Batch(events(100)))
    writer.close()
    writer.close()
    assert writer.sizes()["wal"] == 0


def test_a_batch_that_cannot_be_bound_changes_nothing(writer):
    bad = Trade(NAMES[0], 1, 2, 1 << 70, 1.0, 1.0, Side.BUY, seq=9)
    with pytest.raises(OverflowError):
        writer.append(Batch([*events(5), bad]))
    assert writer.last_seq == 0
    assert writer.append(Batch(events(5))).events == 5


def test_a_listing_says_what_an_instrument_is_and_the_newest_counts(writer):
    def listing(seq, mult):
        return Listing(NAMES[2], START, START, "1000PEPEUSDT", "PEPE", "USDT", "USDT", unit_mult=mult, seq=seq)

    writer.append(Batch([listing(2, 1000.0), listing(1, 1.0)]))
    instrument = writer.instruments()[NAMES[2]]
    assert (instrument.venue, instrument.venue_symbol, instrument.unit_mult) == ("binance", "1000PEPEUSDT", 1000.0)
    assert list(writer.instruments()) == [NAMES[2]]


def test_gaps_are_the_projection_of_their_events(writer):
    def gap(seq, phase, t1=None, missing=None):
        return Gap("", START, START, 5, "binance", "trade", phase, "disconnect", START, t1, missing, seq=seq)

    writer.append(Batch([gap(1, "opened")]))
    (row,) = writer.gaps().to_dict("records")
    assert (row["phase"], row["t0"], row["instrument"]) == ("opened", START, "")
    assert writer.gaps()["t1"].isna().all()
    writer.append(Batch([gap(2, "closed", START + NS_S), gap(3, "backfilled", missing=7)]))
    (row,) = writer.gaps().to_dict("records")
    assert (row["phase"], row["t1"], row["missing"]) == ("backfilled", START + NS_S, 7)
    writer.append(Batch([gap(1, "opened")]))
    assert writer.gaps()["phase"].tolist() == ["backfilled"]
    assert writer.gaps(Span(START + NS_S, None)).empty
    assert len(writer.gaps(Span(START + 1, START + 2))) == 1


def test_health_keeps_the_newest_state_and_every_change(writer):
    def health(ts, state, reason=""):
        return HealthRow(START + ts, "binance", "trade", state, reason, "a sentence", 1.0)

    for row in (health(0, "ok"), health(1, "ok"), health(2, "down", "silent"), health(3, "down", "silent")):
        writer.append(Batch(rows=[row]))
    writer.append(Batch(rows=[health(4, "ok"), health(5, "ok")]))
    assert writer.latest_health() == [health(5, "ok")]
    assert writer.rows("health_history")["state"].tolist() == ["ok", "down", "ok"]


def test_quarantine_is_capped_and_the_oldest_go_first(writer, monkeypatch):
    monkeypatch.setattr(rows_room, "QUARANTINE_ROWS", 30)
    for number in range(5):
        rejected = [QuarantineRow(START + number, "binance", "trade", "", "malformed", bytes([i])) for i in range(10)]
        writer.append(Batch(rows=list(rejected)))
    kept = writer.rows("quarantine")
    assert kept["ts_recv"].tolist() == [START + number for number in (2, 3, 4) for _ in range(10)]


def test_a_stamp_stands_for_code_and_settings(writer):
    one = writer.stamp("abc", "{}")
    assert writer.stamp("abc", "{}") == one
    assert writer.stamp("abc", '{"a": 1}') != one


def test_rows_are_told_by_the_commit_that_wrote_them_and_a_cursor_resumes(writer):
    for number in range(1, 7):
        bar = BarRow(NAMES[0], "1m", number * NS_S, (number + 60) * NS_S, close=float(number))
        writer.append(Batch(rows=[bar]))
        writer.append(Batch(events(1, first=number)))
    writer.append(Batch(rows=rows()))
    seen, cursor = [], 0
    while found := writer.commits_after(cursor, limit=2):
        seen += [(commit.number, bar.close) for commit in found for bar in commit.bars if len(commit.bars) == 1]
        cursor = found[-1].number
    assert seen == [(2 * number - 1, float(number)) for number in range(1, 7)]
    assert cursor == 13
    (last,) = writer.commits_after(12)
    assert (len(last.metrics), len(last.alerts)) == (12, 1)


def test_the_newest_bars_of_each_instrument_are_asked_at_once(writer):
    bars = [
        BarRow(name, tf, t * NS_S, (t + 60) * NS_S, close=float(t))
        for name in NAMES for tf in ("1m", "5m") for t in range(10)
    ]  # fmt: skip  # a table
    writer.append(Batch(rows=list(bars)))
    found = writer.rows("bars", tf="1m", last=3)
    assert len(found) == 3 * len(NAMES)
    assert found.groupby("instrument")["close"].agg(list).tolist() == [[7.0, 8.0, 9.0]] * len(NAMES)
    assert found.index.is_monotonic_increasing
    assert str(found.index.tz) == "UTC"
    assert len(writer.rows("bars", instrument=NAMES[0], last=2)) == 4
    within = writer.rows("bars", tf="1m", span=Span(61 * NS_S, 65 * NS_S), last=2)
    assert within.groupby("instrument")["close"].agg(list).tolist() == [[4.0, 5.0]] * len(NAMES)
    assert writer.rows("bars", instrument=NAMES[0], tf="1m", span=Span(62 * NS_S, 64 * NS_S))["close"].tolist() == [
        3.0,
        4.0,
    ]


def test_rows_come_as_dictionaries_too_with_none_for_what_is_missing(writer):
    writer.append(Batch(rows=[BarRow(NAMES[0], "1m", 0, 60 * NS_S, close=1.0)]))
    (row,) = writer.records("bars", instrument=NAMES[0])
    assert (row["instrument"], row["close"], row["open"]) == (NAMES[0], 1.0, None)
    assert "commit_number" not in row


def test_arrays_are_read_without_pandas():
    code = "import fbkit.store, sys; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_and_writing_go_on_in_many_threads(writer, url):
    made = events(1200)
    failed = []

    def write():
        for start in range(0, 1200, 60):
            writer.append(Batch(made[start : start + 60]))
            writer.fold(made[start].ts_recv)

    def read():
        with open_store(url) as reader:
            while (n := len(list(reader.replay()))) < 1200:
                if n % 60 or len({event.seq for event in reader.replay()}) % 60:
                    failed.append(n)

    threads = [threading.Thread(target=work) for work in (write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


HOSTILE = [
    "'; DROP TABLE bars; --",
    '" OR 1=1 --',
    "%' OR name LIKE '%",
    "); DELETE FROM beats; --",
    "<script>alert(1)</script>",
    "a\x00b",
    ":name ?1 {0} %s",
]


@pytest.mark.faults("S5")
@pytest.mark.parametrize("name", HOSTILE)
def test_s5_a_hostile_name_is_a_name_and_nothing_more(writer, name):
    writer.append(Batch(events(100), rows()))
    before = writer.table_counts()
    for kind in ("trade", "gap", "listing"):
        for ask in (writer.read, writer.frame, writer.events):
            with pytest.raises(UnknownName):
                ask(kind, name)
    for table in ("bars", "metrics", "summary", "alerts", "gaps", "quarantine"):
        if table == "quarantine":
            assert writer.rows(table, tf=name, last=5).shape[0] == 1
            continue
        with pytest.raises(UnknownName):
            writer.rows(table, instrument=name)
        assert writer.rows(table, tf=name).empty or "tf" not in writer.rows(table)
    for ask in (writer.read, writer.rows, writer.digest):
        with pytest.raises(UnknownName):
            ask([name] if ask == writer.digest else name)
    assert writer.checkpoint(name) is None
    assert writer.table_counts() == before
    writer.append(Batch([Trade(name, 1, 2, 3, 4.0, 5.0, Side.BUY, seq=1)], [BarRow(name, "1m", 0, 60 * NS_S)]))
    (trade,) = writer.events("trade", name)
    assert trade.instrument == name
    assert writer.rows("bars", instrument=name, last=1)["instrument"].tolist() == [name]
    assert writer.table_counts()["bars"] == before["bars"] + 1
