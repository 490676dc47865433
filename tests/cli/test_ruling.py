"""``fbkit rules``: what is in force, in words; a file checked, a file written and never overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fbkit.alerts import DEFAULTS
from fbkit.alerts.load import dump, read
from tests.cli.conftest import Say


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_rules_in_force_are_listed_with_tier_units_and_words(say: Say) -> None:
    code, out, _ = say("rules")
    assert code == 0
    assert "built-in" in out
    for part in ("1 z: Speaks on 1m", "funding at least +0.05 % per 8 h", "1 bp or more", "15m", "80 %"):
        assert part in out


def test_as_json_they_are_one_object_with_every_field(say: Say) -> None:
    code, out, _ = say("rules", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["source"] == "built-in"
    assert [rule["tier"] for rule in told["rules"]] == [1, 2, 3, 4, 5, 6]
    assert told["rules"][1]["conditions"][2] == {"column": "obi_5", "at_least": 0.3, "weight": 1}
    assert told["rules"][0]["words"].startswith("Speaks on ")


def test_a_file_in_home_or_in_the_settings_is_what_is_in_force(
    say: Say, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "rules.toml").write_text(dump(DEFAULTS[:1]), "utf-8")
    assert len(json.loads(say("rules", "--json")[1])["rules"]) == 1
    (home / "mine.toml").write_text(dump(DEFAULTS[:2]), "utf-8")
    monkeypatch.setenv("FBKIT_RULES", str(home / "mine.toml"))
    told = json.loads(say("rules", "--json")[1])
    assert (len(told["rules"]), told["source"]) == (2, str(home / "mine.toml"))


def test_a_written_file_can_be_used_and_is_never_overwritten(say: Say, home: Path) -> None:
    code, out, _ = say("rules", "write", "mine.toml")
    assert code == 0
    assert "6 rules written to mine.toml" in out
    assert read(home / "mine.toml") == DEFAULTS
    (home / "mine.toml").write_text(dump(DEFAULTS[:1]), "utf-8")
    code, _, err = say("rules", "write", "mine.toml")
    assert code == 2
    assert "left as it is" in err
    assert read(home / "mine.toml") == DEFAULTS[:1]


def test_a_file_that_cannot_be_used_is_exit_2_with_what_is_allowed(say: Say, home: Path) -> None:
    assert say("rules", "check", "none.toml")[0] == 2
    (home / "bad.toml").write_text(dump(DEFAULTS).replace("z_oi_dlog_60", "z_oi_60"), "utf-8")
    code, out, err = say("rules", "check", "bad.toml")
    assert (code, out) == (2, "")
    assert "bad.toml: rule 1 (z), columns" in err
    assert "z_oi_dlog_60" in err


def test_a_folder_that_is_not_there_is_said(say: Say) -> None:
    code, _, err = say("rules", "write", "nowhere/mine.toml")
    assert code == 1
    assert "nowhere" in err


@pytest.mark.parametrize(
    "command", [["up", "--port", "0"], ["collect", "--for", "1s"], ["demo", "--seconds", "1", "--instruments", "1"]]
)
def test_a_run_with_a_wrong_file_is_refused_before_it_begins(
    say: Say, home: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("FBKIT_RULES", str(home / "bad.toml"))
    (home / "bad.toml").write_text("[[rule]]", "utf-8")
    before = sorted(home.rglob("*"))
    code, out, err = say(*command, "--db", f"sqlite:///{(home / 'x.db').as_posix()}")
    assert code == 2
    assert "bad.toml" in err
    assert "one of single, confluence, divergence, cluster" in err
    assert out == ""
    assert sorted(home.rglob("*")) == before


def test_an_address_for_alerts_is_masked_where_it_is_refused(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_WEBHOOK", "http://hooks.example.com/s3cr3t")
    code, out, err = say("rules")
    assert code == 2
    assert "https://" in err
    assert "s3cr3t" not in out + err
