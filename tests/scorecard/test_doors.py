"""``desk.scorecard``, ``desk.outcomes`` and ``fbkit scorecard`` on a stored tape; what the page says to type, is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import fbkit
from fbkit.cli import run
from fbkit.clock import VirtualClock, iso
from fbkit.errors import SettingError
from fbkit.model import NS_MIN, NS_S, AlertRow, BarRow, Beat, Market
from fbkit.scorecard import REASONS, UNITS, Asked, lay
from fbkit.store import Batch, open_writer
from tests.scorecard.conftest import EVERY, bursts, followed, scored, walk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "score-alerts.md"
MINUTES = 2 * 1440
SCORED = re.compile(r"^fbkit (scorecard.*)$", re.MULTILINE)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def tape():
    """Walks of two days whose minute 1000 nobody saw, and alerts."""
    random, there = np.random.default_rng(21), np.arange(MINUTES) != 1000
    whole = walk(random, MINUTES)
    minutes = {
        name: lay(np.flatnonzero(there) * NS_MIN, tuple(x[there] for x in one[1:5]), one.coverage[there])
        for name, one in whole.items()
    }
    return minutes, bursts(random, MINUTES, 90)


@pytest.fixture(scope="module")
def url(tape, tmp_path_factory):
    """The tape as rows, and the last Beat two minutes after its end."""
    minutes, alerts = tape
    place = f"sqlite:///{(tmp_path_factory.mktemp('score') / 'a.db').as_posix()}"
    bars = [
        BarRow(name, "1m", m * NS_MIN, (m + 1) * NS_MIN, *prices, coverage=1.0, source="own")
        for name, one in minutes.items()
        for m, prices in enumerate(zip(*(column.tolist() for column in one[1:5]), strict=True))
        if m != 1000
    ]
    spoken = [
        AlertRow(row.alert_id, row.ts, row.instrument, row.tf, row.ts - NS_S, row.tier, row.rule, row.direction,
                 "z_ret_60", 3.5, 3.0, 60, 1.0, "Return Z +3.5 on 1m")
        for row in alerts.itertuples()
    ]  # fmt: skip
    end = (MINUTES + 2) * NS_MIN
    with open_writer(place, market=Market.SIMULATED, seed=7, clock=VirtualClock(end), holder="a test") as writer:
        writer.append(Batch([Beat("", end, end, 1, seq=1)], [*bars, *spoken]))
    return place


@pytest.fixture
def desk(url):
    return fbkit.open(url)


def test_the_desk_scores_what_is_stored_as_the_plain_function_does(desk, tape):
    minutes, alerts = tape
    found = desk.scorecard()
    assert found.equals(scored(alerts, minutes, MINUTES + 1, seed=7))
    assert found.n_gap.sum() > 0
    assert found.attrs["market"] == "SIMULATED"
    assert found.attrs["coverage"] == pytest.approx(1.0, abs=2e-3)
    assert (found.attrs["n_base"], found.attrs["seed"]) == (1000, 7)
    assert found.attrs["as_of"] == iso((MINUTES + 1) * NS_MIN)
    assert set(found.attrs["units"]) == set(UNITS)


def test_outcomes_are_one_row_an_alert_with_a_reason_for_what_is_missing(desk, tape):
    found = desk.outcomes()
    assert len(found) == len(tape[1])
    assert found.index.tz is not None
    for horizon in ("5m", "4h"):
        why, ret = found[f"why_{horizon}"], found[f"ret_{horizon}_frac"]
        assert ((why == "") == ret.notna()).all()
        assert set(why) <= {"", *REASONS}
    assert 0.5 < found.attrs["coverage"] < 1.0
    assert found.attrs["reasons"] == REASONS
    plain = followed(tape[1], tape[0], Asked(EVERY, (MINUTES + 1) * NS_MIN))
    assert np.array_equal(found["mae_1h_frac"], plain["mae_1h_frac"], equal_nan=True)


def test_a_span_and_a_horizon_narrow_it(desk, tape):
    ts = tape[1]["ts"].sort_values().tolist()
    half = desk.scorecard(since=ts[40], until=ts[80], horizon="5m", by="rule")
    assert half.n_alerts.item() == sum(ts[40] <= one < ts[80] for one in ts)
    assert list(half.columns[:2]) == ["rule", "horizon"]
    assert half.horizon.tolist() == ["5m"]
    assert len(desk.outcomes(since=ts[-1] + 1)) == 0
    assert desk.scorecard(since=ts[-1] + 1).empty
    with pytest.raises(SettingError, match="allowed: 5m, 15m, 1h, 4h"):
        desk.outcomes(horizon="2h")


def test_every_command_of_the_page_does_what_it_says(url, capsys):
    commands = SCORED.findall(PAGE.read_text("utf-8"))
    assert len(commands) == 3
    for command in commands:
        words = [word for word in shlex.split(command) if word != "--json"]
        assert run([*words, "--db", url, "--json"]) == 0, command
        answer = json.loads(capsys.readouterr().out)
        assert answer["database"] == url
        assert answer["market"] == answer["facts"]["market"] == "SIMULATED"
        assert answer["scores"]


def test_every_line_of_python_on_the_page_runs(desk):
    (code,) = PYTHON.findall(PAGE.read_text("utf-8"))
    exec(code, {"desk": desk})  # noqa: S102 - our own page


def test_the_table_says_market_coverage_clock_and_what_it_means(url, capsys):
    assert run(["scorecard", "--db", url]) == 0
    told = capsys.readouterr().out
    for said in (
        "SIMULATED",
        "UTC",
        "bars cover 100.0%",
        "random times",
        "seed 7",
        "from random times",
        "too short a time",
    ):
        assert said in told, said


def test_few_alerts_are_told_as_counts_and_never_as_a_bare_share(url, tape, capsys):
    last = tape[1]["ts"].sort_values().tolist()[-3]
    assert run(["scorecard", "--db", url, "--since", iso(last), "--horizon", "5m"]) == 0
    told = capsys.readouterr().out
    assert "too few alerts to say anything: " in told
    assert re.search(r"\d of \d ", told)
    assert "100 % of" not in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--by", "rule,colour"), "allowed: rule, tier, tf, direction, column, instrument"),
        (("--by", ""), "allowed: rule, tier"),
        (("--horizon", "2h"), "allowed: 5m, 15m, 1h, 4h"),
        (("--seed", "-1"), "seed"),
    ],
)
def test_wrong_words_are_one_message_and_exit_2(url, words, says, capsys):
    assert run(["scorecard", "--db", url, *words]) == 2
    assert says in capsys.readouterr().err


def test_a_database_without_alerts_says_so(tmp_path, capsys):
    place = f"sqlite:///{(tmp_path / 'b.db').as_posix()}"
    open_writer(place, market=Market.SIMULATED, seed=7, clock=VirtualClock(NS_S), holder="a test").close()
    assert run(["scorecard", "--db", place]) == 0
    assert "no alerts there yet" in capsys.readouterr().out
    assert run(["scorecard", "--db", place, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == []
