import json
import subprocess

import pytest

from fbkit.clock import VirtualClock
from fbkit.continuity import read_state, set_phase, take_snapshot
from fbkit.continuity.history import KEPT
from fbkit.model import NS_S
from fbkit.settings import load_settings
from fbkit.store import open_store
from tests.reports.small_market import AWAY, NOON, write

LATER = VirtualClock(NOON + 3600 * NS_S)


def test_both_files_say_what_the_issue_asks_for(settings, workspace, database):
    (workspace / "pyproject.toml").write_text("[project]\n")
    set_phase(settings, "burn-in", "one venue")
    taken = take_snapshot(settings, clock=LATER)
    assert taken.exit_code == 0
    state, context = (json.loads(path.read_bytes()) for path in (taken.state_file, taken.context_file))
    assert state["format"], context["format"] == ("fbkit.continuity/1", "fbkit.project_context/3")
    assert state["timestamp"] == context["timestamp"] == "2026-11-22T13:00:00.000Z"
    assert state["phase"]["name"] == context["phase"]["name"] == "burn-in"
    assert state["backend"]["state"] == context["backend"]["health"] == "down"
    assert state["backend"]["reasons"][0]["code"] == "no_collector"
    assert context["backend"]["name"] == "sqlite"
    assert {"python", "fbkit", "numpy", "pandas", "sqlalchemy", "sqlite", "jupyterlab"} <= context["versions"].keys()
    assert {"os", "cpu_count", "memory_bytes", "disk_free_bytes"} <= context["system"].keys()
    assert context["database"]["market"] == "SIMULATED"
    assert context["database"]["seed"] == 7
    assert context["database"]["url"] == "sqlite:///FBKIT_HOME/simulated.db"
    said = subprocess.run(
        ["sha256sum", workspace / "pyproject.toml"], capture_output=True, text=True, check=True
    ).stdout
    assert state["files"]["pyproject.toml"]["hash"] == f"sha256:{said.split()[0]}"


def test_a_collector_that_beats_is_running_and_judged_by_its_streams(settings, database):
    with open_store(database) as store:
        taken = take_snapshot(settings, store, clock=VirtualClock(NOON + 3 * NS_S))
    assert taken.backend == "degraded"
    assert [reason["where"] for reason in taken.state["backend"]["reasons"]] == ["binance ratio"]


def test_a_run_that_ended_well_is_not_running_however_fresh(settings):
    write(f"sqlite:///{settings.home / 'simulated.db'}", hours=8, ended=True)
    taken = take_snapshot(settings, clock=VirtualClock(NOON + 3 * NS_S))
    assert taken.backend == "down"
    assert taken.state["backend"]["reasons"][0]["code"] == "no_collector"


def test_uptime_comes_from_heartbeats_and_ends_at_the_last_beat(settings):
    write(f"sqlite:///{settings.home / 'simulated.db'}", hours=24, with_rows=False)
    taken = take_snapshot(settings, clock=LATER)
    # The heartbeat before covers 20 s of the time away, and the beat at its end was not one of the ten's.
    lost = (AWAY[1] - AWAY[0]) / NS_S - 20
    assert taken.state["uptime_percent"]["1h"] == 100.0
    assert taken.state["uptime_percent"]["24h"] == pytest.approx(100 * (1 - lost / 86_400), abs=1e-3)
    assert taken.state["uptime_as_of"] == "2026-11-22T12:00:00Z"


@pytest.mark.faults("R9")
def test_no_heartbeat_ever_is_unknown(settings):  # R9
    from fbkit.model import Market
    from fbkit.store import open_writer

    url = f"sqlite:///{settings.home / 'simulated.db'}"
    open_writer(url, market=Market.SIMULATED, seed=7, clock=LATER, holder="a test").close()
    taken = take_snapshot(settings, clock=LATER)
    assert taken.state["uptime_percent"] == {"1h": "unknown", "24h": "unknown", "7d": "unknown"}


@pytest.mark.faults("R10")
@pytest.mark.parametrize("harm", ["never there", "removed", "damaged"])
def test_a_database_that_cannot_be_reached_is_a_backend_that_is_down(settings, harm):  # R10
    path = settings.home / "simulated.db"
    if harm != "never there":
        write(f"sqlite:///{path}", hours=8)
        take_snapshot(settings, clock=LATER)
    if harm == "removed":
        path.unlink()
    if harm == "damaged":
        path.write_bytes(b"no database at all" * 300)
    taken = take_snapshot(settings, clock=LATER)
    assert taken.exit_code != 0
    state = json.loads(taken.state_file.read_bytes())
    assert state["backend"]["state"] == "down"
    assert state["backend"]["reasons"][0]["code"] == "unreachable"
    assert str(path.name) in state["backend"]["reasons"][0]["sentence"]
    assert json.loads(taken.context_file.read_bytes())["database"]["reachable"] is False


@pytest.mark.faults("R7")
def test_a_torn_snapshot_is_no_silent_reset(settings, database):  # R7
    for _ in range(KEPT + 2):
        last = take_snapshot(settings, clock=LATER)
    assert last.degraded == ()
    last.state_file.write_bytes(last.state_file.read_bytes()[:100])
    assert "torn" in read_state(settings).trouble
    after = take_snapshot(settings, clock=LATER)
    assert after.state["number"] == last.state["number"] + 1
    assert "torn" in after.state["degraded"][0]
    assert take_snapshot(settings, clock=LATER).degraded == ()


@pytest.mark.faults("R7")
def test_an_unreadable_state_db_keeps_the_phase_of_the_snapshot_before(settings, database):
    set_phase(settings, "paper")
    take_snapshot(settings, clock=LATER)
    (settings.home / "state.db").write_bytes(b"damaged" * 1000)
    after = take_snapshot(settings, clock=LATER)
    assert after.state["phase"]["name"] == "paper"
    assert "state.db" in after.state["degraded"][0]


@pytest.mark.faults("S7")
def test_no_secret_of_the_settings_is_in_any_file(home, workspace, database):  # S7
    settings = load_settings(token="sentinel-token-77")
    taken = take_snapshot(settings, clock=LATER)
    take_snapshot(settings, url="postgresql://me:sentinel-pass-78@127.0.0.1/x", clock=LATER)
    assert "sentinel" not in repr(taken)
    for path in (*workspace.rglob("*"), *home.rglob("*")):
        if path.is_file():
            assert b"sentinel" not in path.read_bytes(), path


def test_the_row_of_the_whole_is_no_stream_and_no_reason_of_its_own(settings, database):
    from fbkit.model import HealthRow, Market
    from fbkit.store import Batch, open_writer

    with open_writer(database, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test") as writer:
        rows = [HealthRow(NOON, "", "*", "degraded", "stale", "again"), HealthRow(NOON, "", "store", "ok", "", "")]
        writer.append(Batch(rows=rows))
    taken = take_snapshot(settings, clock=VirtualClock(NOON + 3 * NS_S))
    assert [reason["where"] for reason in taken.state["backend"]["reasons"]] == ["binance ratio"]
    with open_writer(database, market=Market.SIMULATED, seed=7, clock=VirtualClock(NOON), holder="a test") as writer:
        writer.append(Batch(rows=[HealthRow(NOON + 1, "", "store", "down", "disk_full", "nothing can be stored")]))
    assert take_snapshot(settings, clock=VirtualClock(NOON + 3 * NS_S)).backend == "down"
