"""The soak benchmark lives through some minutes and prints what it promises; what it weighs, no test asks."""

import doctest
import json
import random
import subprocess
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from fbkit.feeds.instruments import Instruments
from fbkit.model import Bar, Control, Ignored, Rejected, Trade

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

MS = 1_767_225_600_000


@pytest.fixture
def rig(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.slow
def test_three_minutes_of_three_venues_are_accounted_for_and_told_to_a_machine():
    command = [sys.executable, str(BENCHMARKS / "soak.py"), "--hours", "0.05", "--instruments", "3", "--rate", "50"]
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    [hour] = said["hours"]
    assert hour["received"] >= 3 * 60 * 50
    assert hour["rows"] > 0
    bounds = {one["name"]: one["found"] for one in said["verdicts"]}
    assert bounds["seconds in which the equation did not hold"] == 0
    assert bounds["items not accounted for at the end"] == 0
    assert bounds["gaps"] == 0


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx"])
def test_the_venues_own_parser_understands_everything_a_voice_says(venue, rig):
    from rig.voices import Chatter

    chatter = Chatter(venue, 5, 7)
    known = Instruments(map(import_module(f"fbkit.feeds.{venue}.symbols").assume, chatter.symbols))
    parser = import_module(f"fbkit.feeds.{venue}.parse").Parser(known)
    items = [item for n in range(3000) for item in parser.frame(chatter.next(MS + 5 * n), (MS + 5 * n) * 1_000_000)]
    assert not [item for item in items if isinstance(item, Control | Rejected)]
    assert {item.reason for item in items if isinstance(item, Ignored)} <= {"within_cadence"}
    trades = [item for item in items if isinstance(item, Trade)]
    assert len({(one.instrument, one.venue_id) for one in trades}) == len(trades)
    assert len({(one.instrument, one.ts_event) for one in trades}) == len(trades), "by it a trade is known at the hub"
    bars = [item for say in chatter.minute for item in parser.frame(say(MS + 60_050), (MS + 60_050) * 1_000_000)]
    assert [(type(one), one.ts_event) for one in bars] == [(Bar, (MS + 60_000) * 1_000_000)] * 5


def test_a_walk_comes_back_to_where_it_began_without_a_jump(rig):
    from rig.contract import STEPS, Contract

    contract = Contract("BTC", random.Random(7))
    places = [contract.step() for _ in range(4 * STEPS)]
    assert max(abs(after - before) for before, after in pairwise(places)) <= 2
    assert places[: 2 * STEPS - 2] == places[2 * STEPS - 2 : 4 * STEPS - 4]


@pytest.mark.parametrize("name", ["rig.verdicts", "rig.contract", "rig.voices"])
def test_the_examples_run(name, rig):
    failed, attempted = doctest.testmod(import_module(name))
    assert (failed, attempted > 0) == (0, True)
