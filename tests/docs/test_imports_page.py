"""What the pages about importing and health tell to type is typed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

import fbkit
from fbkit.cli import run

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "how-to" / "import-bars.md").read_text("utf-8")
COMMANDS = re.findall(r"^fbkit (import .*)$", PAGE, re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

HEAD = "time,exchange,pair,contract,open,high,low,close,volume,funding rate"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the page speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path / "home"))
    days = [f"2026-01-{day:02d} {hour:02d}:00" for day in range(1, 31) for hour in (0, 8, 16)]
    prices = [f"{100 + at % 7},{109 + at % 7},{89 + at % 7},{101 + at % 5},3" for at in range(len(days))]
    rows = [f"{one},binance,BTCUSDT,perpetual,{price},0.0001" for one, price in zip(days, prices, strict=True)]
    (tmp_path / "bars.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    plain = [f"{one},{price}" for one, price in zip(days, prices, strict=True)]
    (tmp_path / "plain.csv").write_text("\n".join(["Datum,open,high,low,close,volume", *plain]) + "\n")
    return tmp_path


def test_every_command_of_the_page_does_what_it_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) == 4
    stored = []
    for command in COMMANDS:
        words = [word for word in shlex.split(command) if word != "--json"]
        assert run([*words, "--json"]) == 0, command
        told = json.loads(capsys.readouterr().out)
        assert (told["bars"], told["market"], told["tf"]) == (90, "RECORDED", "8h"), command
        stored.append(not told["dry_run"])
    assert stored == [False, True, True, False]
    assert (here / "home" / "bars.db").exists()
    assert not (here / "home" / "plain.db").exists()


def test_every_line_of_python_on_the_page_runs(here: Path) -> None:
    assert run(["import", "plain.csv", "--column", "time=Datum", "--instrument", "okx:ETH-USDT-PERP",
                "--db", "sqlite:///imported.db"]) == 0  # fmt: skip
    desk = fbkit.open("sqlite:///imported.db")
    for code in PYTHON:
        exec(code, {"desk": desk})  # noqa: S102 - our own page
    assert len(desk.imported("binance:BTC-USDT-PERP")) == 90


def test_the_command_of_the_page_about_health_answers_with_its_exit_code(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (command,) = re.findall(r"^fbkit (health .*)$", (DOCS / "reference" / "health.md").read_text("utf-8"), re.MULTILINE)
    assert run(["import", "bars.csv", "--db", "sqlite:///imported.db"]) == 0
    capsys.readouterr()
    assert run([*shlex.split(command), "--db", "sqlite:///imported.db"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["reasons"][0]["reason"]) == ("down", "no_collector")
