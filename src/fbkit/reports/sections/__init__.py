"""The sections of a status report, one file each: facts in, a page section out."""

from fbkit.reports.sections.accounting import accounting
from fbkit.reports.sections.diagnosis import diagnosis, next_steps
from fbkit.reports.sections.files import files
from fbkit.reports.sections.gaps import gaps
from fbkit.reports.sections.health import health
from fbkit.reports.sections.kpi import quant
from fbkit.reports.sections.market import market
from fbkit.reports.sections.overview import overview
from fbkit.reports.sections.system import system

__all__ = [
    "accounting",
    "diagnosis",
    "files",
    "gaps",
    "health",
    "market",
    "next_steps",
    "overview",
    "quant",
    "system",
]
