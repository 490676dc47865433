"""A database of two instruments, 6 h of bars and 80 live seconds over midnight; and copies of it to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fbkit.ingest.demo import run_demo
from fbkit.model import Span
from fbkit.replay import Verification, verify
from fbkit.settings import load_settings
from fbkit.store import open_store

Check = Callable[..., Verification]


def url_of(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(folder))
        run_demo(url_of(folder / "made.db"), load_settings(seed=7, instruments=2, backfill_hours=6), seconds=80)
    return folder / "made.db"


@pytest.fixture
def url(made: Path, tmp_path: Path) -> str:
    shutil.copy(made, tmp_path / "a.db")
    return url_of(tmp_path / "a.db")


@pytest.fixture
def check() -> Check:
    def checked(url: str, since: int | None = None, until: int | None = None) -> Verification:
        with open_store(url) as store:
            return verify(store, Span(since, until))

    return checked
