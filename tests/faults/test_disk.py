"""Locked, full, nearly full, damaged, and a log that a reader holds up: what health says and what is kept."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from fbkit.cli import run
from fbkit.clock import SystemClock
from fbkit.errors import StoreBusy, StoreError, StoreFull
from fbkit.health import Health
from fbkit.ingest.child import open_whole
from fbkit.ingest.ground import GIB, Ground
from fbkit.model import Market
from fbkit.runtime import database_url
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer
from fbkit.store.sqlite.driver import library
from tests.faults.store_side import START, Site, trade_ids, until
from tests.store.made import events


class Usage(NamedTuple):
    """As :func:`shutil.disk_usage` has it."""

    total: int
    used: int
    free: int


@pytest.fixture
def site(url, tmp_path):
    site = Site(url, tmp_path, bound=1000)
    yield site
    site.end()


def states(site: Site) -> list[tuple[str, str]]:
    """State and reason of our own parts, as a collector judges them."""
    judged = Health().judge(START, queue_share=site.writing.share, trouble=site.writing.trouble)
    return [(row.state, row.reason) for row in judged.streams]


def refused_with(site: Site, error: StoreError, monkeypatch) -> threading.Event:
    """The writer is refused until the event is set."""
    well = threading.Event()
    append = site.session.writer.append

    def refusing(batch):
        if not well.is_set():
            raise error
        return append(batch)

    monkeypatch.setattr(site.disk, "append", refusing)
    return well


# -- C12: somebody else holds the database ----------------------------------------------------------------------


@pytest.mark.faults("C12")
def test_a_database_that_somebody_holds_for_a_second_is_waited_for(url, tmp_path):
    """The other holds it until our writer has said that it waits; nothing is lost and nobody is told of trouble."""
    site = Site(url, tmp_path)
    other = library().connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(1.0, other.execute, ["ROLLBACK"])
    release.start()
    site.disk.let_in(100)
    site.offer()
    site.wait(lambda: len(site.acknowledged) == 1)
    assert site.writing.trouble is None
    release.join()
    other.close()
    assert all(row.balances and not row.in_flight for row in site.end())


@pytest.mark.faults("C12")
def test_held_for_longer_the_batch_is_kept_tried_again_and_said(site, url, monkeypatch):
    well = refused_with(site, StoreBusy(url, "somebody else holds the database", "tried again"), monkeypatch)
    site.offer()
    until(lambda: site.writing.trouble is not None)
    assert states(site) == [("degraded", "locked")]
    well.set()
    site.wait(lambda: len(site.acknowledged) == 1)
    assert states(site) == [("ok", "")]
    assert trade_ids(url) == list(range(1, 101))


@pytest.mark.faults("C12")
def test_no_transaction_that_read_is_ever_upgraded(site):
    """Writing begins by taking the lock; what reads could not write if it tried."""
    begun = []
    driver = site.session.writer._database.connection.connection.driver_connection
    driver.set_trace_callback(begun.append)
    site.session.writer.append(Batch(events(3)))
    site.session.writer.fold(1 << 62)
    driver.set_trace_callback(None)
    first = [words for words in begun if words.startswith("BEGIN")]
    assert first
    assert set(first) == {"BEGIN IMMEDIATE"}
    with site.session.writer._database.reading() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM writer")


# -- C16: full, and nearly full ---------------------------------------------------------------------------------


@pytest.mark.faults("C16")
def test_a_full_disk_is_down_until_there_is_room_and_loses_nothing(site, url, monkeypatch):
    well = refused_with(site, StoreFull(url, "the disk is full", "make room"), monkeypatch)
    for _ in range(20):
        assert site.offer()
        site.moved()
    until(lambda: site.writing.trouble is not None)
    assert states(site) == [("down", "disk_full")]
    well.set()
    site.wait(lambda: len(site.acknowledged) == 20)
    assert states(site) == [("ok", "")]
    assert trade_ids(url) == list(range(1, 2001))


@pytest.mark.faults("C16")
@pytest.mark.parametrize(
    ("total", "free", "reason"),
    [
        (1000 * GIB, 49 * GIB, "disk_low"),
        (1000 * GIB, 50 * GIB, ""),
        (10 * GIB, GIB - 1, "disk_low"),
        (10 * GIB, GIB, ""),
        (0, 0, "disk_low"),
    ],
)
def test_less_than_a_twentieth_or_a_gibibyte_free_is_said(total, free, reason, tmp_path):
    health = Health()
    Ground(health, tmp_path, lambda: 0, lambda _: Usage(total, total - free, free)).look()
    whole = health.judge(START)
    assert (whole.state, whole.system.reason) == (("degraded", reason) if reason else ("ok", ""))
    assert not reason or f"{free / GIB:.2f} GiB" in whole.reasons[0]


# -- C22: a long reader -----------------------------------------------------------------------------------------


@pytest.mark.faults("C22")
def test_a_reader_that_holds_up_the_log_is_said_with_its_size_and_forgotten_when_it_is_gone(site, url, monkeypatch):
    monkeypatch.setattr("fbkit.store.sqlite.database.WAL_LIMIT", 100_000)
    monkeypatch.setattr("fbkit.ingest.ground._WAL_BYTES", 100_000)
    writer, health = site.session.writer, Health()
    ground = Ground(health, Path("/"), lambda: writer.wal_bytes, lambda _: Usage(100 * GIB, 0, 100 * GIB))
    writer.append(Batch(events(10)))
    with open_store(url) as reader, reader._database.reading() as held:
        held.exec_driver_sql("SELECT count(*) FROM writer").fetchall()
        for number in range(8):
            writer.append(Batch(events(900, first=100 + 900 * number)))
        assert writer.wal_bytes > 100_000
        ground.look()
        (told,) = health.judge(START).reasons
        assert "MB long, for a reader holds it up" in told
    writer.fold(0)
    ground.look()
    assert writer.wal_bytes == 0
    assert health.judge(START).state == "ok"


# -- C20: damage ------------------------------------------------------------------------------------------------


def no_header(path: Path) -> None:
    path.write_bytes(b"not a database at all" + path.read_bytes()[21:])


def no_pages(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    for page in range(4096, len(whole), 4096):
        whole[page : page + 2048] = b"\xa5" * 2048
    path.write_bytes(whole)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.faults("C20")
@pytest.mark.parametrize("damage", [no_header, no_pages, half])
def test_a_collector_sets_a_damaged_database_aside_begins_a_new_one_and_says_how_to_recover(damage, home, caplog):
    settings, clock = load_settings(venues="sim"), SystemClock()
    url = database_url(settings)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=clock, holder="before") as writer:
        writer.append(Batch(events(3000)))
    damage(writer.path)
    damaged = writer.path.read_bytes()
    session, told = open_whole(settings, clock)
    try:
        assert (session.last_beat_ts, session.writer.epoch) == (None, 1)
        (aside,) = (path for path in home.glob("*.corrupt-*") if not path.name.endswith(("-wal", "-shm")))
        assert aside.read_bytes() == damaged
        assert f"`sqlite3 {aside} .recover`" in told
        assert told in caplog.text
    finally:
        session.end(clock.now())
    session, told = open_whole(settings, clock)
    session.end(clock.now())
    assert told == ""


@pytest.mark.faults("C20")
def test_whoever_only_looks_at_a_damaged_database_is_told_how_to_recover_it(url, capsys):
    with open_writer(url, market=Market.LIVE, seed=None, clock=SystemClock(), holder="before") as writer:
        writer.append(Batch(events(100)))
    no_header(writer.path)
    assert run(["summary", "--db", url]) == 1
    assert ".recover" in " ".join(capsys.readouterr().err.split())
    assert writer.path.exists()


@pytest.mark.faults("C20")
def test_damage_that_is_met_while_writing_ends_the_collector_and_not_in_silence(site, caplog):
    caplog.set_level(logging.ERROR)
    site.disk.let_in(2)
    site.offer()
    site.wait(lambda: len(site.acknowledged) == 1)
    path = site.session.writer.path
    site.session.writer.checkpoint_wal(cut=True)
    no_pages(path)
    site.session.writer._database.connection.connection.driver_connection.execute("PRAGMA shrink_memory").fetchall()
    for _ in range(3):
        site.disk.let_in(1)
        site.offer()
    until(lambda: site.writing.failed is not None)
    assert isinstance(site.writing.failed, StoreError)
    until(lambda: "the writer stopped" in caplog.text)
    site._ended = []
    site.writing.close(0.1)
    site.session.writer.close()
