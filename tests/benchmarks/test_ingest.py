"""The ingest benchmark works and prints what it promises; how fast anything is, no test asks."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def bench(*arguments):
    command = [sys.executable, str(BENCHMARKS / "ingest.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def contest(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "contestants"))


@pytest.mark.slow
def test_a_tiny_run_puts_every_contestant_in_the_table(contest):
    from contest.table import HEAD

    told = bench("--own", "--rounds", "1", "--n", "3000")
    assert told.returncode == 0, told.stderr
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in told.stdout.splitlines() if row[:1] == "|"]
    assert tuple(rows[0]) == HEAD
    assert [row[0] for row in rows[2:]] == ["floor", "plain", "fbkit"]
    assert all(float(cell.replace(",", "")) >= 0 for row in rows[2:] for cell in row[1:])
    assert rows[2][-2:] == ["1.00", "1.00"]
    assert "fbkit against floor" in told.stdout


@pytest.mark.slow
def test_a_stream_in_which_bars_close_is_stored_whole_and_told_to_a_machine():
    told = bench("--own", "--rounds", "1", "--n", "18000", "--set", "bars", "--json")
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    assert [line["name"] for line in said["contestants"]] == ["floor", "plain", "fbkit"]
    assert all(0 < line["min_us"] <= line["median_us"] for line in said["contestants"])


def test_the_duties_measured_apart_are_all_in_the_table_and_what_was_done_was_timed(contest):
    from contest.duties import DUTIES

    told = bench("--duties", "--rounds", "1", "--n", "6000", "--set", "bars", "--json")
    assert told.returncode == 0, told.stderr
    costs = json.loads(told.stdout)["duties_us"]
    assert tuple(costs) == DUTIES
    assert all(costs[duty] > 0 for duty in DUTIES if duty != "Beat: rules")  # no minute has a metric so soon
    assert "| in all |" in bench("--duties", "--rounds", "1", "--n", "2000").stdout


def test_a_contestant_that_fails_is_named_with_its_words(contest, tmp_path):
    from contest.rounds import ContestantFailed, answer_of

    with pytest.raises(ContestantFailed, match=r"broken: exit 3\nno socket here"):
        answer_of(
            "broken",
            [sys.executable, "-c", "import sys; print('no socket here', file=sys.stderr); sys.exit(3)"],
            tmp_path,
        )


def test_the_peers_table_is_read_back_without_their_other_lines(contest):
    from contest.peers import read

    text = """cryptofeed TimeoutExpired ?
set e2e: 190000 messages, rate firehose, 3 rounds
| contestant | CPU us/msg (median) | min | of it sys | msgs/s per core | msgs/s wall | medians | minima |
|---|---|---|---|---|---|---|---|
| · floor | 2.10 | 1.80 | 0.05 | 476,190 | 300,000 | 1.00 | 1.00 |
| · fbkit | 4.20 | 3.60 | 0.10 | 238,095 | 150,000 | 2.00 | 2.00 |
"""
    assert [(line.name, line.min_us, line.msgs_s) for line in read(text)] == [
        ("floor", 1.8, 300_000.0),
        ("fbkit", 3.6, 150_000.0),
    ]


def test_the_stream_has_no_hole_and_no_id_twice_in_a_lap(contest):
    from stream import messages

    last = {}
    for message in map(json.loads, messages(5000)):
        data = message["data"]
        number = data.get("a") if data["e"] == "aggTrade" else data.get("u", data["E"])
        key = data["s"], data["e"]
        if data["e"] == "aggTrade" and key in last:
            assert number == last[key] + 1
        assert number > last.get(key, -1), message
        last[key] = number


def test_the_stream_is_the_same_every_time_and_events_follow_its_pace(contest):
    from stream import START_MS, messages

    lap = list(messages(2000, ms_per_message=4.0))
    assert lap == list(messages(2000, ms_per_message=4.0))
    assert json.loads(lap[-1])["data"]["E"] - START_MS >= 1999 * 4


@pytest.mark.parametrize("name", ["stream", "contest.table", "contest.peers", "contest.duties"])
def test_the_examples_run(name, contest):
    module = __import__(name, fromlist=["__name__"])
    failed, attempted = doctest.testmod(module)
    assert (failed, attempted > 0) == (0, True)
