"""The status report, section by section: what ``notebooks/90_status_report.ipynb`` calls.

One reading of the store serves all sections, so that they agree with one another.
"""

from __future__ import annotations

from functools import cached_property

from fbkit.clock import Clock, SystemClock
from fbkit.continuity.machine import system as machine
from fbkit.continuity.machine import versions
from fbkit.reports import sections
from fbkit.reports.facts import Asked, read_facts
from fbkit.reports.findings import Finding, findings
from fbkit.reports.page import Section
from fbkit.runtime import database_url, workspace
from fbkit.settings import Settings, load_settings
from fbkit.store import Store, open_store


class Status:
    """The sections of one report. Each is shown by a notebook as Markdown and HTML."""

    def __init__(self, store: Store, settings: Settings, asked: Asked, clock: Clock | None = None) -> None:
        self._settings = settings
        self.facts = read_facts(store, settings, asked, clock or SystemClock())
        self._machine = machine(settings.home)

    @cached_property
    def findings(self) -> list[Finding]:
        """What is not as it should be, worst first."""
        return findings(self.facts, self._machine)

    def overview(self) -> Section:
        """State, data, market and the first thing to do."""
        return sections.overview(self.facts, self.findings)

    def health(self) -> Section:
        """State with its reasons, streams, uptime."""
        return sections.health(self.facts)

    def market(self) -> Section:
        """The market in words and pictures."""
        return sections.market(self.facts)

    def quant(self) -> Section:
        """The numbers against their targets."""
        return sections.quant(self.facts)

    def gaps(self) -> Section:
        """Gaps and coverage."""
        return sections.gaps(self.facts)

    def accounting(self) -> Section:
        """What became of every item."""
        return sections.accounting(self.facts)

    def files(self) -> Section:
        """Key files with their hashes."""
        return sections.files(workspace(self._settings))

    def system(self) -> Section:
        """Machine and versions."""
        return sections.system(self.facts, self._machine, versions())

    def diagnosis(self) -> Section:
        """What is not as expected, and why."""
        return sections.diagnosis(self.facts, self.findings)

    def next_steps(self) -> Section:
        """What to do about it."""
        return sections.next_steps(self.findings)


def read(*, tf: str = "15m", hours: int = 24, top: int = 8, coin: str = "BTC", db: str | None = None) -> Status:
    """Read the database (default: the settings') for a report over the last ``hours``."""
    settings = load_settings(db=db)
    with open_store(database_url(settings)) as store:
        return Status(store, settings, Asked(tf, hours, top, coin))
