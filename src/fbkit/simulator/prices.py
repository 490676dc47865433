"""Where prices go: a level for every midnight, a path of minutes between two midnights, seconds between two minutes.

Each coin's return is made of the market's, its sector's and its own, in shares that the universe states, so coins move
together as they do. Volatility comes in regimes, of the market and of the coin, and follows the hours of the day.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fbkit.simulator.calendar import DAY_MINUTES, MS_S
from fbkit.simulator.coin import SECTORS
from fbkit.simulator.noise import Floats, Use, bridge, mood, rng
from fbkit.simulator.shocks import Shocks
from fbkit.simulator.universe import Universe

#: A midnight's level remembers this many days, each worth less than the next: prices wander and stay near home.
_MEMORY_DAYS = 60
_REMEMBERED = 0.95

SECONDS = 60


def hours_of_day() -> Floats:
    """The U of a day as a log factor by minute, shape (1441,): busiest in New York, quiet in the small hours."""
    hour = np.arange(DAY_MINUTES + 1) / 60.0
    wave: Floats = 0.16 * np.cos((hour - 14.8) * (2 * np.pi / 24)) + 0.13 * np.cos((hour - 14.0) * (4 * np.pi / 24))
    return wave


def _returns(universe: Universe, seed: int, day: int, k: int, use_shift: Use | None = None) -> Floats:
    """Correlated standard normals, shape (n, k)."""
    place = (day, int(use_shift)) if use_shift is not None else (day,)
    market = rng(seed, Use.MARKET, *place).standard_normal((1, k))
    sector = rng(seed, Use.SECTOR, *place).standard_normal((len(SECTORS), k))
    own = rng(seed, Use.OWN, *place).standard_normal((universe.n, k))
    mixed: Floats = (
        universe.to_market[:, None] * market
        + universe.to_sector[:, None] * sector[universe.sector]
        + universe.to_own[:, None] * own
    )
    return mixed


def midnight(universe: Universe, seed: int, day: int) -> Floats:
    """Log price of every coin at the beginning of a UTC day, shape (n,)."""
    level = np.zeros(universe.n)
    for back in range(_MEMORY_DAYS, 0, -1):
        level = level * _REMEMBERED + 0.8 * universe.sigma * _step(universe, seed, day - back)
    return universe.log_price + level


@lru_cache(maxsize=256)
def _step(universe: Universe, seed: int, day: int) -> Floats:
    return _returns(universe, seed, day, 1, Use.LEVEL)[:, 0]


def moods(universe: Universe, seed: int, day: int) -> Floats:
    """The volatility regime as a log factor, shape (n, 1441)."""
    market = 0.30 * mood(seed, Use.MARKET_MOOD, day, 1, 8)
    own = 0.22 * mood(seed, Use.OWN_MOOD, day, universe.n, 8)
    return market + own


def sigmas(universe: Universe, mood_of: Floats) -> Floats:
    """Standard deviation of each minute's log return, shape (n, 1440)."""
    factor = np.exp(mood_of[:, :-1] + 0.8 * hours_of_day()[:-1])
    scaled: Floats = factor * (universe.sigma / np.sqrt(DAY_MINUTES))[:, None]
    return scaled


def minutes(universe: Universe, seed: int, day: int, sigma: Floats, shocks: Shocks) -> Floats:
    """Log price at every full minute of a day, both midnights included, shape (n, 1441)."""
    steps = _returns(universe, seed, day, DAY_MINUTES) * sigma
    # What moves beside a shock would only blur it.
    steps[shocks.coin, shocks.minute] *= 0.3
    np.add.at(steps, (shocks.coin, shocks.minute), shocks.move)
    return bridge(steps, midnight(universe, seed, day), midnight(universe, seed, day + 1))


def seconds(seed: int, place: tuple[int, int], start: Floats, end: Floats, sigma: Floats, shocks: Shocks) -> Floats:
    """Log price at every full second of a minute, shape (n, 61); ``place`` is the day and minute."""
    day, minute = place
    steps = rng(seed, Use.PATH, day, minute).standard_normal((len(start), SECONDS))
    steps *= (sigma / np.sqrt(SECONDS))[:, None]
    here = shocks.in_minute(minute)
    if not len(here):
        return bridge(steps, start, end)
    jumps = np.zeros_like(steps)
    for coin, at_ms, move in zip(shocks.coin[here], shocks.at_ms[here], shocks.move[here], strict=True):
        first = int(at_ms) // MS_S
        # Over three seconds, most of it in the first: nothing on an exchange moves at once.
        jumps[coin, first : first + 3] += move * np.array([0.6, 0.3, 0.1])[: SECONDS - first]
    jumped = jumps.sum(axis=1)
    path = bridge(steps, start, end - jumped)
    path[:, 1:] += np.cumsum(jumps, axis=1)
    path[:, -1] = end
    return path
