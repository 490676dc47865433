"""The store's benchmark works and prints what it promises; how fast anything is, no test asks."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.slow
def test_a_tiny_run_says_every_number_and_a_verdict_on_each_goal():
    command = [sys.executable, str(BENCHMARKS / "store.py"), "--rows", "20000", "--rounds", "1", "--seconds", "1"]
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    assert said["rows"] == 20_000
    assert all(said[name] > 0 for name in ("tail_us", "fold_us", "plain_write_us", "ours_read_s", "plain_read_s"))
    assert [line.partition(":")[0] for line in said["goals"]] == [
        "closed data",
        "a row written, tail and fold",
        "trades of one instrument into a frame",
        "worst stall of the socket loop at 2,000 rows a second",
    ]


def test_a_goal_says_whether_it_was_met(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import store

    try:
        assert doctest.testmod(store) == (0, 1)
        assert "must ≥ 8: met; aim ≥ 25: missed" in store.GOALS["read_ratio"].verdict(9.0)
    finally:
        del sys.modules["store"]
