"""What was published of the workspace: the phase, the newest report and snapshot, and what can be made from here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import traitlets

from fbkit.dashboard.source import Source
from fbkit.dashboard.status.chores import CHORES, Chores
from fbkit.widgets import Actions, ReportView, Steps, Words

if TYPE_CHECKING:
    from fbkit.dashboard.status.published import Published
    from fbkit.settings import Settings

#: Made when somebody asks for it: fbkit has no clockwork of its own.
_BY_HAND = [
    ("status report", "fbkit report run status"),
    ("alert scorecard", "fbkit scorecard"),
    ("snapshot", "fbkit snapshot"),
    ("closed days to Parquet", "fbkit archive"),
]


class Papers:
    """The panels of what lies in the workspace of a source; those of a source without settings say that there is none.

    ``changed`` is called when what lies there, or what of it is looked at, may have changed: ask :meth:`read` again.
    """

    def __init__(self, source: Source, changed: Callable[[], None]) -> None:
        self.actions = Actions()
        self.phase = Steps(title="Phase", waiting="None was set yet: `fbkit phase set NAME` begins one.")
        self.report = ReportView(title="Latest status report")
        self.byhand = Words(title="Made by hand", sub="nothing here runs by a clock")
        self.snapshot = Words(title="Snapshot")
        self.settings: Settings | None = getattr(source, "settings", None)
        self.chores: Chores | None = None
        self._changed = changed
        self.byhand.show(facts=_BY_HAND)
        self.report.observe(lambda _: changed(), "chosen")
        traitlets.dlink((self.report, "error"), (self.phase, "error"))
        traitlets.dlink((self.report, "error"), (self.snapshot, "error"))
        if self.settings is None:
            self.report.waiting = self.snapshot.waiting = "No workspace belongs to this page's source."
        else:
            self._offer(self.settings, source.url)  # type: ignore[attr-defined]  # it has settings: it is a StoreSource

    @property
    def panels(self) -> list[Steps | ReportView | Words]:
        """Top to bottom."""
        return [self.phase, self.report, self.byhand, self.snapshot]

    def _offer(self, settings: Settings, url: str) -> None:
        """What can be made from here, as it is known whose settings these are."""
        self.report.waiting = "None was made yet: `fbkit report run status`, or the button above, makes one."
        self.snapshot.waiting = "None was taken yet: `fbkit snapshot`, or the button above, takes one."
        self.chores = Chores(settings, url, self._told, self._at_work)
        self.actions.actions = [list(chore) for chore in CHORES]
        self.actions.on_press(self.chores.start)
        self.report.on_open(partial(_page_of, settings))

    def _told(self, sentence: str, tone: str) -> None:
        self.actions.note, self.actions.tone = sentence, tone

    def _at_work(self, name: str) -> None:
        self.actions.running = name
        self._changed()

    def read(self) -> Published | None:
        """What lies there, the report that is looked at open; ``None`` without a workspace. May block."""
        from fbkit.dashboard.status.published import published

        return None if self.settings is None else published(self.settings, self.report.chosen)

    def show(self, found: Published, now: int) -> None:
        """Hand what was read to the panels; ``now`` is the market's, UTC ns."""
        from fbkit.dashboard.status import published as words

        self.phase.show(*words.steps(found.phases, now))
        self.report.show(words.shown(found.report), words.runs_told(found))
        facts, self.snapshot.sub = words.snapshot_told(found)
        self.snapshot.show(facts=facts)


def _page_of(settings: Settings, name: str) -> bytes:
    from fbkit.dashboard.status.published import page_of

    return page_of(settings, name)
