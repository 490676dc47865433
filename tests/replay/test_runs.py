"""What happens to a database in its life changes nothing that is verified, or is told as not verifiable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from fbkit.alerts.rule import Single
from fbkit.clock import SystemClock
from fbkit.ingest.maintain import maintain
from fbkit.ingest.retention import GOING, Limits
from fbkit.model import NS_DAY, NS_MIN, NS_S, Market, Setting
from fbkit.replay import runs
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer
from fbkit.store.archive.removed import KEY
from fbkit.store.sqlite import chunks
from tests.replay import tamper
from tests.replay.conftest import Check, url_of
from tests.replay.played import NAMES, T0, Played, minutes


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path))
    return Played(url_of(tmp_path / "a.db"))


def fold(url: str) -> None:
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="test") as writer:
        writer.fold(2**62)


def rows(url: str, table: str) -> int:
    with open_store(url) as store:
        return store.table_counts()[table]


def test_a_restart_in_the_middle_of_a_bar_changes_nothing(played: Played, check: Check) -> None:
    played.run(minutes(2.5))
    played.run(minutes(2.4))
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    assert found.compared["bars"].rows == rows(played.url, "bars")
    assert found.compared["metrics"].rows == rows(played.url, "metrics")
    assert not found.unverified


@pytest.mark.parametrize("checkpoint_at", [0, 70])
def test_a_run_that_was_killed_in_the_middle_of_a_bar_changes_nothing(
    played: Played, check: Check, checkpoint_at: int
) -> None:
    played.run(minutes(2.5), dies=True, checkpoint_at=checkpoint_at)
    played.away(20)
    played.run(minutes(2))
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    assert found.compared["bars"].rows == rows(played.url, "bars")


def loud(threshold: float) -> Single:
    """Speaks all the time."""
    columns = ("z_ret_20", "z_ln_vol_20")
    return Single(
        name="loud", tier=1, columns=columns, timeframes=("1m",), threshold=threshold, rearm=0.05, cooldown_ns=0
    )


def test_a_reloaded_rule_and_who_has_spoken_are_played_again(played: Played, check: Check) -> None:
    played.run(minutes(20), rules={5: [loud(0.4)], minutes(18): [loud(0.1)]})
    played.run(minutes(3), rules={5: [loud(0.2)]})
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    assert found.compared["alerts"].rows == rows(played.url, "alerts") > 3


def test_a_rule_that_was_edited_in_its_event_changes_the_alerts(played: Played, check: Check) -> None:
    played.run(minutes(20), rules={5: [loud(0.1)]})
    fold(played.url)

    def louder(arrays: Any) -> Any:
        texts = arrays["value"]
        at = [i for i, text in enumerate(texts) if "threshold = 0.1" in text]
        for i in at:
            texts[i] = texts[i].replace("threshold = 0.1", "threshold = 0.9")
        return arrays if at else None

    tamper.in_chunk(played.url, "setting", louder)
    found = check(played.url)
    assert {one.table for one in found.differences} == {"alerts"}


def test_other_settings_are_another_engine_and_each_is_verified_by_its_own(played: Played, check: Check) -> None:
    played.run(minutes(3), dies=True)
    played.run(minutes(3), settings=load_settings(lateness_ms=5000, min_coverage=0.5), dies=True)
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    assert found.compared["bars"].rows == rows(played.url, "bars")


def test_other_settings_after_a_checkpoint_begin_anew_and_are_verified(played: Played, check: Check) -> None:
    played.run(minutes(3))
    played.run(minutes(3), settings=load_settings(min_coverage=0.5))
    found = check(played.url)
    assert found.is_same, found.differences[:3]


def test_what_other_code_computed_is_compared_less_strictly_and_it_is_said(
    played: Played, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    played.run(minutes(3))
    monkeypatch.setattr(runs, "code_stamp", lambda: "9.9.9+other")
    found = check(played.url)
    assert found.is_same
    assert "9.9.9+other" in found.notes[0]
    assert found.compared["bars"].close == found.compared["bars"].values


def test_another_processor_too(played: Played, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    played.run(minutes(2))
    monkeypatch.setattr(runs, "numpy_stamp", lambda: "2.0.0 abacus")
    found = check(played.url)
    assert "numpy and processor" in found.notes[0]
    assert found.is_same


def keep(url: str, before: int) -> None:
    """Retention removes events before an instant, and says so first; what lies in one chunk goes or stays."""
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="test") as writer:
        writer.fold(2**62)
        said = msgspec.json.encode({"events": before}).decode()
        writer.append(Batch([Setting("", before, before, KEY, said, seq=writer.last_seq + 1)]))
        assert writer.forget(GOING, before) > 0


def test_what_retention_removed_is_not_verifiable_and_the_rest_is_verified(played: Played, check: Check) -> None:
    played.run(minutes(3))
    fold(played.url)
    played.run(minutes(3))
    keep(played.url, T0 + 3 * NS_MIN)
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    whys = {one.why for one in found.unverified}
    assert any("retention removed events before" in why for why in whys)
    told = sum(one.rows for one in found.unverified if one.table == "bars")
    assert told > 0
    assert told + found.compared["bars"].rows == rows(played.url, "bars")


def test_after_retention_it_begins_at_any_day_whose_events_remain(
    played: Played, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "FAN", 99)  # the first two days are a chunk and the last two
    for _ in range(4):
        played.run(minutes(2), checkpoint_at=30)
        played.run(minutes(2))
        fold(played.url)
        played.away(NS_DAY // NS_S - minutes(4))
    with open_writer(played.url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="test") as writer:
        assert len(writer.checkpoints(writer.runs()[-1].code)) == 3 + 3
        maintain(writer, limits=Limits(T0 + 4 * NS_DAY, events_ns=2 * NS_DAY))
        assert len(writer.checkpoints(writer.runs()[-1].code)) == 1 + 3
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    (lost,) = (one for one in found.unverified if one.table == "bars")
    assert "retention removed events before" in lost.why
    assert lost.until <= T0 + 2 * NS_DAY + NS_MIN  # from the first checkpoint of the third day on there is all
    for day in (2, 3):
        part = check(played.url, T0 + day * NS_DAY + NS_MIN, T0 + day * NS_DAY + 4 * NS_MIN)
        assert part.is_same, part.differences[:3]
        assert not part.unverified
        assert part.events < found.events


def test_where_nothing_is_left_to_verify_it_says_so_and_is_not_the_same(played: Played, check: Check) -> None:
    played.run(minutes(3))
    keep(played.url, T0 + 3 * NS_MIN)
    found = check(played.url)
    assert found.compared.get("bars") is None
    assert not found.is_same
    assert not found.differing
    assert {one.table for one in found.unverified} >= {"bars", "metrics"}


def test_a_change_after_retention_is_still_found(played: Played, check: Check) -> None:
    played.run(minutes(3))
    fold(played.url)
    played.run(minutes(3))
    keep(played.url, T0 + 3 * NS_MIN)
    with open_store(played.url) as store:
        every: Any = [event for event in store.events("trade", NAMES[0]) if event.ts_event > T0 + 4 * NS_MIN]
    tamper.in_chunk(played.url, "trade", tamper.set_value("price", every[9].seq, 1.0))
    found = check(played.url)
    assert {one.instrument for one in found.differences} == {NAMES[0]}
    assert "low" in {one.column for one in found.differences}


def test_a_chunk_that_cannot_be_read_is_told_and_what_comes_after_it_is_verified(played: Played, check: Check) -> None:
    played.run(minutes(3))
    fold(played.url)
    played.run(minutes(3))

    def spoil(connection: Any) -> None:
        spoilt = "UPDATE chunks SET data = zeroblob(9) WHERE id = (SELECT min(id) FROM chunks WHERE kind = 1)"
        assert connection.execute(text(spoilt)).rowcount == 1

    tamper.write(played.url, spoil)
    found = check(played.url)
    assert found.is_same, found.differences[:3]
    assert any("cannot be read" in one.why for one in found.unverified)
    assert 0 < found.compared["bars"].rows < rows(played.url, "bars")


def test_an_empty_database_is_not_the_same(played: Played, check: Check) -> None:
    played.run(20)
    found = check(played.url)
    assert (found.is_same, found.differing) == (False, 0)


def test_a_part_in_time_is_verified_from_the_checkpoint_before_it(played: Played, check: Check) -> None:
    played.run(minutes(3))
    played.run(minutes(3))
    whole = check(played.url)
    part = check(played.url, T0 + 4 * NS_MIN, None)
    assert part.is_same, part.differences[:3]
    assert part.events < whole.events
    assert 0 < part.compared["bars"].rows < whole.compared["bars"].rows
    early = check(played.url, None, T0 + 2 * NS_MIN)
    assert early.is_same, early.differences[:3]
    assert 0 < early.compared["bars"].rows < whole.compared["bars"].rows


def test_a_verification_says_what_it_found_as_json(played: Played, check: Check) -> None:
    played.run(minutes(2))
    found = check(played.url)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
    assert found.seconds > 0
    assert found.events > 60 * NS_S // NS_S


def test_a_database_in_postgresql_is_verified_alike(postgres_url: str, check: Check) -> None:
    played = Played(postgres_url)
    played.run(minutes(2.5))
    played.run(minutes(2), dies=True)
    found = check(postgres_url)
    assert found.is_same, found.differences[:3]
    assert found.compared["bars"].rows == rows(postgres_url, "bars")
    with open_store(postgres_url) as store:
        url, market, seed = store.url, store.market, store.seed
    with (
        open_writer(postgres_url, market=market, seed=seed, clock=SystemClock(), holder=f"test of {url}") as writer,
        writer._database.writing() as connection,
    ):
        connection.execute(text("UPDATE bars SET close = 1.0 WHERE tf = '1m' AND t1 = :t1"), {"t1": T0 + 2 * NS_MIN})
    assert {(one.t1, one.column) for one in check(postgres_url).differences if one.table == "bars"} == {
        (T0 + 2 * NS_MIN, "close")
    }
