"""What the crowd does with its positions: premium and funding, open interest, long/short ratios.

All of it reacts to the day's prices. The premium leans with the last hour's move and funding follows the premium.
Open interest grows with activity and trend and falls when a shock throws people out. Accounts are contrarian: heads
sell what has risen; the largest positions follow the trend a little.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from fbkit.simulator.calendar import DAY_MINUTES, MS_HOUR, MS_MIN
from fbkit.simulator.days import Day
from fbkit.simulator.noise import Floats, Ints, Use, bridge, even, mood, rng
from fbkit.simulator.universe import Universe

#: The interest part of funding, a fraction a period of 8 h, and how far it pulls.
INTEREST = 0.0001
_PULL = 0.00003

#: The finest period of the statistics, minutes.
PERIOD = 5

RATIOS = ("acct_global", "acct_top", "pos_top")

#: Of each ratio: the middle of its log, its slow swing, its answer to the last hour's return, its noise.
_TEMPER = {
    "acct_global": (0.42, 0.14, -5.0, 0.035),
    "acct_top": (0.34, 0.14, -5.0, 0.025),
    "pos_top": (0.12, 0.10, 1.5, 0.016),
}


class Crowd:
    """Premium, funding, open interest and ratios of one UTC day. Kept small: nothing of the day's plan is held.

    ``premium`` by edge of minutes, shape (n, 1441), a fraction. ``oi_steps`` likewise, lot steps. ``log_ratio`` by
    period ends from 00:00 on, one (n, 289) for each of :data:`RATIOS`. ``mark_5m``: fair price at the same instants.
    """

    def __init__(self, universe: Universe, seed: int, plan: Day, before: Day, leaning: Floats) -> None:
        self.day = plan.day
        self._hours = universe.funding_hours
        last_hour = _last_hour(plan, before)
        self.premium = _premium(universe, plan, last_hour, leaning).astype(np.float32)
        self.oi_steps = _oi(universe, seed, plan).astype(np.int64)
        self.log_ratio = {name: _ratio(universe, seed, plan.day, name, last_hour) for name in RATIOS}
        self.mark_5m: Floats = np.exp(plan.log_price[:, ::PERIOD])

    @cached_property
    def _premium_sum(self) -> Floats:
        """Running sum of the premium; only the days that run are asked for all coins' at once."""
        total = np.zeros(self.premium.shape)
        np.cumsum(self.premium[:, :-1], axis=1, dtype=np.float64, out=total[:, 1:])
        return total

    def premium_at(self, ts_ms: int) -> Floats:
        """Premium of the mark over the index at an instant of this day, a fraction, shape (n,)."""
        minute, rest = divmod(ts_ms - self.day * DAY_MINUTES * MS_MIN, MS_MIN)
        left: Floats = self.premium[:, minute].astype(np.float64)
        return left + (self.premium[:, min(minute + 1, DAY_MINUTES)] - left) * (rest / MS_MIN)

    def oi_at(self, ts_ms: int) -> Ints:
        """Open interest at an instant of this day, lot steps, shape (n,)."""
        minute, rest = divmod(ts_ms - self.day * DAY_MINUTES * MS_MIN, MS_MIN)
        left = self.oi_steps[:, minute]
        right = self.oi_steps[:, min(minute + 1, DAY_MINUTES)]
        moved: Ints = left + (right - left) * rest // MS_MIN
        return moved

    def funding_at(self, ts_ms: int) -> tuple[Floats, Ints]:
        """Rate of the funding period that runs at an instant of this day, a fraction a period, and its end (ms)."""
        minute = (ts_ms - self.day * DAY_MINUTES * MS_MIN) // MS_MIN
        first = minute - minute % (self._hours * 60)
        rate = self._rate(first, np.full(len(first), minute))
        return rate, (self.day * DAY_MINUTES + first) * MS_MIN + self._hours * MS_HOUR

    def rate_before(self, ts_ms: int) -> Floats:
        """Rate of the last period that ended within this day up to an instant; else the one that runs, shape (n,)."""
        minute = (ts_ms - self.day * DAY_MINUTES * MS_MIN) // MS_MIN
        first = minute - minute % (self._hours * 60)
        earlier = np.where(first > 0, first - self._hours * 60, 0)
        return self._rate(earlier, np.where(first > 0, first, minute))

    def settled(self, coin: int) -> list[tuple[int, float, float]]:
        """The fundings of a coin whose periods end within this day or at its end: (instant in ms, rate, mark price)."""
        hours = int(self._hours[coin])
        ends = np.arange(hours * 60, DAY_MINUTES + 1, hours * 60)
        total = np.concatenate(([0.0], np.cumsum(self.premium[coin, :-1], dtype=np.float64)))
        average = np.diff(total[np.concatenate(([0], ends))]) / (hours * 60)
        rates = _funding(average, np.full(len(ends), hours))
        instants = (self.day * DAY_MINUTES + ends) * MS_MIN
        columns = (instants.tolist(), rates.tolist(), self.mark_5m[coin, ends // PERIOD].tolist())
        return list(zip(*columns, strict=True))

    def _rate(self, first: Ints, minute: Ints) -> Floats:
        coin = np.arange(len(first))
        # The period's first minute has only the premium it began with.
        last = np.maximum(minute, first + 1)
        average = (self._premium_sum[coin, last] - self._premium_sum[coin, first]) / (last - first)
        return _funding(average, self._hours)


def _funding(average: Floats, hours: Ints) -> Floats:
    """The exchange's rule: average premium, pulled towards the interest, scaled from 8 h to the period; 8 decimals."""
    rate: Floats = np.rint((average + np.clip(INTEREST - average, -_PULL, _PULL)) * hours / 8.0 * 1e8) / 1e8
    return rate + 0.0  # never "-0.00000000"


def _last_hour(plan: Day, before: Day) -> Floats:
    """Log return of the hour before each edge of the day's minutes, shape (n, 1441)."""
    whole = np.concatenate((before.log_price[:, -61:-1], plan.log_price), axis=1)
    moved: Floats = whole[:, 60:] - whole[:, :-60]
    return moved


def _premium(universe: Universe, plan: Day, last_hour: Floats, leaning: Floats) -> Floats:
    """The crowd's leaning that all venues share, its answer to prices, and how far this venue stands beside."""
    premium: Floats = leaning[universe.asset] + 0.012 * last_hour
    # Where one base counts more or fewer coins is no premium.
    return premium + (plan.beside - universe.shift[:, None])


def _oi_level(universe: Universe, seed: int, day: int) -> Floats:
    swing = rng(seed, Use.OI_LEVEL, day).standard_normal(universe.n)
    before = rng(seed, Use.OI_LEVEL, day - 1).standard_normal(universe.n)
    level: Floats = np.log(universe.oi_base / universe.step) + 0.03 * (swing + 0.8 * before)
    return level


def _oi(universe: Universe, seed: int, plan: Day) -> Floats:
    """Open interest in lot steps at each edge of the day's minutes, shape (n, 1441)."""
    noise = even(seed, Use.OI, (plan.day,), (universe.n, DAY_MINUTES))
    move = np.diff(plan.log_price, axis=1) / plan.sigma
    busy = np.log(plan.counts / plan.counts.mean(axis=1, keepdims=True))
    steps = 1.6e-4 * (noise + 0.35 * np.clip(move, -3.0, 3.0) + 0.5 * busy)
    shocks = plan.shocks
    # A shock throws people out, whichever way it went; the most when it was a fall.
    thrown = (
        np.where(shocks.move < 0, 0.0042, 0.0024) * np.abs(shocks.move) / (8.0 * plan.sigma[shocks.coin, shocks.minute])
    )
    np.add.at(steps, (shocks.coin, shocks.minute), -thrown)
    path: Floats = np.exp(bridge(steps, _oi_level(universe, seed, plan.day), _oi_level(universe, seed, plan.day + 1)))
    return np.rint(path)


def _ratio(universe: Universe, seed: int, day: int, name: str, last_hour: Floats) -> Floats:
    which = RATIOS.index(name)
    middle, swing, answer, noise = _TEMPER[name]
    n, periods = universe.n, DAY_MINUTES // PERIOD
    own = rng(seed, Use.RATIO_MOOD, 0, which).standard_normal(n) * 0.25
    slow = mood(seed, Use.RATIO_MOOD, day, 3 * n, 4)[which::3][:, ::PERIOD]
    quick = even(seed, Use.RATIO, (day, which), (n, periods + 1))
    quick[:, -1] = even(seed, Use.RATIO, (day + 1, which), (n, periods + 1))[:, 0]
    log: Floats = middle + own[:, None] + swing * slow + answer * last_hour[:, ::PERIOD] + noise * quick
    return log
