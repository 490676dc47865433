"""Whole columns of stored bars give the metrics that were stored: what notebooks compute is what alerts were told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.errors import UnknownName
from fbkit.model import BASE_TIMEFRAME, JUDGED, METRIC_COLUMNS, TIMEFRAMES, Span
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
    gone = removed_before(store).get("bars 1m", 0)
    for name in sorted(store.instruments()):
        for tf in TIMEFRAMES:
            told = _stored(store, name, tf, span)
            if told is not None:
                cut = gone if tf == BASE_TIMEFRAME and _was_there(store, name, gone) else 0
                _compare(store, ledger, _One(name, tf, told, cut), notes, coverage)


class _One:
    """Stored metrics of one instrument and timeframe; its bars up to ``cut`` (UTC ns) are gone (0: none is)."""

    def __init__(self, name: str, tf: str, told: dict[str, NDArray[Any]], cut: int) -> None:
        self.name, self.tf, self.told, self.cut = name, tf, told, cut
        self.t1 = np.asarray(told["t1"], np.int64)


def _was_there(store: Store, name: str, gone: int) -> bool:
    """Whether an instrument had bars by then: those above 1m stay for ever."""
    return bool(gone) and len(store.columns("bars", ("t1",), instrument=name, tf="5m", span=Span(None, gone))["t1"]) > 0


def _stored(store: Store, name: str, tf: str, span: Span) -> dict[str, NDArray[Any]] | None:
    try:
        found = store.columns("metrics", ("t1", "stamp", *METRIC_COLUMNS), instrument=name, tf=tf, span=span)
    except UnknownName:
        return None
    return found if len(found["t1"]) else None


def _compare(store: Store, ledger: Ledger, one: _One, notes: dict[int, str], coverage: dict[int, float]) -> None:
    bars = store.columns("bars", ("t1", *_INPUTS), instrument=one.name, tf=one.tf, span=Span(None, int(one.t1[-1])))
    ends = np.asarray(bars["t1"], np.int64)
    there = np.isin(one.t1, ends)
    if not there.all():
        lost = one.t1[~there]
        ledger.cannot(HISTORY, "their bars are not there", len(lost), int(lost.min()), int(lost.max()))
    if not there.any():
        return
    at = np.minimum(np.searchsorted(ends, one.t1), len(ends) - 1)
    stamps = np.asarray(one.told["stamp"], np.int64)
    for stamp in np.unique(stamps).tolist():
        least = coverage.get(stamp, 0.8)
        computed = metrics(one.name, one.tf, ends, bars, min_coverage=least)
        here = (stamps == stamp) & there
        for name in METRIC_COLUMNS:
            known = here & _reaches(ledger, one, name, here)
            rows = Rows(HISTORY, one.tf, [one.name] * int(known.sum()), one.t1[known])
            stored = {name: np.asarray(one.told[name], np.float64)[known]}
            compare(ledger, rows, stored, {name: computed[name][at[known]]}, notes.get(stamp, ""))
        ledger.of(HISTORY).rows += int(here.sum())


def _reaches(ledger: Ledger, one: _One, name: str, here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where all the bars behind a value are still there."""
    if not one.cut:
        return np.ones(len(one.t1), np.bool_)
    back = 0 if name in _RECURSIVE else int(name.rpartition("_")[2]) * TIMEFRAMES[one.tf]
    reaches = (one.t1 - back > one.cut) & (name not in _RECURSIVE)
    lost = one.t1[here & ~reaches]
    if len(lost):
        why = f"{name} reaches back to bars that retention removed"
        ledger.cannot(HISTORY, why, len(lost), int(lost.min()), int(lost.max()))
    return np.asarray(reaches, np.bool_)
