"""One SQLite library, its PRAGMAs, readers that can only read, and its errors in our words."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

import fbkit
from fbkit.errors import SettingError, StoreBusy, StoreCorrupt, StoreFull, StoreMissing
from fbkit.store import Batch, library_warning, open_store
from fbkit.store.sqlite.driver import library, reading_engine, sqlite_path, store_error
from tests.store.made import events

SOURCES = sorted(Path(fbkit.__file__).parent.rglob("*.py"))


def test_nothing_but_the_driver_imports_a_sqlite_library():
    importing = re.compile(
        r"^\s*(import|from)\s+(sqlite3|pysqlite3|apsw)|import_module\(.(sqlite3|pysqlite3)", re.MULTILINE
    )
    guilty = [file.name for file in SOURCES if importing.search(file.read_text("utf-8"))]
    assert guilty == ["driver.py"]


def test_the_newer_library_is_chosen():
    assert library().sqlite_version_info >= sqlite3.sqlite_version_info


@pytest.mark.faults("C14")
def test_every_writing_connection_has_its_pragmas(writer):
    asked = {
        "journal_mode": "wal",
        "synchronous": 1,
        "wal_autocheckpoint": 0,
        "foreign_keys": 1,
        "auto_vacuum": 2,
        "busy_timeout": 5000,
    }
    driver = writer._database.connection.connection.driver_connection
    for name, value in asked.items():
        assert driver.execute("PRAGMA " + name).fetchone()[0] == value, name
    assert driver.isolation_level is None


@pytest.mark.faults("C14")
def test_full_durability_is_a_setting(open_again):
    driver = open_again(synchronous="FULL")._database.connection.connection.driver_connection
    assert driver.execute("PRAGMA synchronous").fetchone()[0] == 2


@pytest.mark.faults("C12")
def test_a_write_takes_its_lock_when_it_begins(writer):
    second = library().connect(str(writer.path), timeout=0, isolation_level=None)
    with writer._database.connection.begin(), pytest.raises(library().OperationalError, match="locked"):
        second.execute("BEGIN IMMEDIATE")
    second.execute("BEGIN IMMEDIATE")
    second.close()


@pytest.mark.faults("C23")
def test_c23_a_reader_can_neither_write_nor_checkpoint(writer, url):
    writer.append(Batch(events(50)))
    before = writer.wal_bytes
    with open_store(url) as reader, reader._reading() as connection:
        driver = connection.connection.driver_connection
        for statement in ("DELETE FROM beats", "CREATE TABLE t(x)"):
            with pytest.raises(library().OperationalError, match="readonly"):
                driver.execute(statement)
        with pytest.raises(library().OperationalError):
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute("PRAGMA query_only=OFF")
        with pytest.raises(library().OperationalError, match="readonly"):
            driver.execute("DELETE FROM beats")
    assert writer.wal_bytes == before > 0


def test_a_reader_that_has_read_lets_its_pages_go(writer):
    said = []
    with writer._reading() as connection:
        driver = connection.connection.driver_connection
        driver.set_trace_callback(said.append)
    driver.set_trace_callback(None)
    assert "PRAGMA shrink_memory" in said


@pytest.mark.faults("C23")
def test_c23_an_old_library_is_warned_of():
    assert "SQLite 3.51.2 can damage" in (library_warning((3, 51, 2)) or "")
    assert library_warning((3, 51, 3)) is None


def test_a_reader_creates_nothing(tmp_path):
    with pytest.raises(StoreMissing, match="there is no database"):
        open_store(f"sqlite:///{(tmp_path / 'none.db').as_posix()}")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("name", ["a b.db", "100%#.db", "龙虾.db"])
def test_any_file_name_will_do(tmp_path, open_again, name):
    url = f"sqlite:///{(tmp_path / name).as_posix()}"
    open_again(url=url).append(Batch(events(5)))
    with open_store(url) as reader:
        assert len(list(reader.replay())) == 5
    assert (tmp_path / name).exists()


def test_a_path_is_no_uri(tmp_path):
    file = tmp_path / "odd%20name.db"
    library().connect(str(file)).close()
    file.write_bytes(b"")
    engine = reading_engine(file)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql://a:secret@b/c"]
)
@pytest.mark.faults("C25")
def test_c25_a_url_that_cannot_be_is_a_setting_error_and_hides_secrets(url):
    with pytest.raises(SettingError) as caught:
        sqlite_path(url)
    assert caught.value.exit_code == 2
    assert "sqlite:///PATH" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("database or disk is full", StoreFull),
        ("disk I/O error", StoreFull),
        ("database is locked", StoreBusy),
        ("database table is locked", StoreBusy),
        ("database disk image is malformed", StoreCorrupt),
        ("file is not a database", StoreCorrupt),
        ("unable to open database file", StoreMissing),
    ],
)
def test_errors_of_the_library_are_told_in_our_words(message, kind):
    told = store_error(sqlite3.OperationalError(message), "x.db")
    assert type(told) is kind
    assert "x.db" in str(told)
    assert ";" in str(told)
