"""Shocks: moments in which one coin moves by many of its standard deviations, with the volume to match.

Two sorts. *Stray* ones fall on any coin at any minute, about one every four minutes over ninety coins. *Midnight* ones
are promised: in the last ten seconds of every UTC day the largest coin and a few of the next move beyond anything of
their last hour, so that a demonstration that runs into midnight has something to show.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator.calendar import DAY_MINUTES
from fbkit.simulator.noise import Floats, Ints, Use, rng

#: Chance of a stray shock, a coin and minute.
STRAY = 1.0 / (4.0 * 90.0)

#: The stray sort stays away from a day's last minutes, so that the promised shock stands out.
_QUIET_MINUTES = 25


class Shocks(NamedTuple):
    """The shocks of a day, one element each.

    ``coin``, ``minute`` of day, ``at_ms`` within the minute, ``move`` as a log return, ``count_mult`` and ``size_mult``
    on the minute's trades, most of which then fall after ``at_ms``.
    """

    coin: Ints
    minute: Ints
    at_ms: Ints
    move: Floats
    count_mult: Floats
    size_mult: Floats

    def in_minute(self, minute: int) -> Ints:
        """Which of them fall into a minute of the day."""
        return np.flatnonzero(self.minute == minute)

    def of(self, asset: Ints) -> Shocks:
        """Those of the coins that follow ``asset``, by coin: a shock of BTC befalls every contract of BTC."""
        coin, which = np.nonzero(asset[:, None] == self.coin[None, :])
        return Shocks(
            coin,
            self.minute[which],
            self.at_ms[which],
            self.move[which],
            self.count_mult[which],
            self.size_mult[which],
        )


def shocks_of(seed: int, day: int, sigma: Floats) -> Shocks:
    """The shocks of a day, given the standard deviation of each coin's minute returns, shape (n, 1440)."""
    n = sigma.shape[0]
    hit = rng(seed, Use.SHOCK_WHEN, day).random((n, DAY_MINUTES)) < STRAY
    hit[:, -_QUIET_MINUTES:] = False
    coin, minute = np.nonzero(hit)
    how = rng(seed, Use.SHOCK_HOW, day).random((len(coin), 5))
    sign = np.where(how[:, 0] < 0.46, 1.0, -1.0)
    stray = Shocks(
        coin,
        minute,
        (2_000 + how[:, 1] * 50_000).astype(np.int64),
        sign * (4.5 + 5.0 * how[:, 2]) * sigma[coin, minute],
        2.2 + 3.0 * how[:, 3],
        1.2 + 1.8 * how[:, 4],
    )
    promised = _midnight(seed, day, sigma)
    return Shocks(
        np.concatenate((stray.coin, promised.coin)),
        np.concatenate((stray.minute, promised.minute)),
        np.concatenate((stray.at_ms, promised.at_ms)),
        np.concatenate((stray.move, promised.move)),
        np.concatenate((stray.count_mult, promised.count_mult)),
        np.concatenate((stray.size_mult, promised.size_mult)),
    )


def _midnight(seed: int, day: int, sigma: Floats) -> Shocks:
    n = sigma.shape[0]
    draw = rng(seed, Use.SHOCK_MIDNIGHT, day).random((n, 3))
    rank = np.arange(n)
    coin = np.flatnonzero((rank == 0) | ((rank >= 3) & (rank < 45) & (draw[:, 0] < 0.06)))
    # BTC's draw decides the direction for all of them: what moves the largest coin moves its followers its way.
    sign = 1.0 if draw[0, 0] < 0.4 else -1.0
    loudest = sigma[coin, -61:].max(axis=1)
    return Shocks(
        coin,
        np.full(len(coin), DAY_MINUTES - 1),
        (51_000 + draw[coin, 1] * 4_000).astype(np.int64),
        sign * (11.0 + 5.0 * draw[coin, 2]) * loudest,
        np.full(len(coin), 5.0),
        np.full(len(coin), 3.0),
    )
