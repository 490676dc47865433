"""The desk: every word of it."""

from __future__ import annotations

import html

from fbkit.clock import iso
from fbkit.desk.across import Across
from fbkit.desk.computed import Computed
from fbkit.desk.events import Events
from fbkit.desk.imports import Imports
from fbkit.desk.scores import Scores
from fbkit.desk.standing import Standing
from fbkit.ingest.standing import coverage_of_venues


class Desk(Events, Computed, Across, Scores, Imports, Standing):
    """Reads what was collected. Frames have a UTC index, units in their column names, coverage beside windows.

    ``since`` and ``until`` take an instant (``"2026-11-22T14:00Z"``, UTC ns, a Timestamp) or a duration back from now
    (``"2h"``); back from the last Beat where no collector runs and the market is not LIVE.
    """

    def __repr__(self) -> str:
        last = self.store.last_beat()
        seen = iso(last.ts_recv) if last else "nothing yet"
        return f"<Desk {self.market} {self.store.url}, {len(self.store.instruments())} instruments, last beat {seen}>"

    def _repr_html_(self) -> str:
        counts = self.store.table_counts()
        cells = "".join(
            f"<tr><td>{html.escape(k)}</td><td style='text-align:right'>{v:,}</td></tr>" for k, v in counts.items()
        )
        return f"<b>{html.escape(repr(self))}</b><br>{html.escape(self._covered_lately())}<table>{cells}</table>"

    def _covered_lately(self) -> str:
        """Trades of the last hour, by venue, in words."""
        last = self.store.last_beat()
        if last is None:
            return "nothing was collected yet"
        venues = sorted({one.venue for one in self.store.instruments().values()})
        known = coverage_of_venues(self.store, [(venue, "trade") for venue in venues], self._end() or last.ts_recv)
        return "coverage of trades, last hour: " + ", ".join(
            f"{venue} {share:.2%}" for (venue, _), share in known.items()
        )
