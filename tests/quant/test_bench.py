"""The benchmark of the statistics works and prints what it promises; how fast anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "metrics.py"


@pytest.mark.slow
def test_a_tiny_run_judges_every_goal_and_says_who_is_missing(tmp_path):
    small = ["--instruments", "2", "--bars", "5000", "--rounds", "1", "--peers", str(tmp_path), "--json"]
    done = subprocess.run([sys.executable, str(BENCHMARK), *small], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["parts"]) == 4
    assert all(len(lines) > 1 for lines in told["parts"].values())
    exact = [v for v in told["verdicts"] if "error" in v["name"] or "nothing moves" in v["name"]]
    assert [v["met"] for v in exact] == [True, True]
    assert any("the peers' compiled blocks" in who for who in told["missing"])
