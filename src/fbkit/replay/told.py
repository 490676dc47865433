"""Metrics and alerts computed again from stored bars, beside those that were stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.model import METRIC_COLUMNS, AlertRow, MetricRow, Span, SummaryRow
from fbkit.replay.bits import Rows, compare
from fbkit.replay.found import Difference, Ledger
from fbkit.replay.retold import REMOVED
from fbkit.replay.scope import Scope
from fbkit.replay.spans import Spans
from fbkit.store import Store
from fbkit.store.rows import join_reasons, split_reasons

METRICS, ALERTS, SUMMARY = "metrics", "alerts", "summary"

#: Rows that wait to be compared at once.
_ROWS = 4096

_VALUES = MetricRow.__struct_fields__.index("values")

#: Texts with floats in them: where those agree to 1e-12 alone, the texts need not.
_TEXTS = frozenset({"sentence", "inputs", "conditions"})


class Told:
    """Collects what was computed and compares it a few thousand rows at a time."""

    def __init__(self, store: Store, ledger: Ledger, scope: Scope, spans: Spans) -> None:
        self._store, self._ledger, self._scope, self._spans = store, ledger, scope, spans
        self._metrics: list[MetricRow] = []
        self._alerts: dict[int, AlertRow] = {}
        self._since: int | None = None
        self._newest: dict[tuple[str, str], tuple[SummaryRow, str]] = {}

    def hear(self, metrics: list[MetricRow], summary: list[SummaryRow], alerts: list[AlertRow], ts: int) -> None:
        """What the Beat of ``ts`` (UTC ns) closed."""
        if not self._scope.is_on:
            return
        if self._since is None:
            self._since = ts
        wants = self._scope.wants_one
        self._metrics += [row for row in metrics if wants(row.t1)]
        self._alerts |= {row.alert_id: row for row in alerts if wants(row.t1)}
        for row in summary:
            known = self._newest.get((row.instrument, row.tf))
            if known is None or known[0].t1 <= row.t1:
                self._newest[row.instrument, row.tf] = row, self._scope.note
        if len(self._metrics) >= _ROWS:
            self.flush(ts)

    def flush(self, ts: int) -> None:
        """Compare what waits, of Beats up to ``ts``; before anything about the scope changes."""
        by_tf: dict[str, list[MetricRow]] = defaultdict(list)
        for row in self._metrics:
            by_tf[row.tf].append(row)
        for tf, rows in by_tf.items():
            self._compare_metrics(tf, rows)
        if self._since is not None:
            self._compare_alerts(Span(self._since, ts + 1))
        self._metrics, self._alerts, self._since = [], {}, None

    # -- metrics ------------------------------------------------------------------------------------------------

    def _compare_metrics(self, tf: str, rows: list[MetricRow]) -> None:
        ends = np.array([row.t1 for row in rows], np.int64)
        frame = self._store.rows(METRICS, tf=tf, span=Span(int(ends.min()) - 1, int(ends.max())))
        keys = zip(frame["instrument"].tolist(), frame["t1"].tolist(), strict=True)
        places = {key: at for at, key in enumerate(keys)}
        at = np.array([places.get((row.instrument, row.t1), -1) for row in rows])
        for row, place in zip(rows, at.tolist(), strict=True):
            self._spans.add(METRICS, row.instrument, tf, row.t1, row.t1)
            if place < 0:
                self._tell_lost(row)
        there = [row for row, place in zip(rows, at.tolist(), strict=True) if place >= 0]
        if there:
            self._compare_columns(tf, there, frame.iloc[at[at >= 0]])

    def _tell_lost(self, row: MetricRow) -> None:
        if self._scope.went(METRICS, row.tf, row.t1):
            self._ledger.cannot(METRICS, REMOVED, 1, row.t1, row.t1)
            return
        # The first number there is speaks for the row.
        at = next((k for k, reason in enumerate(row.reasons) if not reason), 0)
        place = (METRICS, row.instrument, row.tf, row.t1, METRIC_COLUMNS[at])
        self._ledger.differ(Difference(*place, "no row", repr(row.value(METRIC_COLUMNS[at])), self._scope.note))

    def _compare_columns(self, tf: str, rows: list[MetricRow], frame: pd.DataFrame) -> None:
        whole = Rows(METRICS, tf, [row.instrument for row in rows], np.array([row.t1 for row in rows], np.int64))
        self._ledger.of(METRICS).rows += len(rows)
        values = np.array([msgspec.structs.astuple(row)[_VALUES] for row in rows], np.float64)
        n = np.array([row.n for row in rows], np.float64)
        for k, name in enumerate(METRIC_COLUMNS):
            computed = {name: values[:, k], f"n_{name}": n[:, k]}
            stored = {column: np.asarray(frame[column], np.float64) for column in computed}
            self._compare_known(whole, stored, computed, ~np.isnan(stored[f"n_{name}"]), name)
        facts: dict[str, NDArray[Any]] = {
            "coverage": np.array([row.coverage for row in rows], np.float64),
            "unsettled": np.array([row.unsettled for row in rows], np.float64),
            "stamp": np.array([row.stamp for row in rows], np.float64),
        }
        stored = {name: np.asarray(frame[name], np.float64) for name in facts}
        compare(self._ledger, whole, stored, facts, self._scope.note)
        self._compare_reasons(rows, frame["reasons"].tolist())

    def _compare_known(
        self,
        rows: Rows,
        stored: dict[str, NDArray[np.float64]],
        computed: dict[str, NDArray[np.float64]],
        known: NDArray[np.bool_],
        name: str,
    ) -> None:
        """A column that did not exist when a row was written has no count there."""
        if not known.all():
            ends = rows.t1[~known]
            why = f"there was no column {name} when they were written"
            self._ledger.cannot(METRICS, why, len(ends), int(ends.min()), int(ends.max()))
            rows = rows._replace(
                instruments=[rows.instruments[i] for i in np.flatnonzero(known).tolist()], t1=rows.t1[known]
            )
            stored, computed = ({c: a[known] for c, a in columns.items()} for columns in (stored, computed))
        compare(self._ledger, rows, stored, computed, self._scope.note)

    def _compare_reasons(self, rows: list[MetricRow], texts: list[str | None]) -> None:
        account, note = self._ledger.of(METRICS), self._scope.note
        account.values += len(rows) * len(METRIC_COLUMNS)
        account.close += len(rows) * len(METRIC_COLUMNS) if note else 0
        for row, text in zip(rows, texts, strict=True):
            if (text or "") == join_reasons(row.reasons):
                continue
            stored = split_reasons(text or "")
            if len(stored) != len(METRIC_COLUMNS):
                account.values -= len(METRIC_COLUMNS)
                self._ledger.cannot(METRICS, "their reasons are of other columns", 1, row.t1, row.t1)
                continue
            for name, old, new in zip(METRIC_COLUMNS, stored, row.reasons, strict=True):
                if old != new:
                    place = (METRICS, row.instrument, row.tf, row.t1, f"reason of {name}")
                    self._ledger.differ(Difference(*place, repr(old), repr(new), note))

    # -- alerts and summary -------------------------------------------------------------------------------------

    def _compare_alerts(self, span: Span) -> None:
        wants = self._scope.wants_one
        stored = {row.alert_id: row for row in self._store.row_structs(AlertRow, span=span) if wants(row.t1)}
        for number in sorted(stored.keys() | self._alerts.keys()):
            old, new = stored.get(number), self._alerts.get(number)
            one = old or new
            if old is not None and new is not None:
                compare_structs(self._ledger, ALERTS, old, new, self._scope.note)
            elif one is not None:
                kept, said = ("no row", one.sentence) if old is None else (one.sentence, "no alert")
                place = (ALERTS, one.instrument, one.tf, one.t1, "alert_id")
                self._ledger.differ(Difference(*place, kept, said, self._scope.note))

    def compare_summary(self, span: Span) -> None:
        """The newest row of each instrument and timeframe: the table keeps no older ones."""
        for row in self._store.row_structs(SummaryRow, span=span):
            known = self._newest.get((row.instrument, row.tf))
            if known is not None and known[0].t1 == row.t1:
                compare_structs(self._ledger, SUMMARY, row, *known)
            elif known is not None and known[0].t1 > row.t1:
                place = (SUMMARY, row.instrument, row.tf, row.t1, "t1")
                self._ledger.differ(Difference(*place, repr(row.t1), repr(known[0].t1), known[1]))
            else:
                self._ledger.cannot(SUMMARY, "their bars were not verified", 1, row.t1, row.t1)


def compare_structs(ledger: Ledger, table: str, stored: Any, computed: Any, note: str) -> None:
    """Every field of two rows with ``instrument tf t1``."""
    fields = [name for name in stored.__struct_fields__ if not (note and name in _TEXTS)]
    one = Rows(table, stored.tf, [stored.instrument], np.array([stored.t1]))
    ledger.of(table).rows += 1
    compare(ledger, one, _arrays(stored, fields), _arrays(computed, fields), note)


def _arrays(row: msgspec.Struct, fields: Iterable[str]) -> dict[str, NDArray[Any]]:
    return {name: _array(getattr(row, name)) for name in fields}


def _array(value: Any) -> NDArray[Any]:
    if isinstance(value, float):
        return np.array([value], np.float64)
    one = np.empty(1, object)
    one[0] = value
    return one
