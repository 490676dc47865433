"""Opening to write: damaged files are found and set aside, never deleted; the market and the holder are told."""

from __future__ import annotations

import pytest

from fbkit.errors import StoreCorrupt, StoreError, StoreHeld, StoreMissing
from fbkit.model import Market
from fbkit.store import Batch, open_store, set_aside
from fbkit.store.migrate import migrate
from fbkit.store.sqlite import damage as rooms
from fbkit.store.sqlite.driver import writing_engine
from tests.store.made import events


@pytest.fixture
def filled(open_again, url):
    writer = open_again()
    writer.append(Batch(events(3000)))
    writer.close()
    return writer.path


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def no_header(path):
    overwrite(path, 0, b"not a database at all")


def no_pages(path):
    size = path.stat().st_size
    for page in range(4096, size, 4096):
        overwrite(path, page, b"\xa5" * 2048)


def truncated(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.faults("C20")
@pytest.mark.parametrize("damage", [no_header, no_pages, truncated])
def test_c20_a_damaged_database_is_refused_moved_and_begun_anew(filled, url, open_again, clock, damage, tmp_path):
    damage(filled)
    before = filled.read_bytes()
    with pytest.raises(StoreCorrupt, match=r"\.recover"):
        open_again()
    assert filled.read_bytes() == before
    aside = set_aside(url, clock)
    assert aside.name == "simulated.db.corrupt-20251231T235945Z"
    assert aside.read_bytes() == before
    assert not filled.exists()
    assert open_again().append(Batch(events(5))).events == 5


@pytest.mark.faults("C20")
def test_c20_the_wal_moves_with_its_database(writer, url, clock, tmp_path):
    writer.append(Batch(events(50)))
    copy = tmp_path / "copy.db"
    for ending in ("", "-wal"):
        copy.with_name(copy.name + ending).write_bytes(writer.path.with_name(writer.path.name + ending).read_bytes())
    aside = set_aside(f"sqlite:///{copy.as_posix()}", clock)
    assert not list(tmp_path.glob("copy.db-*"))
    with open_store(f"sqlite:///{aside.as_posix()}") as store:
        assert len(list(store.replay())) == 50


@pytest.mark.faults("C20")
def test_c20_what_is_being_written_is_not_moved(writer, url, clock):
    with pytest.raises(StoreHeld):
        set_aside(url, clock)
    assert writer.path.exists()


@pytest.mark.faults("C20")
def test_c20_the_check_at_start_is_boxed_in_time(filled, open_again, monkeypatch):
    monkeypatch.setattr(rooms, "CHECK_NS", -1)
    monkeypatch.setattr(rooms, "_STEPS", 1)
    no_pages_at_the_end = filled.stat().st_size - 4096
    overwrite(filled, no_pages_at_the_end, b"\xa5" * 64)
    assert open_again().epoch == 2


def test_a_damaged_database_is_no_surprise_to_a_reader(filled, url):
    no_header(filled)
    with pytest.raises(StoreCorrupt, match="nothing was deleted"):
        open_store(url)


def test_a_folder_that_cannot_be_is_one_sentence(open_again, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be opened .*; check the folder"):
        open_again(url=f"sqlite:///{(tmp_path / 'file' / 'a.db').as_posix()}")


def test_a_database_being_created_is_not_there_yet(url, tmp_path):
    (tmp_path / "simulated.db").touch()
    with pytest.raises(StoreMissing, match="is empty"):
        open_store(url)
    engine = writing_engine(tmp_path / "simulated.db")
    migrate(engine, "simulated.db", lambda _schema: None)
    engine.dispose()
    with pytest.raises(StoreMissing, match="being created"):
        open_store(url)


def test_a_refused_opening_leaves_the_lock_free(open_again, writer):
    writer.close()
    with pytest.raises(Exception, match="holds market"):
        open_again(market=Market.LIVE, seed=None)
    assert open_again().epoch == 2


def test_a_lease_given_back_is_free_at_once_without_a_file_lock(open_again):
    open_again(locked=False).close()
    assert open_again(locked=False).epoch == 2


def test_a_fresh_lease_without_a_file_lock_is_respected(open_again):
    open_again(locked=False)
    with pytest.raises(StoreHeld, match=r"a test \(pid \d+, since 2025-12-31T23:59:45Z\) is writing it"):
        open_again(locked=False)


def test_each_database_has_an_id_of_its_own(open_again, tmp_path):
    ids = {open_again(url=f"sqlite:///{(tmp_path / name).as_posix()}").id for name in ("a.db", "b.db")}
    assert len(ids) == 2
