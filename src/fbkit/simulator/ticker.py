"""The 24 h ticker: the last 1440 whole minutes and the minute that runs."""

from __future__ import annotations

import numpy as np

from fbkit.simulator.calendar import DAY_MINUTES, MS_MIN
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import COUNT, fold
from fbkit.simulator.market import Market
from fbkit.simulator.noise import Ints

#: Minutes that an answer may still have to make: some milliseconds.
_IN_PASSING = 10


class Tickers:
    """Rolling 24 h klines of all coins. The first answer of a day makes a day of klines: about two seconds."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._whole = Kept(lambda minute: fold(market.span(minute - DAY_MINUTES, minute)), 2)

    def ready(self, now_ms: int) -> bool:
        """Whether an answer is at hand, or as good as: the minutes since the last one are made in passing."""
        minute = now_ms // MS_MIN
        return minute in self._whole or len(self.market.missing(minute - DAY_MINUTES, minute)) <= _IN_PASSING

    def at(self, now_ms: int) -> tuple[int, Ints]:
        """When the window opened (ms), and its klines, shape (fields, n)."""
        minute = now_ms // MS_MIN
        whole = self._whole[minute]
        so_far = self.market.running(minute).at(now_ms)
        both = fold(np.stack((whole, so_far), axis=-1))
        silent = so_far[COUNT] == 0
        both[:, silent] = whole[:, silent]
        return (minute - DAY_MINUTES) * MS_MIN, both
