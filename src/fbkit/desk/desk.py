"""The desk: every word of it."""

from __future__ import annotations

from typing import Any

from fbkit.clock import iso
from fbkit.desk.across import Across
from fbkit.desk.answered import Answered
from fbkit.desk.computed import Computed
from fbkit.desk.events import Events
from fbkit.desk.imports import Imports
from fbkit.desk.introduced import card_of_desk
from fbkit.desk.pictures import Pictures
from fbkit.desk.scores import Scores
from fbkit.desk.shown import Card
from fbkit.desk.standing import Standing
from fbkit.runtime import shown_url


class Desk(Events, Computed, Across, Scores, Imports, Standing, Pictures, Answered):
    """Reads what was collected. Frames have a UTC index, units in their column names, coverage beside windows.

    ``since`` and ``until`` take an instant (``"2026-11-22T14:00Z"``, UTC ns, a Timestamp) or a duration back from now
    (``"2h"``); back from the last Beat where no collector runs and the market is not LIVE. A frame says in its
    ``attrs`` what it is and whose market; :meth:`plot` draws it and :meth:`in_words` says what is in it.
    """

    def __repr__(self) -> str:
        last = self.store.last_beat()
        seen = iso(last.ts_recv) if last else "nothing yet"
        count = len(self.store.instruments())
        return f"<Desk {self.market} {shown_url(self.store.url)}, {count} instruments, last beat {seen}>"

    def _repr_html_(self) -> str:
        return self._card().html()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's own signature
        printer.text(self._card().text())

    def _card(self) -> Card:
        return card_of_desk(self, self._end(), collected=self._collected_now())
