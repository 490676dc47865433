"""What was computed when it happened, as frames: bars, metrics, summary, alerts; gaps and the books."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pandas as pd

from fbkit.desk.base import Base
from fbkit.errors import UnknownName
from fbkit.model import SUMMARY_COLUMNS, AccountRow


class Computed(Base):
    """The desk's words for what the engine and the collector wrote."""

    def bars(
        self, instrument: str, tf: str = "1m", since: Any = None, until: Any = None, *, repaired: bool = False
    ) -> pd.DataFrame:
        """Closed bars, labelled by their end t1, with source and coverage, as they were published.

        With ``repaired`` as all events known now would have them, late and fetched ones too: ``source`` is
        ``repaired`` where a bar says more than what was published, and ``attrs["repaired"]`` counts these.
        """
        if not repaired:
            return self._rows("bars", instrument, tf, since, until)
        from fbkit.desk.repaired import repaired_bars

        self._check_tf(tf)
        span = self.span(since, until)
        return self._joined(
            [repaired_bars(self.store, self.settings, name, tf, span) for name in self.find(instrument)]
        )

    def metrics(
        self, coin: str, tf: str = "15m", since: Any = None, until: Any = None, *, kind: str = "classic"
    ) -> pd.DataFrame:
        """Metrics of a coin's instruments, one row a bar and instrument.

        ``classic``: RSI, ATR and Z-scores as they stood when each bar closed. ``robust`` (median and MAD, columns
        ``zr_…``) and ``ewma`` (``ze_…``) are computed from the stored bars, in standard deviations; NaN where there is
        none.
        """
        if kind == "classic":
            return self._rows("metrics", coin, tf, since, until)
        from fbkit.desk.scored import scored_bars
        from fbkit.quant.frames.metrics import KINDS

        self._check_tf(tf)
        if kind not in KINDS:
            raise UnknownName("kind of Z", kind, tuple(KINDS))
        span, least = self.span(since, until), self.settings.min_coverage
        return self._joined([scored_bars(self.store, name, tf, span, kind, least) for name in self.find(coin)])

    def summary(self, tf: str | None = None) -> pd.DataFrame:
        """The newest state of each instrument and timeframe: its bar, loudest Z, confluence and bias.

        ``score_long`` and ``score_short`` are shares in [0, 1], NaN where too few inputs are there; ``conditions`` are
        those that are met, a list of ``[side, column, value, threshold]``. Units: ``attrs["units"]``; they and the
        meanings stand in ``docs/reference/columns.md``.
        """
        self._check_tf(tf)
        found = self.store.rows("summary", tf=tf)
        found["conditions"] = [json.loads(text) for text in found["conditions"]]
        found.attrs["units"] = {column.name: column.unit for column in SUMMARY_COLUMNS}
        found.attrs["coverage"] = float(found["coverage"].mean()) if len(found) else 0.0
        return found

    def alerts(self, since: Any = None, until: Any = None, last: int | None = None) -> pd.DataFrame:
        """Alerts, oldest first."""
        return self.store.rows("alerts", span=self.span(since, until), last=last)

    def gaps(self, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Every period without data: from, to, cause, whether it was backfilled."""
        return self.store.gaps(self.span(since, until))

    def accounts(self) -> pd.DataFrame:
        """What became of every item of the newest run, per venue and channel; control frames are counted apart."""
        rows = [msgspec.structs.asdict(one) for one in self.store.accounts() if one.channel != "control"]
        columns = [name for name in AccountRow.__struct_fields__ if name not in {"run", "control"}]
        return pd.DataFrame(rows, columns=columns)

    def _rows(self, table: str, instrument: str, tf: str, since: Any, until: Any) -> pd.DataFrame:
        self._check_tf(tf)
        span = self.span(since, until)
        frames = [self.store.rows(table, instrument=name, tf=tf, span=span) for name in self.find(instrument)]
        return self._joined(frames)

    @staticmethod
    def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
        found = frames[0] if len(frames) == 1 else pd.concat(frames).sort_index(kind="stable")
        if "repaired" in frames[0].attrs:
            found.attrs["repaired"] = sum(frame.attrs["repaired"] for frame in frames)
        found.attrs["coverage"] = float(found["coverage"].mean()) if len(found) else 0.0
        return found
