"""The repaired view: one instrument's slots again, from every event known now. What was published stays what it was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import NAMES, NONE, Bars
from fbkit.engine.fold import Fold
from fbkit.engine.listen import Listener
from fbkit.engine.past import Bools, Ints, fill_stretch
from fbkit.engine.tape import NAN
from fbkit.model import NS_MIN, Event, Gap

#: Columns a repaired slot may say anew.
_COLUMNS = (*NAMES, "coverage")


class Minutes(NamedTuple):
    """Minutes that end at ``t1`` (UTC ns), as columns; ``repaired``: where they say more than was published."""

    t1: Ints
    bars: Bars
    repaired: Bools


class Repair:
    """Fills minutes from ``first`` (the end of the first one, UTC ns) on. No Beat closes them, so nothing is late.

    ``begin`` (UTC ns) is since when this instrument was listened to, as far as its events are still there; ``gaps``
    are all that are known, in ``seq`` order.
    """

    def __init__(self, instrument: str, first: int, begin: int, gaps: Iterable[Gap], min_coverage: float) -> None:
        self._listener = Listener()
        self._tape = self._listener.meet(instrument)
        self._tape.next = first
        self._begin, self._min_coverage = begin, min_coverage
        self._listener.gaps.begins[self._tape.venue] = begin
        for gap in gaps:
            self._listener.gaps.take(gap)

    @np.errstate(all="ignore")  # as in the engine
    def fill(self, events: Iterable[Event], until: int, published: Bars) -> Minutes:
        """The minutes up to the one that ends at ``until``, whose events these are, in ``seq`` order.

        ``published`` are the same minutes as they closed: NaN, and ``source`` none, where there is no row.
        """
        self._listener.take_all(events)
        gaps, heard_of = self._listener.gaps, self._listener.liquidates
        t1, again = fill_stretch(self._tape, until, gaps, heard_of, self._min_coverage)
        told = t1 - NS_MIN >= self._begin
        told &= again["coverage"] >= published["coverage"]
        told &= (again["source"] != NONE) | (published["source"] == NONE)
        bars, repaired = _merge(published, again, told)
        bars["oi_age"] = again["oi_age"]
        return Minutes(t1, bars, repaired)


def _merge(published: Bars, again: Bars, told: Bools) -> tuple[Bars, Bools]:
    """What is known now where it may be told (``told``), else what was published; a number is never taken back."""
    bars: Bars = {}
    repaired = np.zeros(len(told), np.bool_)
    for name in _COLUMNS:
        old = published[name]
        bars[name] = np.where(told & ~np.isnan(again[name]), again[name], old)
        repaired |= ~_same(bars[name], old)
    bars["source"] = np.where(told, again["source"], published["source"])
    return bars, repaired | (bars["source"] != published["source"])


def _same(a: NDArray[np.float64], b: NDArray[np.float64]) -> Bools:
    """Where two columns hold the same number, or both none."""
    return np.asarray((a == b) | (np.isnan(a) & np.isnan(b)))


@np.errstate(all="ignore")
def fold_up(minutes: Minutes, tf: str, min_coverage: float) -> Minutes:
    """Whole bars of a timeframe from minutes that follow on each other; repaired where one of their minutes is."""
    fold = Fold(tf, min_coverage)
    fold.grow(1)
    t1, bars = fold.run(0, minutes.t1, minutes.bars)
    parts = np.searchsorted(minutes.t1, t1, side="right")
    touched = np.concatenate(((0,), np.cumsum(minutes.repaired)))
    return Minutes(t1, bars, touched[parts] > touched[np.maximum(parts - fold.minutes, 0)])


def nothing_published(n: int) -> Bars:
    """Columns of minutes that were never published.

    >>> nothing_published(2)["close"]
    array([nan, nan])
    """
    bars: Bars = {name: np.full(n, NAN) for name in NAMES}
    return bars | {"coverage": np.zeros(n), "source": np.zeros(n)}
