"""A venue's day: where each coin is at every minute, how nervous it is, how many trades it has then and their ids."""

from __future__ import annotations

import numpy as np

from fbkit.simulator import prices
from fbkit.simulator.calendar import DAY_MINUTES, FIRST_DAY, MS_DAY
from fbkit.simulator.course import Way
from fbkit.simulator.noise import Floats, Ints, Use, mood, rng
from fbkit.simulator.shocks import Shocks
from fbkit.simulator.universe import Universe

#: Ids of aggregate trades begin here, ids of fills at three times this.
FIRST_ID = 1_000_000

#: What a dated future costs above its coin, a fraction a year.
CARRY = 0.07

#: By how much one day's number of trades differs from the next, as a share of the average.
_BUMP = 0.2


class Day:
    """Everything about one UTC day that minutes are made from. Arrays are (n, 1440) by minute, or (n, 1441) by edge.

    ``log_price`` by edge, ``beside`` the seed's (log, by edge), ``sigma`` of the minute's return, ``counts`` of
    aggregate trades, ``first_id`` of them, ``size_scale`` on their sizes, ``spread`` in ticks.
    ``seed`` is the venue's own (:func:`~fbkit.simulator.course.beside`).
    """

    def __init__(self, universe: Universe, seed: int, way: Way, basis_bp: float = 0.0) -> None:
        asset = universe.asset
        moods = way.mood[asset]
        self.day = way.day
        self.sigma = way.sigma[asset]
        self.shocks = way.shocks.of(asset)
        self.beside = _beside(universe, seed, way.day, basis_bp)
        self.log_price = way.log_price[asset] + self.beside
        self.counts, self.first_id = _counts(universe, seed, way.day, moods, self)
        self.size_scale = _size_scale(universe, seed, way.day, moods, self.shocks)
        self.spread = _spread(universe, moods)

    def shocks_in(self, minute: int) -> Shocks:
        """The shocks of one minute."""
        here = self.shocks.in_minute(minute)
        all_day = self.shocks
        return Shocks(
            all_day.coin[here],
            all_day.minute[here],
            all_day.at_ms[here],
            all_day.move[here],
            all_day.count_mult[here],
            all_day.size_mult[here],
        )


def _beside(universe: Universe, seed: int, day: int, basis_bp: float) -> Floats:
    """How far the venue's prices are from the seed's: what a base counts, the venue's drift, a future's carry."""
    result = np.repeat(universe.shift[:, None], DAY_MINUTES + 1, axis=1)
    if basis_bp:
        result += basis_bp * 1e-4 * mood(seed, Use.BASIS, day, universe.n, 4)
    for i, coin in enumerate(universe.coins):
        if coin.expiry_ms is not None:
            years = (coin.expiry_ms / MS_DAY - day - np.arange(DAY_MINUTES + 1) / DAY_MINUTES) / 365.0
            result[i] += CARRY * np.maximum(years, 0.0)
    return result


def id_base(universe: Universe, seed: int, day: int) -> Ints:
    """Id of each coin's first aggregate trade of a day, shape (n,): known without the days before."""
    bump = rng(seed, Use.BUMP, day).random(universe.n) * _BUMP * universe.day_trades
    return FIRST_ID + (day - FIRST_DAY) * universe.day_trades + bump.astype(np.int64)


def fill_id(trade_id: Ints) -> Ints:
    """Id of the first fill of an aggregate trade: one to five fills each, and no fill between two trades."""
    return 3 * trade_id + (((trade_id * 40_503) & 0xFFFF) >> 5) % 3


def _counts(universe: Universe, seed: int, day: int, moods: Floats, plan: Day) -> tuple[Ints, Ints]:
    base = id_base(universe, seed, day)
    total = id_base(universe, seed, day + 1) - base
    chatter = rng(seed, Use.COUNT, day).standard_normal((universe.n, DAY_MINUTES))
    moved = np.abs(np.diff(plan.log_price, axis=1)) / plan.sigma
    rate = np.exp(
        1.1 * moods[:, :-1] + 1.6 * prices.hours_of_day()[:-1] + 0.18 * np.minimum(moved, 3.0) + 0.16 * chatter
    )
    _shake(rate, plan.shocks)
    # At least one trade a minute, the others by share; rounding the running sum loses none.
    share = np.cumsum(rate, axis=1)
    share /= share[:, -1:]
    running = np.floor(share * (total - DAY_MINUTES)[:, None]).astype(np.int64)
    running[:, -1] = total - DAY_MINUTES
    running += np.arange(1, DAY_MINUTES + 1)
    counts = np.diff(running, axis=1, prepend=0)
    return counts, base[:, None] + running - counts


def _shake(rate: Floats, shocks: Shocks) -> None:
    """Raise the rate of the minutes that have a shock; the promised one beyond all of its last hour."""
    last = shocks.minute == DAY_MINUTES - 1
    coin = shocks.coin[last]
    rate[coin, -1] = rate[coin, -61:].max(axis=1)
    np.multiply.at(rate, (shocks.coin, shocks.minute), shocks.count_mult)


def _size_scale(universe: Universe, seed: int, day: int, moods: Floats, shocks: Shocks) -> Floats:
    chatter = rng(seed, Use.SIZE_MOOD, day).standard_normal((universe.n, DAY_MINUTES))
    scale = np.exp(0.25 * moods[:, :-1] + 0.12 * chatter)
    np.multiply.at(scale, (shocks.coin, shocks.minute), shocks.size_mult)
    return scale


def _spread(universe: Universe, moods: Floats) -> Ints:
    wide = universe.spread_bp * 1e-4 * universe.price / universe.tick
    return np.maximum(1, np.rint(wide[:, None] * np.exp(0.7 * moods[:, :-1]))).astype(np.int64)
