"""Parameterised notebooks, run apart and filed whole."""

from fbkit.reports.listing import ReportListing, latest_report, list_reports
from fbkit.reports.notebook import packaged_notebooks
from fbkit.reports.parameters import Parameter
from fbkit.reports.run import Limits, Published, run_report
from fbkit.reports.runs import ReportRun

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
