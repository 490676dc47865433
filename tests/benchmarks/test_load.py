"""The load benchmark runs for a moment and prints what it promises; how fast anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def bench(*arguments):
    command = [sys.executable, str(BENCHMARKS / "load.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_message_of_two_seconds_is_stored_and_shown():
    told = bench("--no-page", "--seconds", "2", "--instruments", "5", "--rate", "300", "--json")
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    found = {one["name"]: one["found"] for one in said["verdicts"]}
    nothing = ("items dropped", "items sent that never came", "acknowledged, but not in the database", "gaps")
    for name in (*nothing, "trades never shown"):
        assert found[name] == 0, name
    assert 0 < found["receive to commit, p50"] <= found["receive to commit, p99"]
    assert 0 < found["receive to hub, p50"] <= found["receive to hub, p99"]
    assert [one["name"] for one in said["usage"]] == ["replay", "collector", "listener", "everybody else"]
    assert said["sent"]["frames"] >= 300 * 7


def test_without_a_browser_it_says_what_to_do(monkeypatch):
    monkeypatch.delenv("FBKIT_BROWSER", raising=False)
    told = bench()
    assert told.returncode == 2
    assert "--no-page" in told.stderr
