"""The bench of the page runs for a moment and prints what it promises; how fast anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments):
    command = [sys.executable, str(ROOT / "benchmarks" / "screen.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(240)
def test_a_moment_of_the_page_is_measured_whole(browser_path):
    moment = ("--seconds", "4", "--settle", "6", "--minutes", "0.1")
    told = bench("--instruments", "3", *moment, "--no-busy", "--browser", browser_path, "--json")
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    found = {one["name"]: one["found"] for one in said["verdicts"]}
    assert 0 < found["event received to number changed, p50"] <= found["event received to number changed, p95"]
    assert found["prices shown that no stored trade explains"] == 0
    assert 0 < found["warm page to first live data, median"] < 60
    assert found["kernel memory of the viewer (RSS)"] > 30
    assert found["external requests"] == 0
    assert found["complaints in the console"] == 0
    assert len(said["weights"]) >= 3


def test_without_a_browser_it_says_what_to_do(monkeypatch):
    monkeypatch.delenv("FBKIT_BROWSER", raising=False)
    told = bench()
    assert told.returncode == 2
    assert "FBKIT_BROWSER" in told.stderr
