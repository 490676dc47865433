"""Liquidations: longs die when prices fall, shorts when they rise, and in a shock one after the other.

Some venues tell one liquidation a coin and second at most; those that tell all have several in a bad second.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator.calendar import MS_MIN, MS_S, split_minute
from fbkit.simulator.noise import Bools, Floats, Ints, Use, rng
from fbkit.simulator.prices import SECONDS
from fbkit.simulator.profile import Profile
from fbkit.simulator.trades import Minute, touch
from fbkit.simulator.universe import Universe


class Liquidations(NamedTuple):
    """The liquidations told within one minute, in order of telling, one element each.

    ``push_ms`` is when it is told, ``ts_ms`` when it traded, about a second before. ``long``: a long position died.
    ``average`` and ``limit`` in ticks; ``steps`` filled in all, ``last_steps`` by the last fill.
    """

    coin: Ints
    push_ms: Ints
    ts_ms: Ints
    long: Bools
    average: Ints
    limit: Ints
    steps: Ints
    last_steps: Ints


def liquidations_of(universe: Universe, seed: int, minute: Minute, profile: Profile) -> Liquidations:
    """Who was liquidated, as a venue tells it in one minute."""
    place = split_minute(minute.start_ms // MS_MIN)
    chance, moved = _chances(universe, minute)
    drawn = rng(seed, Use.LIQUIDATION_WHEN, *place).random(chance.shape)
    if profile.liquidations_a_second == 0:
        drawn[:] = 1.0
    coin, second = np.nonzero(drawn < chance)
    if profile.liquidations_a_second is None:
        coin, second = _all(seed, place, coin, second, moved)
    how = rng(seed, Use.LIQUIDATION_HOW, *place).random((len(coin), 4))
    push_ms = minute.start_ms + second * MS_S + (coin * 389) % MS_S
    ts_ms = push_ms - 935 - (how[:, 0] * 75).astype(np.int64)
    if profile.liquidations_a_second is None:
        push_ms = minute.start_ms + second * MS_S + (how[:, 0] * MS_S).astype(np.int64)
        ts_ms = push_ms - profile.latency_ms
    move = moved[coin, second]
    # On a calm second longs die a little more often: there are more of them.
    long = np.where(np.abs(move) > 0.8, move < 0, how[:, 1] < 0.55)
    bid, ask = touch(minute.fair[coin, second], minute.spread[coin])
    # A forced order pays for its haste: half a spread and some of the minute's volatility.
    paid = (minute.sigma[coin] * minute.fair[coin, 0] * 0.4 * how[:, 2]).astype(np.int64)
    average = np.where(long, np.maximum(bid - paid, 1), ask + paid)
    room = (average * 0.004).astype(np.int64) + 1
    limit = np.where(long, np.maximum(average - room, 1), average + room)
    size = universe.mean_steps[coin] * (0.3 + 1.4 * np.minimum(np.abs(move), 12.0)) * np.exp(2.2 * (how[:, 3] - 0.5))
    steps = 1 + size.astype(np.int64)
    last_steps = np.maximum(1, (steps * (0.3 + 0.7 * how[:, 0])).astype(np.int64))
    by_time = np.argsort(push_ms, kind="stable")
    return Liquidations(
        coin[by_time],
        push_ms[by_time],
        ts_ms[by_time],
        long[by_time],
        average[by_time],
        limit[by_time],
        steps[by_time],
        last_steps[by_time],
    )


def _all(seed: int, place: tuple[int, int], coin: Ints, second: Ints, moved: Floats) -> tuple[Ints, Ints]:
    """Coins and seconds as often as somebody died: one at least, the more the harder the price moved."""
    hard = np.minimum(np.maximum(np.abs(moved[coin, second]) - 1.5, 0.0), 8.0)
    often = 1 + rng(seed, Use.LIQUIDATION_MANY, *place).poisson(0.3 + 1.2 * hard)
    return np.repeat(coin, often), np.repeat(second, often)


def _chances(universe: Universe, minute: Minute) -> tuple[Floats, Floats]:
    """Chance of a liquidation in each second, and the move of its last five seconds in standard deviations, (n, 60)."""
    path = np.log(minute.fair)
    back = np.maximum(np.arange(1, SECONDS + 1) - 5, 0)
    moved = (path[:, 1:] - path[:, back]) / (minute.sigma * np.sqrt(5.0 / SECONDS))[:, None]
    often = 0.9 * (universe.rate / universe.rate[0]) ** 0.5
    hurt = np.maximum(np.abs(moved) - 2.0, 0.0)
    chance: Floats = np.minimum(often[:, None] * (0.0075 + 0.03 * hurt + 0.02 * hurt**2), 0.95)
    return chance, moved
