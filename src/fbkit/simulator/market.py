"""A venue's market: everything about any instant, from a seed and the venue's profile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from fbkit.simulator.calendar import DAY_MINUTES, HISTORY_DAYS, INTERVALS, MS_DAY, MS_MIN, STATISTICS_DAYS, split_minute
from fbkit.simulator.course import beside, course_of
from fbkit.simulator.crowd import Crowd
from fbkit.simulator.days import Day
from fbkit.simulator.facts import FundingRow
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import FIELDS, Running, fold, summary
from fbkit.simulator.noise import Bools, Floats, Ints
from fbkit.simulator.profile import BINANCE, Profile
from fbkit.simulator.trades import Minute, minute_of
from fbkit.simulator.universe import Universe

#: The instant whose listing a market has unless another is told: it decides which dated futures there are.
LISTED_MS = 1_795_000_000_000


class Market:
    """A believable crypto-futures market as one venue sees it.

    Whatever it answers is a function of ``seed``, ``profile`` and the instant asked about (UTC ms); what it keeps in
    memory only saves making it again. The first ``n`` coins are the same whatever the number of instruments. Venues of
    one seed share where prices go; trades, quotes, books and ids are each venue's own. ``at_ms`` is the instant whose
    listing it has.

    >>> market = Market(seed=7, instruments=2)
    >>> minute = market.minute(29_454_000)
    >>> bool((minute.ticks > 0).all()), [coin.symbol for coin in market.universe.coins]
    (True, ['BTCUSDT', 'ETHUSDT'])
    """

    def __init__(
        self, seed: int = 7, instruments: int = 90, profile: Profile = BINANCE, at_ms: int = LISTED_MS
    ) -> None:
        self.seed, self.profile = seed, profile
        self.own_seed = beside(seed, profile.number)
        self.universe = Universe(profile.coins(instruments, at_ms), profile.share, profile.spread)
        self.course = course_of(seed, max(instruments, self.universe.last_asset + 1))
        self._days = Kept(self._make_day, 3)
        self._minutes = Kept(self._make_minute, 4)
        self._running = Kept(self._make_running, 3)
        self._history = Kept(self._make_history, HISTORY_DAYS + 2)
        self._crowds = Kept(self._make_crowd, HISTORY_DAYS + 2)
        self._settled = Kept(self._make_settled, STATISTICS_DAYS + 2)

    @cached_property
    def symbols(self) -> list[str]:
        """The exchange's spelling, in order of turnover."""
        return [coin.symbol for coin in self.universe.coins]

    def day(self, day: int) -> Day:
        """The plan of a UTC day since 1970."""
        return self._days[day]

    def crowd(self, day: int) -> Crowd:
        """Premium, funding, open interest and ratios of a UTC day since 1970."""
        return self._crowds[day]

    def settled(self, day: int) -> list[list[FundingRow]]:
        """What each coin's funding came to on a UTC day since 1970, its end included."""
        return self._settled[day]

    def minute(self, minute: int) -> Minute:
        """All trades of a minute since 1970."""
        return self._minutes[minute]

    def running(self, minute: int) -> Running:
        """The klines of a minute since 1970 as they grow."""
        return self._running[minute]

    def closed(self, minute: int) -> Ints:
        """All coins' klines of one whole minute, shape (fields, n)."""
        day, of_day = split_minute(minute)
        rows, known = self._history[day]
        if not known[of_day]:
            rows[:, :, of_day] = summary(self.minute(minute) if minute in self._minutes else self._make_minute(minute))
            known[of_day] = True
        result: Ints = rows[:, :, of_day]
        return result

    def missing(self, since: int, until: int) -> list[int]:
        """The minutes of ``[since, until)`` (since 1970) whose klines are not in memory yet."""
        found: list[int] = []
        for day, first, last in _by_day(since, until):
            unknown = np.flatnonzero(~self._history[day][1][first:last])
            found += (unknown + (day * DAY_MINUTES + first)).tolist()
        return found

    def span(self, since: int, until: int, coins: slice = slice(None)) -> Ints:
        """Klines of whole minutes ``[since, until)``, shape (fields, n, minutes); makes what is not there yet."""
        for m in self.missing(since, until):
            self.closed(m)
        parts = [self._history[day][0][:, coins, first:last] for day, first, last in _by_day(since, until)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

    def bar(self, interval: str, now_ms: int) -> tuple[int, Ints]:
        """Start (ms) and klines so far, shape (fields, n), of the bar of ``interval`` that holds ``now_ms``."""
        now = now_ms // MS_MIN
        start = now - now % INTERVALS[interval]
        so_far = self.running(now).at(now_ms)
        if start == now:
            return start * MS_MIN, so_far
        before = fold(self.span(start, now))
        both = fold(np.stack((before, so_far), axis=-1))
        silent = so_far[-1] == 0
        both[:, silent] = before[:, silent]
        return start * MS_MIN, both

    def fair(self, ts_ms: int) -> Floats:
        """Fair price of every coin at an instant, USD a base unit, shape (n,)."""
        minute = self.minute(ts_ms // MS_MIN)
        coin = np.arange(self.universe.n)
        return minute.fair_at(coin, np.full(self.universe.n, ts_ms)) * self.universe.tick

    def mark_index(self, ts_ms: int) -> tuple[Floats, Floats]:
        """Mark and index price of every coin at an instant, USD a base unit."""
        mark = self.fair(ts_ms)
        return mark, mark / (1.0 + self.crowd(ts_ms // MS_DAY).premium_at(ts_ms))

    def _make_day(self, day: int) -> Day:
        split_minute(day * DAY_MINUTES)
        return Day(self.universe, self.own_seed, self.course.day(day), self.profile.basis_bp)

    def _make_minute(self, minute: int) -> Minute:
        day, of_day = split_minute(minute)
        return minute_of(self.universe, self.own_seed, self.day(day), of_day, self.course.seconds(minute))

    def _make_running(self, minute: int) -> Running:
        return Running(self.minute(minute))

    def _make_history(self, day: int) -> tuple[Ints, Bools]:
        rows = np.zeros((len(FIELDS), self.universe.n, DAY_MINUTES), dtype=np.int64)
        return rows, np.zeros(DAY_MINUTES, dtype=np.bool_)

    def _make_settled(self, day: int) -> list[list[FundingRow]]:
        crowd = self.crowd(day)
        return [[FundingRow(*row) for row in crowd.settled(coin)] for coin in range(self.universe.n)]

    def _make_crowd(self, day: int) -> Crowd:
        plan, before = self.day(day), self.day(day - 1)
        return Crowd(self.universe, self.own_seed, plan, before, self.course.day(day).leaning)


def _by_day(since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """The minutes ``[since, until)`` since 1970 as days with the minutes of the day, first and one past the last."""
    for day in range(since // DAY_MINUTES, -(-until // DAY_MINUTES)):
        yield day, max(since - day * DAY_MINUTES, 0), min(until - day * DAY_MINUTES, DAY_MINUTES)
