"""Which reports there are, what they take, and what became of their last run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fbkit.errors import UnknownName
from fbkit.reports.notebook import notebooks, read_notebook
from fbkit.reports.parameters import Parameter, parameters_of
from fbkit.reports.run import FORMAT, LATEST
from fbkit.reports.runs import ReportRun, Runs
from fbkit.runtime import workspace
from fbkit.settings import Settings


class ReportListing(msgspec.Struct, frozen=True):
    """A report: its notebook, its parameters, its newest runs (newest first) and the folder of its last good one."""

    name: str
    notebook: Path
    parameters: list[Parameter]
    runs: list[ReportRun]
    latest: Path | None


def list_reports(settings: Settings, *, last: int = 5) -> list[ReportListing]:
    """Every report by name, with its ``last`` newest runs."""
    runs = Runs(settings)
    return [
        ReportListing(name, path, _parameters(path), runs.newest(name, last), latest_report(settings, name))
        for name, path in sorted(notebooks(settings).items())
    ]


def latest_report(settings: Settings, name: str) -> Path | None:
    """The folder of the newest good run of a report, or ``None``."""
    root = workspace(settings) / "reports" / name
    try:
        facts = msgspec.json.decode((root / LATEST).read_bytes(), type=dict[str, object])
    except (OSError, msgspec.DecodeError):
        facts = {}
    folder = root / str(facts.get("folder", ""))
    if facts.get("format") == FORMAT and folder.parent == root and (folder / "report.json").is_file():
        return folder
    # The pointer is torn or gone: the folders themselves still say which is newest.
    dated = sorted(path.parent for path in root.glob("*/report.json"))
    return dated[-1] if dated else None


def _parameters(path: Path) -> list[Parameter]:
    try:
        return parameters_of(read_notebook(path))
    except UnknownName:
        return []
