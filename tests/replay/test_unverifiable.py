"""What cannot be verified is said, with how many rows and why: never a false difference, never a silent pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from fbkit.cli import run
from fbkit.clock import SystemClock
from fbkit.ingest.archiving import archive
from fbkit.ingest.maintain import maintain
from fbkit.ingest.retention import Limits
from fbkit.model import NS_DAY, NS_MIN, Market
from fbkit.replay import Verification
from fbkit.store import Writer, open_store, open_writer
from fbkit.store.archive import duck
from tests.replay import tamper
from tests.replay.conftest import Check, url_of
from tests.replay.played import NAMES, T0, Played, minutes


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path))
    return Played(url_of(tmp_path / "a.db"))


def opened(url: str) -> Writer:
    return open_writer(url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="test")


def stored(url: str, table: str) -> int:
    with open_store(url) as store:
        return store.table_counts()[table]


def told(found: Verification, table: str) -> dict[str, int]:
    """Rows of a table that were not verifiable, by why."""
    return {one.why: one.rows for one in found.unverified if one.table == table}


def test_what_the_collector_had_to_drop_is_not_verifiable_up_to_the_next_checkpoint(
    played: Played, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    played.run(minutes(4), drops=range(70, 74))
    played.run(minutes(3))
    with open_store(played.url) as store:
        assert set(store.gaps()["cause"]) >= {"overflow"}
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    whys = told(found, "bars")
    assert list(whys) == ["the collector had to drop events (a gap says so)"]
    assert sum(whys.values()) + found.compared["bars"].rows == stored(played.url, "bars")
    assert sum(told(found, "metrics").values()) + found.compared["metrics"].rows == stored(played.url, "metrics")
    assert run(["replay", "--verify", "--db", played.url]) == 0
    out = capsys.readouterr().out
    assert "not verifiable: " in out
    assert "rows of bars, 2025-12-31T17:02:00Z to 2025-12-31T17:0" in out


def test_where_all_that_is_left_was_dropped_nothing_is_verified(
    played: Played, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    played.run(minutes(3), drops=range(1, minutes(3)))
    found = check(played.url)
    assert (found.is_same, found.differing) == (False, 0)
    assert run(["replay", "--verify", "--db", played.url]) == 1
    assert "nothing is verified: the collector had to drop events" in capsys.readouterr().err


def test_a_trade_taken_out_beside_a_drop_is_still_a_difference(played: Played, check: Check) -> None:
    played.run(minutes(4), drops=range(70, 74))
    with open_store(played.url) as store:
        one = next(event for event in store.events("trade", NAMES[0]) if event.ts_event > T0 + 30 * 10**9)
    tamper.in_tail(played.url, "trade", tamper.remove(one.seq))
    found = check(played.url)
    assert not found.is_same
    assert f"event {one.seq}" in {d.computed for d in found.differences if d.table == "events"}


@pytest.mark.skipif(not duck.installed(), reason="wants the extra parquet")
def test_an_archive_that_is_not_there_is_named_and_what_comes_after_it_is_verified(
    played: Played, check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played.run(minutes(3))
    played.away(minutes(8 * 60))
    played.run(minutes(3), checkpoint_at=30)
    with opened(played.url) as writer:
        writer.fold(1 << 62)
        assert archive(writer, before=T0 + NS_DAY).files > 0
    assert check(played.url).is_same
    for file in tmp_path.rglob("*.parquet"):
        file.unlink()
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    whys = told(found, "bars")
    assert all("is missing" in why and ".parquet" in why for why in whys)
    assert sum(whys.values()) + found.compared["bars"].rows == stored(played.url, "bars")
    assert 0 < found.compared["bars"].rows < stored(played.url, "bars")
    assert run(["replay", "--verify", "--db", played.url]) == 0
    assert ".parquet" in capsys.readouterr().out


def test_minutes_that_retention_removed_are_not_verifiable_and_what_needs_them_neither(
    played: Played, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    played.run(minutes(25))
    played.away(NS_DAY // 10**9 - minutes(25))
    played.run(minutes(25))
    before = check(played.url)
    assert (before.is_same, before.unverified) == (True, [])
    with opened(played.url) as writer:
        done = maintain(writer, limits=Limits(T0 + 2 * NS_DAY, minutes_ns=NS_DAY))
    assert [one.what for one in done.going] == ["bars 1m"]
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    bars, metrics = told(found, "bars"), told(found, "metrics")
    assert set(bars) == set(metrics) == {"retention removed them"}
    assert sum(bars.values()) + sum(metrics.values()) == done.going[0].rows
    whys = told(found, "history")
    assert whys["rsi_14 reaches back to bars that retention removed"] > 0
    assert found.compared["bars"].rows + sum(bars.values()) == before.compared["bars"].rows
    assert found.compared["metrics"].rows + sum(metrics.values()) == before.compared["metrics"].rows
    assert run(["replay", "--verify", "--db", played.url]) == 0
    assert "rsi_14 reaches back to bars that retention removed" in capsys.readouterr().out


def test_a_minute_taken_out_beside_those_is_still_a_difference(played: Played, check: Check) -> None:
    played.run(minutes(25))
    played.away(NS_DAY // 10**9 - minutes(25))
    played.run(minutes(5))
    with opened(played.url) as writer:
        maintain(writer, limits=Limits(T0 + 2 * NS_DAY, minutes_ns=NS_DAY))
    t1 = T0 + NS_DAY + 3 * NS_MIN
    gone = "DELETE FROM bars WHERE tf = '1m' AND t1 = ?"
    tamper.write(played.url, lambda connection: connection.exec_driver_sql(gone, (t1,)))
    found = check(played.url)
    assert {(one.t1, one.computed != "no row") for one in found.differences if one.table == "bars"} == {(t1, True)}
