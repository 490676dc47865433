"""What the tutorial tells to type in a notebook is typed, on the demo, and its list of notebooks is the folder's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import fbkit
from fbkit.desk.picture import Picture
from fbkit.desk.words import Words

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tutorials" / "first-hour.md").read_text("utf-8")


def test_the_steps_of_the_tutorial_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_BACKFILL_HOURS", "6")
    monkeypatch.setenv("FBKIT_DB", fbkit.demo(instruments=2).store.url)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    assert len(names["bars"]) == 72
    desk = names["desk"]
    assert isinstance(desk.plot(names["bars"]), Picture)
    said = desk.in_words(names["summary"])
    assert isinstance(said, Words)
    assert "chance alone" in str(said)


def test_the_tutorial_names_every_notebook_of_the_folder() -> None:
    there = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} - {"90_status_report"}
    assert {name for name in there if name not in PAGE} == set()
