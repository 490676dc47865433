"""Whole columns of stored bars give the metrics that were stored: what notebooks compute is what alerts were told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.errors import UnknownName
from fbkit.model import JUDGED, METRIC_COLUMNS, TIMEFRAMES, Span
from fbkit.quant.frames.metrics import metrics
from fbkit.replay.bits import Rows, compare
from fbkit.replay.found import Ledger
from fbkit.replay.runs import starts, unlike
from fbkit.store import Store
from fbkit.store.archive.removed import removed_before

HISTORY = "history"

_INPUTS = tuple(dict.fromkeys(("high", "low", "close", *JUDGED)))

#: Wilder's averages reach back to the first bar there ever was; a Z to its window.
_RECURSIVE = ("rsi_14", "atr_14")


def compare_history(store: Store, ledger: Ledger, span: Span) -> None:
    """Every instrument and timeframe: :func:`fbkit.quant.frames.metrics` of its bars beside its stored metrics."""
    notes = {run.stamp: unlike(run) for run in store.runs()}
    coverage = {run.stamp: start.min_coverage for start in starts(store.runs()) for run in start.runs}
    is_cut = removed_before(store).get("bars 1m", 0) > 0
    for name in sorted(store.instruments()):
        for tf in TIMEFRAMES:
            told = _stored(store, name, tf, span)
            if told is not None:
                _compare(store, ledger, _One(name, tf, told, is_cut and tf == "1m"), notes, coverage)


class _One:
    """Stored metrics of one instrument and timeframe; ``is_cut``: its first bars are gone."""

    def __init__(self, name: str, tf: str, told: dict[str, NDArray[Any]], is_cut: bool) -> None:  # noqa: FBT001 - a fact
        self.name, self.tf, self.told, self.is_cut = name, tf, told, is_cut
        self.t1 = np.asarray(told["t1"], np.int64)


def _stored(store: Store, name: str, tf: str, span: Span) -> dict[str, NDArray[Any]] | None:
    try:
        found = store.columns("metrics", ("t1", "stamp", *METRIC_COLUMNS), instrument=name, tf=tf, span=span)
    except UnknownName:
        return None
    return found if len(found["t1"]) else None


def _compare(store: Store, ledger: Ledger, one: _One, notes: dict[int, str], coverage: dict[int, float]) -> None:
    bars = store.columns("bars", ("t1", *_INPUTS), instrument=one.name, tf=one.tf, span=Span(None, int(one.t1[-1])))
    ends = np.asarray(bars["t1"], np.int64)
    if not len(ends):
        return
    at = np.minimum(np.searchsorted(ends, one.t1), len(ends) - 1)
    stamps = np.asarray(one.told["stamp"], np.int64)
    for stamp in np.unique(stamps).tolist():
        least = coverage.get(stamp, 0.8)
        computed = metrics(one.name, one.tf, ends, bars, min_coverage=least)
        here = (stamps == stamp) & (ends[at] == one.t1)
        for name in METRIC_COLUMNS:
            known = here & _reaches(ledger, one, name, int(ends[0]), here)
            rows = Rows(HISTORY, one.tf, [one.name] * int(known.sum()), one.t1[known])
            stored = {name: np.asarray(one.told[name], np.float64)[known]}
            compare(ledger, rows, stored, {name: computed[name][at[known]]}, notes.get(stamp, ""))
        ledger.of(HISTORY).rows += int(here.sum())


def _reaches(ledger: Ledger, one: _One, name: str, first: int, here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where all the bars behind a value are still there."""
    if not one.is_cut:
        return np.ones(len(one.t1), np.bool_)
    slots = 1 << 40 if name in _RECURSIVE else int(name.rpartition("_")[2])
    reaches = one.t1 - slots * TIMEFRAMES[one.tf] > first
    lost = one.t1[here & ~reaches]
    if len(lost):
        why = f"{name} reaches back to bars that retention removed"
        ledger.cannot(HISTORY, why, len(lost), int(lost.min()), int(lost.max()))
    return np.asarray(reaches, np.bool_)
