"""What closed at one bar end of one timeframe, as columns over instruments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import groupby
from math import nan
from operator import attrgetter, itemgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fbkit.alerts.rule import ZERO_Z, Way
from fbkit.alerts.side import CENTRES, Side
from fbkit.model import JUDGED, METRIC_COLUMNS, USUAL_WINDOW, BarRow, MetricRow

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Index = NDArray[np.intp]

#: Place of each metric in a row.
PLACES = {name: place for place, name in enumerate(METRIC_COLUMNS)}


class Closed(Protocol):
    """What a Beat closed, as the engine tells it; ``usual[i]`` holds the baselines' means of ``metrics[i]``."""

    @property
    def bars(self) -> Sequence[BarRow]: ...
    @property
    def metrics(self) -> Sequence[MetricRow]: ...
    @property
    def usual(self) -> Sequence[tuple[float, ...]]: ...


@cache
def z_parts(column: str) -> tuple[str, int] | None:
    """What a Z column judges and over how many bars; ``None`` for another column.

    >>> z_parts("z_ret_60"), z_parts("rsi_14")
    (('ret', 60), None)
    """
    if not column.startswith("z_"):
        return None
    judged, _, window = column.removeprefix("z_").rpartition("_")
    return judged, int(window)


class Slot:
    """The rows of one timeframe at one bar end; ``first`` is the place of the first among all that closed."""

    def __init__(
        self,
        metrics: Sequence[MetricRow],
        bars: Sequence[BarRow],
        usual: Sequence[tuple[float, ...]],
        first: int = 0,
    ) -> None:
        self.metrics, self.bars, self.usual, self.first = metrics, bars, usual, first
        self.tf, self.t1 = metrics[0].tf, metrics[0].t1
        self.names = [row.instrument for row in metrics]
        self._columns: dict[str, Floats] = {}
        self._held: dict[tuple[str, Way, float, Side], Bools] = {}

    @cached_property
    def at(self) -> dict[str, int]:
        """The row of each instrument."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def coverage(self) -> Floats:
        """Of each bar."""
        return np.array([row.coverage for row in self.metrics])

    def column(self, name: str) -> Floats:
        """A column of bars or metrics, centred where it is mirrored around another value than 0; NaN where missing."""
        found = self._columns.get(name)
        if found is None:
            self.take([name])
            found = self._columns[name]
        return found

    def take(self, names: Sequence[str]) -> None:
        """Make columns of the values of rows, all at once: a pass over the bars and one over the metrics."""
        metrics = [name for name in names if name in PLACES]
        bars = [name for name in names if name not in PLACES]
        if metrics:
            pick = itemgetter(*map(PLACES.__getitem__, metrics))
            self._keep(metrics, [pick(row.values) for row in self.metrics])
        if bars:
            self._keep(bars, list(map(attrgetter(*bars), self.bars)))

    def _keep(self, names: Sequence[str], rows: list[Any]) -> None:
        columns = np.array(rows, np.float64).reshape(len(rows), len(names)).T.copy()
        for name, column in zip(names, columns, strict=True):
            if name in CENTRES:
                np.subtract(column, CENTRES[name], out=column)
            if name.startswith("z_"):
                column[np.abs(column) < ZERO_Z] = 0.0
            self._columns[name] = column

    def holds(self, column: str, way: Way, least: float, side: Side) -> Bools:
        """Where a condition holds for a side; nowhere for what is missing. Rules often ask for the same."""
        asked = (column, way, least, side)
        held = self._held.get(asked)
        if held is None:
            held = self._held[asked] = _held(self.column(column), way, least, side)
        return held

    def value(self, i: int, name: str) -> float:
        """One value as it is stored."""
        place = PLACES.get(name)
        x = getattr(self.bars[i], name) if place is None else self.metrics[i].values[place]
        return nan if x is None else float(x)

    def behind(self, i: int, name: str) -> int:
        """How many values stood behind one: a metric's count, 1 for a bar's own column."""
        place = PLACES.get(name)
        return 1 if place is None else self.metrics[i].n[place]

    def usual_of(self, i: int, name: str) -> float:
        """The mean of a Z's baseline, NaN where it is not told."""
        parts = z_parts(name)
        return self.usual[i][JUDGED.index(parts[0])] if parts and parts[1] == USUAL_WINDOW else nan

    def is_covered(self, i: int, columns: Sequence[str], least: float) -> bool:
        """Whether the bar, and the baseline of each Z among ``columns``, is there by that share."""
        shares = [self.behind(i, name) / parts[1] for name in columns if (parts := z_parts(name))]
        return min((self.metrics[i].coverage, *shares)) >= least


def _held(x: Floats, way: Way, least: float, side: Side) -> Bools:
    with np.errstate(invalid="ignore"):
        if way == "at_least":
            mirrored = x if side == "long" else -x
            held = (mirrored >= least) & (mirrored > 0.0)
        elif way == "size":
            held = np.abs(x) >= least
        else:
            held = x > least if way == "above" else x < least
    return np.asarray(held & np.isfinite(x))


def slots_of(closed: Closed) -> Iterator[Slot]:
    """What closed, bar end by bar end, in the order it was told."""
    ends = {row.t1 for row in closed.metrics}
    bars = {(bar.instrument, bar.tf, bar.t1): bar for bar in closed.bars if bar.t1 in ends}
    first = 0
    for (tf, t1), run in groupby(closed.metrics, lambda row: (row.tf, row.t1)):
        metrics = list(run)
        last = first + len(metrics)
        yield Slot(metrics, [bars[row.instrument, tf, t1] for row in metrics], closed.usual[first:last], first)
        first = last
