"""What the pages about size and archive tell to type is typed, in their order, on a small database."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

import fbkit
from fbkit.cli import run
from fbkit.desk import demo
from fbkit.store.archive import duck

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
COMMAND = re.compile(r"^fbkit ((?:maintain|archive|export) .*)$", re.MULTILINE)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("pages")))
        path = demo(instruments=3).store.path
    assert path is not None
    return path


@pytest.fixture
def url(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    shutil.copy(made, tmp_path / "a.db")
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{(tmp_path / 'a.db').as_posix()}"


@pytest.mark.parametrize("page", ["keep-the-size.md", "archive.md"])
def test_every_command_of_the_page_does_what_it_says(page: str, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    commands = COMMAND.findall((HOW_TO / page).read_text("utf-8"))
    assert len(commands) >= 2
    for command in commands:
        assert run([*shlex.split(command), "--db", url, "--json"]) == 0, command
        assert json.loads(capsys.readouterr().out)["database"] == url


@pytest.mark.skipif(not duck.installed(), reason="wants the extra parquet")
@pytest.mark.parametrize("page", ["keep-the-size.md", "archive.md"])
def test_every_line_of_python_on_the_page_runs(page: str, url: str) -> None:
    for code in PYTHON.findall((HOW_TO / page).read_text("utf-8")):
        exec(code, {"desk": fbkit.open(url)})  # noqa: S102 - our own page


def test_a_size_that_cannot_be_kept_is_exit_1_and_says_why(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["maintain", "--max-mb", "0.1", "--db", url]) == 1
    assert "stays for ever" in capsys.readouterr().err
    assert run(["maintain", "--max-mb", "0", "--db", url]) == 2
    assert run(["export", "nothing", "--to", "x.csv", "--db", url]) == 1
