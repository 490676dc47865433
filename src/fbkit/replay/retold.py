"""An engine that hears stored events again: the bars they give are compared, and the stored ones are judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.engine import Engine
from fbkit.engine.derive import SOURCES, Bars
from fbkit.model import TIMEFRAMES
from fbkit.replay.bits import Rows, compare
from fbkit.replay.found import Difference, Ledger
from fbkit.replay.scope import Scope
from fbkit.replay.shelf import COLUMNS, Shelf
from fbkit.replay.spans import Spans

BARS = "bars"
REMOVED = "retention removed them"

Columns = dict[str, NDArray[Any]]


class Retold(Engine):
    """Events → bars as ever; what it judges are the bars that were stored, so that one error is told once."""

    def __init__(
        self, *, lateness_ns: int, min_coverage: float, shelf: Shelf, ledger: Ledger, scope: Scope, spans: Spans
    ) -> None:
        super().__init__(lateness_ns=lateness_ns, min_coverage=min_coverage)
        self._shelf, self._ledger, self._scope, self._spans = shelf, ledger, scope, spans

    def settle(self, names: Sequence[str], tf: str, t1: NDArray[np.int64], bars: Bars) -> Bars:
        """Compare bars with the stored ones, and go on with those."""
        wanted = self._scope.wants(t1)
        if not wanted.any():
            return bars
        kept = self._shelf.find(names, tf, t1)
        self._note(names, tf, t1, wanted)
        both, lost = wanted & kept.there, wanted & ~kept.there
        if both.any():
            self._compare(names, tf, t1, bars, kept.bars, both)
        if lost.any():
            self._tell_lost(names, tf, t1, bars, lost)
        return bars | {name: np.where(both, kept.bars[name], bars[name]) for name in COLUMNS if name in bars}

    def _compare(
        self,
        names: Sequence[str],
        tf: str,
        t1: NDArray[np.int64],
        bars: Bars,
        kept: dict[str, NDArray[Any]],
        at: NDArray[np.bool_],
    ) -> None:
        computed: Columns = {name: bars[name] for name in COLUMNS if name in bars}
        computed |= {"stamp": np.full(len(t1), float(self.stamp)), "t0": t1 - TIMEFRAMES[tf]}
        stored: Columns = {name: kept[name] for name in computed}
        if not at.all():
            computed, stored = ({name: c[at] for name, c in columns.items()} for columns in (computed, stored))
            names, t1 = [names[i] for i in np.flatnonzero(at).tolist()], t1[at]
        self._ledger.of(BARS).rows += len(t1)
        compare(self._ledger, Rows(BARS, tf, names, t1), _named(stored), _named(computed), self._scope.note)

    def _note(self, names: Sequence[str], tf: str, t1: NDArray[np.int64], wanted: NDArray[np.bool_]) -> None:
        ends = t1[wanted]
        if t1[0] == t1[-1]:
            for name in names:
                self._spans.add(BARS, name, tf, int(t1[0]), int(t1[0]))
        else:
            self._spans.add(BARS, names[0], tf, int(ends[0]), int(ends[-1]))

    def _tell_lost(
        self, names: Sequence[str], tf: str, t1: NDArray[np.int64], bars: Bars, lost: NDArray[np.bool_]
    ) -> None:
        for at in np.flatnonzero(lost).tolist():
            end = int(t1[at])
            if self._scope.went(BARS, tf, end):
                self._ledger.cannot(BARS, REMOVED, 1, end, end)
            else:
                close = repr(float(bars["close"][at]))
                self._ledger.differ(Difference(BARS, names[at], tf, end, "close", "no row", close, self._scope.note))


def _named(columns: Columns) -> Columns:
    """With ``source`` in words, as it is stored."""
    words = np.array([*SOURCES, "unknown"], dtype=object)
    code = np.nan_to_num(columns["source"], nan=len(SOURCES)).astype(np.intp)
    return {**columns, "source": words[code]}
