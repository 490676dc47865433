"""Every notebook runs from top to bottom on the simulated market, is thin, and comes without outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from fbkit.hub import call_sync
from fbkit.ingest import find_collector
from fbkit.runtime import runtime_path
from fbkit.settings import load_settings

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
ALL = sorted(FOLDER.glob("*.ipynb"))

#: Run by the tests of the rooms they belong to: Voila's page in a browser, the report by papermill.
ELSEWHERE = {"30_dashboard.ipynb": "tests/browser", "90_status_report.ipynb": "tests/reports"}


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind]


def executed(path: Path, folder: Path, **parameters: str) -> str:
    """Everything a run of the notebook printed or showed as text."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
    NotebookClient(notebook, timeout=90, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(one.get("text", "") + str(one.get("data", {}).get("text/plain", "")) for one in outputs)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_notebook_is_thin(path: Path) -> None:
    code = cells(path, "code")
    assert path.stem[:2].isdigit()
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in code) == 1
    assert all(cell["execution_count"] is None and not cell["outputs"] for cell in code)
    longest = max(len("".join(cell["source"]).splitlines()) for cell in code)
    assert longest <= 12, "the second time a cell is wanted, it becomes a function in src/"
    assert cells(path, "markdown")[0]["source"][0].startswith("# ")


def test_every_notebook_is_executed_somewhere() -> None:
    here = {"00_start_here.ipynb", "10_collect.ipynb", "20_zscores.ipynb"}
    assert {path.name for path in ALL} == here | set(ELSEWHERE)


@pytest.fixture(scope="module")
def one_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first study makes the demo's market, the second finds it."""
    return tmp_path_factory.mktemp("studies")


@pytest.mark.slow
@pytest.mark.xdist_group("studies")
@pytest.mark.parametrize("name", ["00_start_here", "20_zscores"])
def test_a_study_runs_where_nothing_was_collected(
    name: str, one_home: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FBKIT_HOME", str(one_home))
    monkeypatch.setenv("FBKIT_BACKFILL_HOURS", "8")  # enough for 60 bars of 5m, in a sixth of the time
    shown = executed(FOLDER / f"{name}.ipynb", workspace)
    assert "SIMULATED" in shown or "z_ret_60" in shown
    assert "binance:BTC-USDT-PERP" in shown


@pytest.mark.slow
def test_the_collecting_notebook_collects(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FBKIT_VENUES", "sim:2")
    monkeypatch.setenv("FBKIT_BACKFILL_HOURS", "0")
    settings = load_settings()
    try:
        shown = executed(FOLDER / "10_collect.ipynb", workspace)
        facts = find_collector(settings)
        assert facts is not None, "the collector outlives the kernel that started it"
        assert f"collector pid {facts.pid}" in shown
        assert "StatusPanel" in shown
    finally:
        facts = find_collector(settings)
        if facts is not None:
            call_sync(runtime_path(settings, facts.database), "stop")
