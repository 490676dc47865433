import threading

import pytest
from sqlalchemy import insert, select, text, update

from fbkit.continuity.state import State, meta, phases
from fbkit.errors import SchemaMismatch, StoreBusy, StoreCorrupt


@pytest.mark.faults("C14")
def test_every_connection_has_a_rollback_journal_and_full_durability(tmp_path):
    with State(tmp_path / "state.db").writing() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_what_raised_leaves_nothing(tmp_path):
    state = State(tmp_path / "state.db")

    def write():
        with state.writing() as connection:
            connection.execute(insert(phases).values(ts=1, name="a", note=""))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    with state.reading() as connection:
        assert connection.execute(select(phases)).all() == []


def test_two_writers_wait_for_one_another(tmp_path):
    def write(n):
        state = State(tmp_path / "state.db")
        for k in range(5):
            with state.writing() as connection:
                connection.execute(insert(phases).values(ts=n * 10 + k, name="a", note=""))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with State(tmp_path / "state.db").reading() as connection:
        assert len(connection.execute(select(phases)).all()) == 20


def test_a_writer_that_never_ends_is_said(tmp_path):
    one, other = State(tmp_path / "state.db"), State(tmp_path / "state.db", busy_ms=20)
    with one.writing(), pytest.raises(StoreBusy), other.writing():
        pass


def test_a_newer_schema_is_refused_with_exit_4(tmp_path):
    state = State(tmp_path / "state.db")
    with state.writing() as connection:
        connection.execute(update(meta).values(value="99"))
    with pytest.raises(SchemaMismatch) as refused, State(tmp_path / "state.db").reading():
        pass
    assert refused.value.exit_code == 4


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / "state.db").write_bytes(b"no database" * 500)
    with pytest.raises(StoreCorrupt), State(tmp_path / "state.db").reading():
        pass
