"""Every notebook runs from top to bottom on the simulated market, is thin, answers its question, and has no outputs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import fbkit
from fbkit.desk import Desk
from fbkit.desk.words import Words
from fbkit.hub import call_sync
from fbkit.ingest import find_collector
from fbkit.runtime import runtime_path
from fbkit.settings import load_settings

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
ALL = sorted(FOLDER.glob("*.ipynb"))
BTC, ETH = "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"

#: Run by the tests of the rooms they belong to: Voila's page in a browser, the report by papermill.
ELSEWHERE = {"30_dashboard": "tests/browser", "90_status_report": "tests/reports"}

#: A study and the answer it must end with, asked of the same market in another process.
STUDIES: dict[str, Callable[[Desk], Words]] = {
    "00_start_here": lambda desk: desk.in_words(desk.summary("5m")),
    "20_zscores": lambda desk: desk.in_words(desk.zscores(ETH, "5m", window=60), desk.summary("5m")),
    "21_funding_and_basis": lambda desk: desk.in_words(desk.funding_by_venue("BTC", "1h"), desk.curve("BTC")),
    "22_flow_and_liquidations": lambda desk: desk.in_words(
        desk.bars(BTC, "5m", since="24h"), desk.profile(BTC, since="24h"), desk.liquidated("BTC", "1m", since="24h")
    ),
    "23_across_venues": lambda desk: desk.in_words(
        desk.across("BTC", "15m", since="24h"), desk.board("BTC", "15m"), desk.curve("BTC", "15m"),
        desk.shares("BTC", "15m", since="24h"),
    ),
    "24_correlation": lambda desk: desk.in_words(
        desk.correlation("15m"), desk.lead_lag("BTC", "ETH", "1m"), desk.breadth("15m")
    ),
    "25_alert_scorecard": lambda desk: desk.in_words(
        desk.alerts(), desk.scorecard(by=("rule", "tier"), horizon=("5m", "15m", "1h"))
    ),
}  # fmt: skip  # a table

#: How many pictures each leaves; every one has a PNG and words for where no widget lives.
PICTURES = {
    "00_start_here": 1, "20_zscores": 2, "21_funding_and_basis": 2, "22_flow_and_liquidations": 3,
    "23_across_venues": 2, "24_correlation": 3, "25_alert_scorecard": 1,
}  # fmt: skip  # a table

#: What a notebook's market is made of, where it is not the usual one.
MADE: dict[str, dict[str, Any]] = {"25_alert_scorecard": {"venues": "binance", "instruments": 6, "seconds": 1200}}


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind]


def executed(path: Path, folder: Path) -> list[dict[str, str]]:
    """What a run of the notebook showed, a bundle of forms an output, in order."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=280, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert all(output["output_type"] != "stream" for output in outputs), "nothing is printed, nothing warns"
    return [output["data"] for output in outputs]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_notebook_is_thin(path: Path) -> None:
    code = cells(path, "code")
    assert path.stem[:2].isdigit()
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in code) == 1
    assert all(cell["execution_count"] is None and not cell["outputs"] for cell in code)
    longest = max(len("".join(cell["source"]).splitlines()) for cell in code)
    assert longest <= 5, "the second time a cell is wanted, it becomes a function in src/"
    defined = [cell for cell in code if re.search(r"^(def|class|for|while|if) ", "".join(cell["source"]), re.MULTILINE)]
    assert defined == []
    assert cells(path, "markdown")[0]["source"][0].startswith("# ")


@pytest.mark.parametrize("name", ["10_collect", *STUDIES])
def test_a_study_asks_one_question_and_ends_with_its_answer(name: str) -> None:
    path = FOLDER / f"{name}.ipynb"
    whole = json.loads(path.read_text("utf-8"))["cells"]
    heading = "".join(whole[0]["source"])
    assert heading.splitlines()[0].endswith("?")
    assert "nput" in heading
    kinds = [cell["cell_type"] for cell in whole]
    assert kinds == ["markdown", "code", "code"] + ["markdown", "code"] * ((len(kinds) - 3) // 2), "prose, then a call"
    assert "desk.in_words(" in "".join(whole[-1]["source"]), "made from the numbers, not written beforehand"


def test_every_notebook_is_executed_somewhere() -> None:
    assert {path.stem for path in ALL} == {"10_collect", *STUDIES, *ELSEWHERE}


@pytest.fixture(scope="module")
def one_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first study makes the demo's market, the others find it."""
    return tmp_path_factory.mktemp("studies")


@pytest.mark.slow
@pytest.mark.timeout(300)  # a market is made, on whatever machine
@pytest.mark.xdist_group("studies")
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_runs_where_nothing_was_collected_and_says_what_the_numbers_say(
    name: str, one_home: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FBKIT_HOME", str(one_home))
    monkeypatch.setenv("FBKIT_BACKFILL_HOURS", "24")  # enough for 60 bars of 15m, in half the time
    shown = executed(FOLDER / f"{name}.ipynb", workspace)
    pictures = [one for one in shown if "image/png" in one]
    assert len(pictures) == PICTURES[name]
    assert all("SIMULATED" in one["text/plain"] for one in pictures)
    tables = [one for one in shown if "<table" in one.get("text/html", "")]
    assert all("SIMULATED" in one["text/html"] and "SIMULATED" in one["text/plain"] for one in tables)
    answer = shown[-1]["text/plain"]
    with fbkit.open(or_demo=True, **MADE.get(name, {})).store as store:
        expected = STUDIES[name](Desk(store, load_settings()))
    assert answer == str(expected)
    assert answer.startswith("SIMULATED\n")
    assert len(re.findall(r"\d", answer)) > 20, "numbers, not phrases"
    assert " nan" not in answer


def received(desk: Desk) -> Words:
    """The last cell's answer, once something came."""
    for _ in range(100):
        accounts = desk.accounts()
        if accounts["received"].sum():
            break
        time.sleep(0.3)
    return desk.in_words(accounts)


@pytest.mark.slow
def test_the_collecting_notebook_collects(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_VENUES", "sim:2")
    monkeypatch.setenv("FBKIT_BACKFILL_HOURS", "0")
    settings = load_settings()
    try:
        shown = executed(FOLDER / "10_collect.ipynb", workspace)
        facts = find_collector(settings)
        assert facts is not None, "the collector outlives the kernel that started it"
        started = shown[0]
        assert f"pid {facts.pid}" in started["text/plain"]
        assert "SIMULATED" in started["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in shown[1], "the live panel"
        assert "what became of every item received" in shown[2]["text/plain"]
        assert re.search("The books balance|ask again in a moment", shown[-1]["text/plain"])
        assert "The books balance" in str(received(fbkit.open(settings=settings)))
    finally:
        facts = find_collector(settings)
        if facts is not None:
            call_sync(runtime_path(settings, facts.database), "stop")
