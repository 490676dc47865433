"""What the page about rules tells to type is typed, in its order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fbkit.cli import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "alert-rules.md"
COMMAND = re.compile(r"^fbkit (rules.*)$", re.MULTILINE)


def test_every_command_of_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    commands = COMMAND.findall(PAGE.read_text("utf-8"))
    assert commands == ["rules", "rules write rules.toml", "rules check rules.toml"]
    told = []
    for command in commands:
        assert run(shlex.split(command)) == 0, command
        told.append(capsys.readouterr().out)
    assert "Speaks on" in told[0]
    assert (tmp_path / "rules.toml").read_text("utf-8").count("[[rule]]") == 6
    assert "rules.toml" in told[2]
