"""Chance that can be asked again: every draw is a function of (seed, what for, when) and of nothing else.

Arrays are drawn with the instruments along the first axis, so the first five of ninety instruments get the same
draws as the first five of five.
"""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

from fbkit.simulator.calendar import DAY_MINUTES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Use(enum.IntEnum):
    """What a draw is for; each use of a day, minute or second has a stream of its own."""

    LEVEL = 1
    MARKET = 2
    SECTOR = 3
    OWN = 4
    MARKET_MOOD = 5
    OWN_MOOD = 6
    COUNT = 7
    SIZE_MOOD = 8
    SHOCK_WHEN = 9
    SHOCK_HOW = 10
    SHOCK_MIDNIGHT = 11
    PATH = 12
    TRADE_TIME = 13
    TRADE_SIDE = 14
    TRADE_SIZE = 15
    QUOTE_COUNT = 16
    QUOTE_TIME = 17
    QUOTE_SIZE = 18
    DEPTH = 19
    IMBALANCE = 20
    PREMIUM_MOOD = 21
    PREMIUM = 22
    OI_LEVEL = 23
    OI = 24
    RATIO_MOOD = 25
    RATIO = 26
    LIQUIDATION_WHEN = 27
    LIQUIDATION_HOW = 28
    BUMP = 29
    BASIS = 30
    LIQUIDATION_MANY = 31


def rng(seed: int, use: Use, *place: int) -> np.random.Generator:
    """The generator of one use at one place.

    >>> rng(7, Use.PATH, 20454, 3).integers(100) == rng(7, Use.PATH, 20454, 3).integers(100)
    np.True_
    """
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, int(use), *place))))


def mood(seed: int, use: Use, day: int, n: int, knots: int) -> Floats:
    """A slow wave through a day, continuous at midnight: shape (n, 1441), unit variance at its ``knots`` a day."""
    here = rng(seed, use, day).standard_normal((n, knots))
    after = rng(seed, use, day + 1).standard_normal((n, knots))[:, :1]
    points = np.concatenate((here, after), axis=1)
    place = np.arange(DAY_MINUTES + 1) * (knots / DAY_MINUTES)
    left = np.minimum(place.astype(np.int64), knots - 1)
    share = place - left
    wave: Floats = points[:, left] * (1.0 - share) + points[:, left + 1] * share
    return wave


def even(seed: int, use: Use, place: tuple[int, ...], shape: tuple[int, int]) -> Floats:
    """Noise of unit variance without tails: whatever stands out of it was put there by the market, not by chance."""
    flat: Floats = (rng(seed, use, *place).random(shape) - 0.5) * np.sqrt(12.0)
    return flat


def bridge(steps: Floats, start: Floats, end: Floats) -> Floats:
    """The path that makes ``steps`` (n, k) on its way from ``start`` to ``end`` (n,), shape (n, k + 1).

    What the steps leave open at the end is spread evenly over all of them.
    """
    n, k = steps.shape
    path = np.zeros((n, k + 1))
    np.cumsum(steps, axis=1, out=path[:, 1:])
    path += start[:, None] + (end - start - path[:, -1])[:, None] * (np.arange(k + 1) / k)
    path[:, -1] = end
    return path
