"""What the page about venues and coins tells to type is typed, on the demo."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

import fbkit
from fbkit.across.state import across
from fbkit.cli import run
from fbkit.desk import Desk, demo
from tests.across.made import coin, contract

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "across-venues.md").read_text("utf-8")
COMMANDS = re.findall(r"^fbkit ((?:across|correlation|breadth)\b.*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("across")))
        return demo(instruments=3)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_answers(command: str, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*shlex.split(command), "--db", desk.store.url]
    assert run(words) == 0
    assert "SIMULATED" in capsys.readouterr().out
    assert run([*(word for word in words if word != "--json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["times"] == "UTC"


def test_every_line_of_python_on_the_page_runs(desk: Desk) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(COMMANDS) == 7
    assert len(blocks) == 3
    for code in blocks:
        exec(code, {"desk": fbkit.open(desk.store.url)})  # noqa: S102 - our own page


def test_the_page_names_every_column_of_the_frame() -> None:
    frame = across(coin({contract("a:BTC-USDT-PERP"): {"mark": [1.0]}}))
    named = set(re.findall(r"`(\w+)`", PAGE))
    assert set(frame) - named <= {"lowest", "lowest_usd", "highest", "highest_usd", "venues"}
