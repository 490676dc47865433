"""A database to ask about, and a way to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fbkit.cli import run
from fbkit.desk import demo

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo of three instruments."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(tmp_path_factory.mktemp("cli")))
        yield demo(instruments=3).store.url


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command: exit code, standard output, standard error."""

    def told(*words: str) -> tuple[int, str, str]:
        code = run(words)
        out, err = capsys.readouterr()
        return code, out, err

    return told
