"""The same actions, as sentences in a terminal: help, JSON, exit codes, one plain message for each refusal."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from fbkit.cli import app
from tests.cli.conftest import Say

COMMANDS = tuple(get_command(app).commands)  # type: ignore[attr-defined]  # ours is a group


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, say: Say) -> None:
    code, out, _ = say(command, "--help")
    assert code == 0
    assert len(out.splitlines()) > 4


def test_version(say: Say) -> None:
    assert say("--version")[1].startswith("fbkit ")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("status",), "rows"),
        (("gaps",), "gaps"),
        (("instruments",), "instruments"),
        (("metrics", "BTC", "--tf", "1m"), "metrics"),
        (("summary",), "summary"),
        (("alerts",), "alerts"),
    ],
)
def test_json_is_one_object_that_says_market_and_clock(words: tuple[str, ...], key: str, url: str, say: Say) -> None:
    code, out, _ = say(*words, "--db", url, "--json")
    assert code == 0
    answer = json.loads(out)
    assert (answer["market"], answer["times"]) == ("SIMULATED", "UTC")
    assert answer["as_of"] == "2026-01-02T00:00:05Z"
    assert len(answer[key]) > 0


def test_tables_say_market_and_are_not_cut(url: str, say: Say) -> None:
    code, out, _ = say("summary", "--db", url)
    assert code == 0
    assert "SIMULATED" in out
    assert "binance:BTC-USDT-PERP" in out
    assert "…" not in out


@pytest.mark.parametrize(
    ("words", "headings"),
    [
        (("summary",), ["bar to (UTC)", "return %", "volume USD", "funding bp/8 h", "score long", "bias", "because"]),
        (("metrics", "BTC", "--tf", "1m"), ["bar to (UTC)", "return Z 60", "coverage %"]),
        (("alerts",), ["at (UTC)", "tier", "coverage %", "sentence"]),
    ],
)
def test_a_table_says_its_units(words: tuple[str, ...], headings: list[str], url: str, say: Say) -> None:
    out = say(*words, "--db", url)[1]
    assert all(heading in out.splitlines()[1] for heading in headings), out.splitlines()[1]
    assert "100" in out


def test_instants_in_json_are_rfc_3339(url: str, say: Say) -> None:
    answer = json.loads(say("summary", "--db", url, "--json")[1])
    assert answer["summary"][0]["t1"] == "2026-01-02T00:00:00Z"


def test_health_says_down_with_its_reason_and_misuse_is_64(url: str, say: Say) -> None:
    code, out, _ = say("health", "--db", url)
    assert code == 2
    assert "no collector runs" in out
    assert say("health", "--nonsense")[0] == 64
    assert say("health", "--db", "nonsense")[0] == 64


def test_an_unknown_coin_names_the_nearest(url: str, say: Say) -> None:
    code, out, err = say("metrics", "BTX", "--db", url)
    assert (code, out) == (1, "")
    assert "did you mean BTC" in err


def test_a_missing_database_says_what_to_do(tmp_path: Path, say: Say) -> None:
    code, _, err = say("summary", "--db", f"sqlite:///{tmp_path}/none.db")
    assert code == 1
    assert "start a collector" in err


@pytest.mark.faults("C25")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("collect", "--venues", "mtgox"), "binance"),
        (("collect", "--venues", "sim:0"), "1 to 1000"),
        (("collect", "--instruments", "0"), "greater than or equal to 1"),
        (("collect", "--for", "soon"), "20ms 60s 5m 2h 7d"),
        (("collect", "--recording", "nowhere.gz", "--db", "sqlite:///x.db"), "that is there"),
        (("collect", "--recording", "pyproject.toml"), "sqlite:///recorded.db"),
        (("collect", "--recording", "pyproject.toml", "--db", "sqlite:///x.db", "--speed", "7"), "own speed"),
        (("demo", "--seconds", "0"), "--seconds"),
        (("report", "run", "status", "-p", "hours"), "NAME=VALUE"),
    ],
)
def test_c25_a_wrong_word_is_one_message_and_exit_2(words: tuple[str, ...], said: str, say: Say) -> None:
    code, out, err = say(*words)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())


@pytest.mark.faults("C25")
def test_c25_a_wrong_setting_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    monkeypatch.setenv("FBKIT_MIN_COVERAGE", "7")
    code, _, err = say("collect")
    assert code == 2
    assert "min_coverage" in err
    monkeypatch.delenv("FBKIT_MIN_COVERAGE")
    monkeypatch.setenv("FBKIT_COLOUR", "red")
    assert "colour" in say("collect")[2]


@pytest.mark.faults("C25")
def test_c25_a_wrong_setting_in_the_file_is_named_and_secrets_are_masked(home: Path, say: Say) -> None:
    (home / "fbkit.toml").write_text("instruments = 'many'\n")
    assert "instruments" in say("collect")[2]
    (home / "fbkit.toml").write_text("token = ['hunter2']\n")
    code, _, err = say("collect")
    assert code == 2
    assert "hunter2" not in err
    (home / "fbkit.toml").write_text("nonsense\n")
    assert say("collect")[0] == 2


@pytest.mark.faults("S11")
def test_s11_plain_sockets_beyond_this_machine_are_refused(monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    monkeypatch.setenv("FBKIT_BINANCE_WS", "ws://fstream.binance.com")
    code, _, err = say("collect", "--venues", "binance")
    assert code == 2
    assert "127.0.0.1" in err


def test_a_busy_port_is_said_before_anything_starts(say: Say) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = say("up", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "--port" in err


def test_the_demo_answers_with_digest_rows_and_accounting(say: Say) -> None:
    code, out, _ = say("demo", "--seed", "7", "--seconds", "20", "--instruments", "2", "--json")
    assert code == 0
    answer: dict[str, Any] = json.loads(out)
    assert len(answer["digest"]) == 64
    assert min(answer["rows"].values()) > 0
    assert answer["accounting"]["balanced"] is True


def test_a_demo_into_a_used_database_is_refused(url: str, say: Say) -> None:
    code, _, err = say("demo", "--db", url)
    assert code == 1
    assert "already holds rows" in err


def test_phases(say: Say) -> None:
    assert "no phase" in say("phase", "show")[1]
    assert say("phase", "set", "spine", "--note", "first light")[0] == 0
    assert json.loads(say("phase", "show", "--json")[1])["phase"]["name"] == "spine"
    assert len(json.loads(say("phase", "log", "--json")[1])["phases"]) == 1


def test_a_snapshot_is_written_and_one_without_a_database_says_down(url: str, workspace: Path, say: Say) -> None:
    code, out, _ = say("snapshot", "--db", url, "--json")
    assert json.loads(out)["context"]["database"]["market"] == "SIMULATED"
    assert (workspace / "continuity" / "continuity_state.json").is_file()
    code, out, _ = say("snapshot", "--db", f"sqlite:///{workspace}/none.db")
    assert code == 1
    assert "down" in out


def test_a_demo_of_several_venues_says_which_and_is_the_same_twice(say: Say) -> None:
    words = ("demo", "--venues", "bybit,okx", "--instruments", "1", "--seconds", "2", "--json")
    code, out, _ = say(*words)
    answer = json.loads(out)
    assert (code, answer["venues"], answer["market"]) == (0, ["bybit", "okx"], "SIMULATED")
    assert {name.split()[0] for name in answer["accounting"]["channels"]} == {"bybit", "okx"}
    assert answer["accounting"]["balanced"]
    assert json.loads(say("demo", "--venues", "sim:bybit,okx", *words[3:])[1])["digest"] == answer["digest"]


def test_a_demo_of_a_venue_that_is_none_is_exit_2_with_those_there_are(say: Say) -> None:
    code, out, err = say("demo", "--venues", "kraken")
    assert (code, out) == (2, "")
    assert "binance, bybit, okx, hyperliquid, deribit, bitget, gate" in err
