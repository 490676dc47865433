"""What the page about verifying tells to type is typed, on a small database."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import fbkit
from fbkit.cli import run
from fbkit.desk import demo

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "verify.md"
COMMAND = re.compile(r"^```\nfbkit (.+)\n```$", re.MULTILINE)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("verify")))
        return demo(instruments=2).store.url


def test_every_command_of_the_page_finds_all_the_same(url: str) -> None:
    commands = COMMAND.findall(PAGE.read_text("utf-8"))
    assert len(commands) == 3
    for command in commands:
        assert run([*shlex.split(command), "--db", url]) == 0, command


def test_the_lines_of_python_run(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = PYTHON.findall(PAGE.read_text("utf-8"))
    exec(code, {"desk": fbkit.open(url)})  # noqa: S102 - our own page
    assert capsys.readouterr().out.startswith("True ")
