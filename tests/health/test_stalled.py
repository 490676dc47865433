"""The only venue's trades stall for 15 s, and everything that shows health is asked once a second."""

import asyncio
import io
import json
from contextlib import redirect_stdout
from itertools import groupby

import msgspec
import pytest

from fbkit.cli import run as run_command
from fbkit.health.standing import stands, told
from fbkit.settings import load_settings
from fbkit.store import open_store
from tests.faults.venue_side import Collecting

STALL = {"at_s": 20, "for_s": 15, "fault": "silence", "channel": "trade"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The run, and what ``fbkit health --json`` said at each second: (second, exit code, answer)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("stalled")))
        run, said = Collecting(load_settings(cadence_ms=0, backfill_hours=0), patch), []

        async def ask(collector):
            def status(_settings, _url):
                return None, {"health": msgspec.to_builtins(collector.telling.health)}

            patch.setattr("fbkit.desk.standing.ask_status", status)
            patch.setattr("fbkit.desk.base.SystemClock", lambda: run.clock)
            await asyncio.sleep(15.5)
            for second in range(16, 45):
                with redirect_stdout(io.StringIO()) as out:
                    code = run_command(["health", "--db", run.url, "--json"])
                said.append((second, code, json.loads(out.getvalue())))
                await asyncio.sleep(1)

        yield run.venue("binance", 50, STALL, instruments=10, script=ask), said


def test_a_stall_of_fifteen_seconds_goes_from_ok_to_down_and_back_with_reasons_and_exit_codes(answers):
    run, said = answers
    course = [(state, code) for (state, code), _ in groupby((one["state"], code) for _, code, one in said)]
    assert course == [("ok", 0), ("degraded", 1), ("down", 2), ("ok", 0)]
    for second, _, one in said:
        reasons = {(reason["where"], reason["reason"]) for reason in one["reasons"]}
        assert (one["state"] == "ok") == (not one["reasons"]), second
        if one["state"] != "ok":
            assert reasons <= {("binance trade", "stale"), ("binance trade", "stalled")}
            assert all("trade" in reason["sentence"] for reason in one["reasons"])
        assert one["venues"] == {"binance": one["state"]}
        assert one["market"] == "SIMULATED"
    down = [second for second, code, _ in said if code == 2]
    assert 29 <= down[0] <= 32, "ten expected intervals after the last trade"
    assert 34 <= down[-1] <= 37, "until the first trade again"
    assert said[-1][2]["uptime_percent"]["1h"] == 100.0
    assert {gap["channel"] for gap in run.gaps} <= {"trade", "bar", "*"}


def test_the_shares_of_time_tell_that_it_ran_and_was_not_available(answers):
    run, _ = answers
    with open_store(run.url) as store:
        facts = told(stands(store, run.beats[-1].ts))
    up, available, well = (facts[name]["1h"] for name in ("uptime_percent", "available_percent", "ok_percent"))
    assert up == 100.0
    # One of the heartbeats told that it was down, and covers ten seconds.
    assert 0.0 < well <= available < up
    assert facts["state"] == "down", "the run has ended, which its last Beat says"
    assert facts["reasons"][0]["reason"] == "no_collector"
