"""``status`` and ``gaps``: what stands in the store is told with or without a collector."""

from __future__ import annotations

import json

import pytest

from fbkit.cli.gaps import CAUSES, concerns, sentence
from fbkit.cli.standing import lines
from fbkit.ingest.standing import standing, unbalanced
from fbkit.model import AccountRow
from fbkit.store import open_store
from tests.cli.conftest import Say


def test_status_tells_sizes_lease_checkpoint_and_coverage_from_the_store_alone(url: str, say: Say) -> None:
    code, out, _ = say("status", "--db", url, "--json")
    assert code == 0
    facts = json.loads(out)
    assert facts["collector"] is None
    assert facts["queue"] is None
    assert facts["bytes"] > 0
    assert facts["lease"]["holder"] == "fbkit demo"
    assert facts["lease"]["held"] is False
    assert facts["checkpoint"]["seq"] > 0
    assert facts["balanced"] is True
    assert facts["unbalanced"] == []
    streams = {(one["venue"], one["channel"]): one for one in facts["streams"]}
    assert streams["binance", "bar"]["coverage_1h"] == 1.0
    assert 0 < streams["binance", "trade"]["coverage_1h"] < 0.1
    assert streams["binance", "trade"]["items_s"] is None


def test_status_for_a_person_says_whether_the_books_balance(url: str, say: Say) -> None:
    code, out, _ = say("status", "--db", url)
    assert code == 0
    for said in (
        "SIMULATED",
        "collector: none runs",
        "accounting: balances",
        "checkpoint: 2026",
        "lease: free",
        "100.00%",
    ):
        assert said in out


LIVE = {
    "pid": 7,
    "since": "2026-01-01T00:00:00Z",
    "epoch": 3,
    "venues": ["binance"],
    "beat": 12,
    "stored": 1000,
    "earlier": None,
    "queue": 250,
    "queue_share": 0.25,
    "spill": {"bytes": 2_000_000, "batches": 3},
    "backfill": {"done": 1, "total": 2, "sentence": "history of 1 of 2 instruments"},
    "rates": {"binance": {"trade": 1234.5}},
    "lag_ms": {"binance": 42.4},
    "accounts": [
        {"run": 1, "venue": "binance", "channel": "trade", "received": 10, "stored": 8},
        {"run": 1, "venue": "binance", "channel": "control", "control": 5},
    ],
}


def test_what_a_running_collector_answers_stands_beside_what_the_store_knows(url: str) -> None:
    with open_store(url) as store:
        last = store.last_beat()
        assert last is not None
        facts = standing(store, last.ts_recv, LIVE)
    (stream,) = facts["streams"]
    assert (stream["items_s"], stream["lag_ms"], stream["books"]) == (1234.5, 42.4, "does not balance")
    assert facts["unbalanced"] == ["binance trade: 10 received, 8 accounted for"]
    facts["collector"]["hub"] = "ws://127.0.0.1:1"
    told = "\n".join(lines(facts))
    assert "queue: 250 events before the writer, 25.0% full" in told
    assert "spill: 2.0 MB in 3 batches" in told
    assert "history of 1 of 2" in told
    assert "accounting: binance trade: 10 received, 8 accounted for" in told


def test_an_account_that_balances_is_no_sentence() -> None:
    assert unbalanced([AccountRow(1, "okx", "trade", received=3, stored=2, duplicate=1)]) == []


def test_gaps_say_cause_length_missing_and_a_sentence(url: str, say: Say) -> None:
    code, out, _ = say("gaps", "--db", url, "--json")
    assert code == 0
    gaps = json.loads(out)["gaps"]
    past = next(gap for gap in gaps if gap["cause"] == "start")
    assert past["backfilled"] is True
    assert past["duration_s"] == 48 * 3600
    assert past["sentence"].endswith("what was missed is here now")
    assert "sentence" in say("gaps", "--db", url)[1]


def test_gaps_of_one_instrument_are_its_own_its_venues_and_everybodys(url: str, say: Say) -> None:
    _, out, _ = say("gaps", "--db", url, "--instrument", "ETH", "--json")
    names = {gap["instrument"] for gap in json.loads(out)["gaps"]}
    assert names <= {"", "binance:ETH-USDT-PERP"}
    assert "binance:ETH-USDT-PERP" in names
    assert say("gaps", "--db", url, "--instrument", "NOPE")[0] == 1


def test_open_gaps_alone(url: str, say: Say) -> None:
    _, out, _ = say("gaps", "--db", url, "--open", "--json")
    answer = json.loads(out)
    assert all(gap["open"] for gap in answer["gaps"])
    assert answer["open"] == len(answer["gaps"])


@pytest.mark.parametrize("cause", [*CAUSES, "something new"])
@pytest.mark.parametrize("phase", ["opened", "closed", "backfilled"])
def test_every_cause_and_phase_has_a_sentence(cause: str, phase: str) -> None:
    gap = {"venue": "", "channel": "*", "instrument": "", "cause": cause, "phase": phase, "duration_s": None}
    assert sentence(gap | {"missing": 3}).startswith("everything: ")


def test_a_gap_concerns_its_instrument_its_venue_or_all() -> None:
    name = "okx:BTC-USDT-PERP"
    assert concerns({"instrument": "", "venue": "okx"}, name)
    assert concerns({"instrument": "", "venue": ""}, name)
    assert not concerns({"instrument": "", "venue": "gate"}, name)
    assert not concerns({"instrument": "okx:ETH-USDT-PERP", "venue": "okx"}, name)
