"""What random instants of the same instruments would have brought: the whole train of alerts, turned round a circle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.scorecard.minutes import Floats, Integers
from fbkit.scorecard.outcomes import Followed, at

#: Alerts taken at once: their instants at all turns fit a processor's cache.
_AT_ONCE = 512


class Circle(NamedTuple):
    """The minutes at which one may have entered: where an alert could have been, and its horizon is over."""

    begin: int
    length: int


class Base:
    """Sums over random instants, of each turn (rows) and group of alerts (columns).

    A turn moves every alert of every instrument by the same random time, round the circle. So each alert gets as many
    random instants of its own instrument as there are turns, with its own direction, and the alerts of one turn
    overlap, and come together across instruments, exactly as the real ones do: how the sums differ from turn to turn
    is how far chance alone carries them (Lotwick & Silverman 1982, random shifts on a torus).

    Parameters
    ----------
    circle : Circle
        Minutes of entry.
    turns : array of float
        Uniform in [0, 1): how far round each turn goes.
    group, followed
        Each alert's group, and the alerts themselves.
    """

    def __init__(self, circle: Circle, turns: Floats, group: Integers, followed: Followed, horizon: str) -> None:
        self.circle = circle
        turns = turns if circle.length > 1 else turns[:0]
        self._turns = 1 + (turns * (circle.length - 1)).astype(np.int64)
        self._group, self._entry, self._sign = group, followed.entry, followed.sign
        self._ret = followed.ret[horizon]
        shape = len(self._turns), int(group.max(initial=-1)) + 1
        self.known, self.flat, self.hits = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        self.total, self.squares = np.zeros(shape), np.zeros(shape)

    def add(self, begin: int, ret: Floats, places: Integers) -> None:
        """Add an instrument's alerts that have an outcome: ``ret`` is the forward return at each of its minutes."""
        if not len(self._turns):
            return
        ring = at(ret, begin, self.circle.begin + np.arange(self.circle.length))
        ring = np.concatenate([ring, ring])
        mine = places[np.isfinite(self._ret[places])]
        mine = mine[np.argsort(self._group[mine], kind="stable")]
        for first in range(0, len(mine), _AT_ONCE):
            self._add(ring, mine[first : first + _AT_ONCE])

    def _add(self, ring: Floats, places: Integers) -> None:
        stands = self._entry[places] - self.circle.begin
        found = ring[self._turns[:, None] + stands] * self._sign[places]
        known = np.isfinite(found)
        found[~known] = 0.0
        groups, starts = np.unique(self._group[places], return_index=True)

        for sums, values in (
            (self.known, known),
            (self.hits, found > 0.0),
            (self.flat, known & (found == 0.0)),
            (self.total, found),
            (self.squares, found * found),
        ):
            sums[:, groups] += np.add.reduceat(values, starts, axis=1, dtype=sums.dtype)
