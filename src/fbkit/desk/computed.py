"""What was computed when it happened, as frames: bars, metrics, summary, alerts; gaps and the books."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pandas as pd

from fbkit.desk.base import Base
from fbkit.errors import UnknownName
from fbkit.ingest import ask_status
from fbkit.model import JUDGED, SUMMARY_COLUMNS, Z_WINDOWS, AccountRow


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
        frames = [repaired_bars(self.store, self.settings, name, tf, span) for name in self.find(instrument)]
        return self._named(self._joined(frames), "bars", tf=tf, instrument=self._said(instrument))

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
        frame = self._joined([scored_bars(self.store, name, tf, span, kind, least) for name in self.find(coin)])
        return self._named(frame, "metrics", tf=tf, instrument=self._said(coin), kind=kind)

    def zscores(
        self,
        instrument: str,
        tf: str = "15m",
        since: Any = None,
        until: Any = None,
        *,
        window: int = 60,
        kind: str = "classic",
    ) -> pd.DataFrame:
        """Z-scores of every judged column over the history of one instrument: ``z_ret_60 z_ln_vol_60 …`` and coverage.

        In standard deviations, computed from the stored bars by the functions that judge live, so that bars which were
        fetched have them too; :meth:`metrics` has what stood there when each bar closed. ``window`` is 20, 60 or 240;
        ``kind`` as in :meth:`metrics`, whose names it bears (``zr_…``, ``ze_…``).
        """
        from fbkit.desk.scored import scored_bars
        from fbkit.quant.frames.metrics import KINDS, is_judged

        self._check_tf(tf)
        if kind not in KINDS:
            raise UnknownName("kind of Z", kind, tuple(KINDS))
        if window not in Z_WINDOWS:
            raise UnknownName("window", str(window), tuple(map(str, Z_WINDOWS)))
        name = self._one(instrument)
        found = scored_bars(self.store, name, tf, self.span(since, until), kind, self.settings.min_coverage)
        wanted = [f"{KINDS[kind]}_{column}_{window}" for column in JUDGED if is_judged(column, tf)]
        frame = self._joined([found[[*wanted, "coverage"]]])
        return self._named(frame, "zscores", tf=tf, instrument=name, window=window)

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
        coverage = float(found["coverage"].mean()) if len(found) else 0.0
        return self._named(found, "summary", tf=tf, coverage=coverage)

    def alerts(self, since: Any = None, until: Any = None, last: int | None = None) -> pd.DataFrame:
        """Alerts, oldest first."""
        return self._named(self.store.rows("alerts", span=self.span(since, until), last=last), "alerts")

    def gaps(self, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Every period without data: from, to, cause, whether it was backfilled."""
        return self._named(self.store.gaps(self.span(since, until)), "gaps")

    def accounts(self) -> pd.DataFrame:
        """What became of every item of the newest run, per venue and channel; control frames are counted apart.

        As the collector that runs has it; where none runs, as the newest heartbeat does.
        """
        runs = ask_status(self.settings, self.store.url)
        told = self.store.accounts() if runs is None else msgspec.convert(runs[1]["accounts"], list[AccountRow])
        rows = [msgspec.structs.asdict(one) for one in told if one.channel != "control"]
        columns = [name for name in AccountRow.__struct_fields__ if name not in {"run", "control"}]
        return self._named(pd.DataFrame(rows, columns=columns), "accounts")

    def _rows(self, table: str, instrument: str, tf: str, since: Any, until: Any) -> pd.DataFrame:
        self._check_tf(tf)
        span = self.span(since, until)
        frames = [self.store.rows(table, instrument=name, tf=tf, span=span) for name in self.find(instrument)]
        return self._named(self._joined(frames), table, tf=tf, instrument=self._said(instrument))

    @staticmethod
    def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
        found = frames[0] if len(frames) == 1 else pd.concat(frames).sort_index(kind="stable")
        if "repaired" in frames[0].attrs:
            found.attrs["repaired"] = sum(frame.attrs["repaired"] for frame in frames)
        found.attrs["coverage"] = float(found["coverage"].mean()) if len(found) else 0.0
        return found
