"""``fbkit replay --verify`` in a terminal: what it says, as JSON and in words, and how it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fbkit.cli import run
from fbkit.ingest.demo import START
from fbkit.model import NS_MIN, NS_S
from tests.replay import tamper

NAME = "binance:BTC-USDT-PERP"
MINUTE = START + 15 * NS_S + NS_MIN
BAR = "tf = '1m' AND t1 = :t1 AND instrument = (SELECT id FROM instruments WHERE name = :name)"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path))


def test_all_the_same_is_exit_0_and_says_how_much_was_compared(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--verify", "--db", url]) == 0
    out, err = capsys.readouterr()
    assert "SIMULATED" in out
    assert "0 differ" in out
    assert "events/s" in out
    assert "history" in out
    assert "verify: " in err


def test_json_has_everything(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--verify", "--db", url, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["market"], answer["times"], answer["is_same"], answer["differing"]) == ("SIMULATED", "UTC", True, 0)
    assert answer["values"] == sum(one["values"] for one in answer["compared"].values()) > 30_000
    assert answer["differences"] == []
    assert answer["events_per_s"] > 0


def test_a_difference_is_exit_1_and_names_instrument_bar_and_column(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper.set_cell(url, "metrics", "z_ret_60", 9.5, BAR, t1=MINUTE, name=NAME)
    assert run(["replay", "--verify", "--db", url]) == 1
    out, err = capsys.readouterr()
    assert f"metrics of {NAME} 1m to 2026-01-02T00:01:00Z (UTC): z_ret_60 stored 9.5, computed" in out
    assert "2 values differ" in err
    assert run(["replay", "--verify", "--db", url, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert {(one["table"], one["column"], one["t1"]) for one in answer["differences"]} == {
        ("metrics", "z_ret_60", "2026-01-02T00:01:00Z"),
        ("history", "z_ret_60", "2026-01-02T00:01:00Z"),
    }


def test_twenty_differences_are_told_and_all_are_counted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    tamper.write(url, lambda connection: connection.exec_driver_sql("UPDATE bars SET vol_usd = 1.0 WHERE tf = '1m'"))
    assert run(["replay", "--verify", "--db", url]) == 1
    out = capsys.readouterr().out
    assert out.count("  differs: ") == 20
    assert "more (--json has them)" in out


def test_nothing_compared_is_exit_1_with_a_sentence(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--verify", "--db", url, "--since", "2026-01-02T00:02Z"]) == 1
    assert "nothing is verified" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "fbkit replay --verify"),
        (["--verify", "--since", "1h", "--until", "2h"], "after since"),
    ],
)
def test_wrong_words_are_exit_2_with_the_right_ones(
    url: str, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert run(["replay", *words, "--db", url]) == 2
    assert told in capsys.readouterr().err


def test_no_database_is_told_as_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = f"sqlite:///{(tmp_path / 'none.db').as_posix()}"
    assert run(["replay", "--verify", "--db", none]) == run(["status", "--db", none])
    assert "none.db" in capsys.readouterr().err
