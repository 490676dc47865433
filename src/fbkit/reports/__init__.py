"""Parameterised notebooks, run apart and filed whole.

The names are imported when they are first asked for: a report's own process and ``fbkit --help`` need few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fbkit.reports.listing import ReportListing, latest_report, list_reports
    from fbkit.reports.notebook import packaged_notebooks
    from fbkit.reports.parameters import Parameter
    from fbkit.reports.run import Limits, Published, run_report
    from fbkit.reports.runs import ReportRun

_PLACES = {
    "Limits": "fbkit.reports.run",
    "Published": "fbkit.reports.run",
    "run_report": "fbkit.reports.run",
    "ReportListing": "fbkit.reports.listing",
    "latest_report": "fbkit.reports.listing",
    "list_reports": "fbkit.reports.listing",
    "Parameter": "fbkit.reports.parameters",
    "ReportRun": "fbkit.reports.runs",
    "packaged_notebooks": "fbkit.reports.notebook",
}

__all__ = [
    "Limits",
    "Parameter",
    "Published",
    "ReportListing",
    "ReportRun",
    "latest_report",
    "list_reports",
    "packaged_notebooks",
    "run_report",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
