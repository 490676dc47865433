"""Partitions: made ahead, none that swallows, dropped whole when all of one may go."""

from __future__ import annotations

import psycopg
import pytest

from fbkit.model import Origin, Side, Trade
from fbkit.store import Batch
from fbkit.store.kinds import KIND_TABLE
from fbkit.store.postgres.days import AHEAD, Day, there
from fbkit.store.postgres.timescale import DAY_NS
from tests.store.made import NAMES, START

FIRST = START // DAY_NS
TRADES = KIND_TABLE["trade"]


def trade(seq, day=FIRST, *, received=None, origin=Origin.LIVE):
    ts = day * DAY_NS + seq
    recv = ts if received is None else received * DAY_NS + seq
    return Trade(NAMES[0], ts, recv, seq, 61_700.1, 0.5, Side.BUY, seq=seq, origin=origin)


def days(writer):
    with writer._reading() as connection:
        return [day.number for day in there(connection, TRADES)]


def test_days_are_made_ahead_of_the_newest_event(writer):
    assert days(writer) == []
    writer.append(Batch([trade(1)]))
    assert days(writer) == [FIRST + n for n in range(AHEAD + 1)]
    writer.append(Batch([trade(2, FIRST + 1)]))
    assert days(writer) == [FIRST + n for n in range(AHEAD + 2)]


def test_there_is_no_partition_that_takes_whatever_has_no_day(writer, url):
    writer.append(Batch([trade(1)]))
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("INSERT INTO trades (seq, ts_recv) VALUES (5, 0)")


def test_a_day_lies_in_its_own_table(writer, url):
    writer.append(Batch([trade(1), trade(2, FIRST + 1)]))
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT seq FROM trades_20260101").fetchall() == [(2,)]


def test_the_past_that_is_fetched_today_lies_in_today(writer):
    writer.append(Batch([trade(1, FIRST - 700, received=FIRST, origin=Origin.BACKFILL)]))
    assert days(writer)[0] == FIRST
    assert writer.read("trade").n == 1


def forget(writer, before, *, below=1 << 60, limit=2):
    with writer._database.writing() as connection:
        return writer._database.log.forget(connection, TRADES, before, below, limit)


def test_a_day_of_which_all_may_go_is_dropped_whole_before_any_row(writer):
    writer.append(Batch([*(trade(seq) for seq in range(1, 6)), trade(6, FIRST + 1)]))
    assert forget(writer, (FIRST + 1) * DAY_NS) == 5
    assert days(writer)[0] == FIRST + 1
    assert forget(writer, (FIRST + 1) * DAY_NS) == 0
    writer.append(Batch([trade(7)]))
    assert writer.read("trade")["seq"].tolist() == [7, 6]


def test_a_day_with_one_event_that_must_stay_loses_the_others_a_few_at_a_time(writer):
    late = trade(6, FIRST + 1, received=FIRST)
    writer.append(Batch([*(trade(seq) for seq in range(1, 6)), late]))
    assert [forget(writer, (FIRST + 1) * DAY_NS) for _ in range(4)] == [2, 2, 1, 0]
    assert writer.read("trade")["seq"].tolist() == [6]


def test_what_no_checkpoint_covers_stays(writer):
    writer.append(Batch([trade(seq) for seq in range(1, 6)]))
    assert forget(writer, (FIRST + 1) * DAY_NS, below=4, limit=9) == 3
    assert writer.read("trade")["seq"].tolist() == [4, 5]


def test_a_day_that_was_being_dropped_when_the_connection_was_lost_is_used_again(writer):
    writer.append(Batch([trade(1)]))
    database = writer._database

    def dropped_and_cut():
        with database.writing() as connection:
            database.log.forget(connection, TRADES, (FIRST + 1) * DAY_NS, 9, 9)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dropped_and_cut()
    assert writer.append(Batch([trade(2)])).events == 1
    assert writer.read("trade").n == 2


def test_a_day_before_1970_has_a_name_too():
    assert Day("trades", -1).name == "trades_19691231"
