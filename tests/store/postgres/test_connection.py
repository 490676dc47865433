"""A server that restarts, hangs up or locks: the batch is kept, the writer comes back, and only if it may."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import event

from fbkit.clock import VirtualClock
from fbkit.errors import LeaseLost, StoreBusy, StoreHeld, is_transient
from fbkit.model import Market
from fbkit.store import Batch, open_writer
from fbkit.store.postgres import lock
from tests.store.made import START, events, rows
from tests.store.postgres.server import server

pytestmark = pytest.mark.faults("C12")


def test_c12_a_batch_survives_a_cut_connection_and_is_written_by_the_next_one(writer, url):
    made = events(400)
    writer.append(Batch(made[:200], rows()))
    server().cut(url)
    with pytest.raises(StoreBusy, match="kept and tried again") as caught:
        writer.append(Batch(made[200:]))
    assert is_transient(caught.value)
    assert writer.append(Batch(made[200:])).events == 200
    assert [event.seq for event in writer.replay()] == [event.seq for event in made]


def test_c12_a_server_that_restarts_is_waited_for(open_again, new_postgres):
    if server().own is None:
        pytest.skip("the server is FBKIT_POSTGRES's, and not ours to restart")
    writer = open_again(url=new_postgres())
    made = events(100)
    writer.append(Batch(made[:50]))
    server().own.stop()
    for _ in range(2):
        with pytest.raises(StoreBusy):
            writer.append(Batch(made[50:]))
    server().own.ensure_postgres_running()
    assert writer.append(Batch(made[50:])).events == 50
    assert len(list(writer.replay())) == 100


def test_c12_a_commit_whose_answer_was_lost_is_found_and_not_written_twice(writer, url):
    made = events(100)
    writer.append(Batch(made[:50]))

    def cut_after_the_commit(connection):
        driver = connection.connection.driver_connection
        driver.commit()
        driver.execute("SELECT 1")  # SQLAlchemy's own commit, which comes next, has something to fail on
        server().cut(url)

    event.listen(writer._database.engine, "commit", cut_after_the_commit, once=True)
    with pytest.raises(StoreBusy):
        writer.append(Batch(made[50:], rows()))
    with pytest.raises(StoreBusy, match="a commit was made of which no answer came"):
        writer.append(Batch(made[50:], rows()))
    again = writer.append(Batch(made[50:], rows()))
    assert (again.events, again.known, again.commit) == (0, 50, 3)
    assert writer.append(Batch(events(10, first=200))).events == 10


def test_c12_a_table_that_somebody_locks_makes_the_writer_busy_and_loses_nothing(open_again, url):
    writer = open_again(busy_ms=100)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE writer IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreBusy, match="somebody else holds the database"):
            writer.append(Batch(events(20)))
    assert writer.append(Batch(events(20))).events == 20


@pytest.mark.faults("C15")
def test_c15_who_lost_connection_and_lock_stops_and_is_told_to_whom(writer, url):
    server().cut(url)
    with pytest.raises(StoreBusy):
        writer.append(Batch())
    with psycopg.connect(url, autocommit=True, application_name="the taker (pid 1, since then)") as taker:
        taker.execute("SELECT pg_advisory_lock(%s, %s)", lock.KEY)
        with pytest.raises(LeaseLost, match=r"the taker \(pid 1, since then\) writes it now") as caught:
            writer.append(Batch())
    assert caught.value.exit_code == 3


@pytest.mark.faults("C15")
def test_c15_a_holder_that_is_gone_is_looked_at_again_before_anyone_is_refused(url, open_again, monkeypatch):
    gone = psycopg.connect(url, autocommit=True, application_name="a child (pid 999999999, since then)")
    gone.execute("SELECT pg_advisory_lock(%s, %s)", lock.KEY)
    monkeypatch.setattr(lock.time, "sleep", lambda _s: gone.close())
    assert open_again().epoch == 1


@pytest.mark.faults("C15")
def test_c15_the_second_writer_hears_who_holds_the_lock_even_before_there_is_a_lease(url):
    with psycopg.connect(url, autocommit=True, application_name=f"x (pid {lock.os.getpid()}, since now)") as first:
        first.execute("SELECT pg_advisory_lock(%s, %s)", lock.KEY)
        with pytest.raises(StoreHeld, match=r"x \(pid \d+, since now\) is writing it"):
            open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="y")
