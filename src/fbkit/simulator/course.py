"""What a seed's venues share, made once: where each asset goes, how nervous it is, its shocks and its premium."""

from __future__ import annotations

import weakref
from functools import cached_property

from fbkit.simulator import prices
from fbkit.simulator.calendar import DAY_MINUTES, split_minute
from fbkit.simulator.kept import Kept
from fbkit.simulator.listings import binance
from fbkit.simulator.noise import Floats, Use, even, mood
from fbkit.simulator.shocks import shocks_of
from fbkit.simulator.universe import Universe


class Way:
    """One UTC day of all assets. ``log_price`` and ``mood`` by edge of minutes, (n, 1441); ``sigma`` (n, 1440)."""

    def __init__(self, universe: Universe, seed: int, day: int) -> None:
        self._universe, self._seed, self.day = universe, seed, day
        self.mood = prices.moods(universe, seed, day)
        self.sigma = prices.sigmas(universe, self.mood)
        self.shocks = shocks_of(seed, day, self.sigma)
        self.log_price = prices.minutes(universe, seed, day, self.sigma, self.shocks)

    @cached_property
    def leaning(self) -> Floats:
        """The premium's own mood by edge of minutes, as a fraction; the answer to prices comes on top."""
        universe, seed, day = self._universe, self._seed, self.day
        slow = mood(seed, Use.PREMIUM_MOOD, day, universe.n, 6)
        quick = even(seed, Use.PREMIUM, (day,), (universe.n, DAY_MINUTES + 1))
        quick[:, -1] = even(seed, Use.PREMIUM, (day + 1,), (universe.n, DAY_MINUTES + 1))[:, 0]
        scale = universe.premium_bp * 1e-4
        return scale[:, None] * (slow + 0.45 * quick)


class Course:
    """The ways of a seed's first ``n`` assets, and their seconds. The first of many are the same as those of few."""

    def __init__(self, seed: int, n: int) -> None:
        self.seed, self.n = seed, n
        self._universe = Universe(binance(n, 0))
        self._days = Kept(self._make_day, 4)
        self._seconds = Kept(self._make_seconds, 6)

    def day(self, day: int) -> Way:
        """The way of a UTC day since 1970."""
        return self._days[day]

    def seconds(self, minute: int) -> Floats:
        """Log price at every full second of a minute since 1970, both ends included, shape (n, 61)."""
        return self._seconds[minute]

    def _make_day(self, day: int) -> Way:
        return Way(self._universe, self.seed, day)

    def _make_seconds(self, minute: int) -> Floats:
        day, of_day = split_minute(minute)
        way = self.day(day)
        start, end = way.log_price[:, of_day], way.log_price[:, of_day + 1]
        return prices.seconds(self.seed, (day, of_day), start, end, way.sigma[:, of_day], way.shocks)


_COURSES: weakref.WeakValueDictionary[tuple[int, int], Course] = weakref.WeakValueDictionary()


def course_of(seed: int, n: int) -> Course:
    """The course of a seed's first ``n`` assets, the same object for every venue that is there."""
    course = _COURSES.get((seed, n))
    if course is None:
        course = _COURSES[seed, n] = Course(seed, n)
    return course


def beside(seed: int, number: int) -> int:
    """The seed of what a venue draws for itself; number 0 draws with the seed itself.

    >>> beside(7, 0), beside(7, 1) == beside(8, 1)
    (7, False)
    """
    # Far from any seed that somebody types, and from the next venue's.
    return seed + number * 0x9E37_79B9_7F4A_7C15
