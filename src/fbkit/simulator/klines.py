"""Klines: exact sums of the trades, kept for every minute that anybody has asked for.

Everything is an integer: prices in ticks, sizes in lot steps, turnover in their product. So a kline, the trades it sums
and the 24 h ticker agree to the last digit, however they are asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator.noise import Ints
from fbkit.simulator.trades import Minute

#: Rows of a minute's summary.
FIELDS = ("open", "high", "low", "close", "steps", "turnover", "buy_steps", "buy_turnover", "first_id", "count")
OPEN, HIGH, LOW, CLOSE, STEPS, TURNOVER, BUY_STEPS, BUY_TURNOVER, FIRST_ID, COUNT = range(len(FIELDS))


#: Wider than a minute in ms, so that coin and offset fit one sorted key.
_WIDE = 120_000


class Kline(NamedTuple):
    """One kline of one coin, in ticks and steps; ids and counts of aggregate trades.

    ``coin.base_volume(bar.steps, bar.turnover)`` and ``coin.usd_volume`` say what its volume is worth, and likewise of
    what takers bought.
    """

    open: int
    high: int
    low: int
    close: int
    steps: int
    turnover: int
    buy_steps: int
    buy_turnover: int
    first_id: int
    n: int

    @property
    def first_fill(self) -> int:
        """Id of the first fill."""
        return fill_id_of(self.first_id)

    @property
    def last_fill(self) -> int:
        """Id of the last fill."""
        return fill_id_of(self.first_id + self.n) - 1

    @property
    def fills(self) -> int:
        """How many fills, as the exchange counts them."""
        return self.last_fill - self.first_fill + 1


def fill_id_of(trade_id: int) -> int:
    """Of one trade what :func:`~fbkit.simulator.days.fill_id` is of many.

    >>> from fbkit.simulator.days import fill_id
    >>> fill_id_of(1_000_000) == int(fill_id(np.array([1_000_000]))[0])
    True
    """
    return 3 * trade_id + (((trade_id * 40_503) & 0xFFFF) >> 5) % 3


def summary(minute: Minute) -> Ints:
    """All coins' klines of a whole minute, shape (fields, n). Every coin trades in every minute."""
    edges = minute.edges[:-1]
    turnover = minute.turnover
    rows = np.empty((len(FIELDS), len(edges)), dtype=np.int64)
    rows[OPEN] = minute.ticks[edges]
    rows[HIGH] = np.maximum.reduceat(minute.ticks, edges)
    rows[LOW] = np.minimum.reduceat(minute.ticks, edges)
    rows[CLOSE] = minute.ticks[minute.edges[1:] - 1]
    rows[STEPS] = np.add.reduceat(minute.steps, edges)
    rows[TURNOVER] = np.add.reduceat(turnover, edges)
    rows[BUY_STEPS] = np.add.reduceat(minute.steps * minute.buy, edges)
    rows[BUY_TURNOVER] = np.add.reduceat(turnover * minute.buy, edges)
    rows[FIRST_ID] = minute.trade_id[edges]
    rows[COUNT] = np.diff(minute.edges)
    return rows


def fold(rows: Ints) -> Ints:
    """Klines one after another, shape (fields, …, k), as one, shape (fields, …)."""
    whole: Ints = rows.sum(axis=-1)
    whole[OPEN] = rows[OPEN, ..., 0]
    whole[HIGH] = rows[HIGH].max(axis=-1)
    whole[LOW] = rows[LOW].min(axis=-1)
    whole[CLOSE] = rows[CLOSE, ..., -1]
    whole[FIRST_ID] = rows[FIRST_ID, ..., 0]
    return whole


class Running:
    """The klines of a minute as they grow: columns beside the minute's trades, shape (fields, trades)."""

    def __init__(self, minute: Minute) -> None:
        self.minute = minute
        turnover = minute.turnover
        rows = np.empty((len(FIELDS), len(minute.ticks)), dtype=np.int64)
        plain = ((STEPS, minute.steps), (TURNOVER, turnover))
        bought = ((BUY_STEPS, minute.steps * minute.buy), (BUY_TURNOVER, turnover * minute.buy))
        for row, values in (*plain, *bought):
            total = np.cumsum(values)
            rows[row] = total - np.repeat(total[minute.edges[:-1]] - values[minute.edges[:-1]], np.diff(minute.edges))
        first = np.repeat(minute.edges[:-1], np.diff(minute.edges))
        rows[OPEN] = minute.ticks[first]
        rows[CLOSE] = minute.ticks
        rows[FIRST_ID] = minute.trade_id[first]
        rows[COUNT] = minute.trade_id - rows[FIRST_ID] + 1
        for a, b in zip(minute.edges[:-1], minute.edges[1:], strict=True):
            np.maximum.accumulate(minute.ticks[a:b], out=rows[HIGH, a:b])
            np.minimum.accumulate(minute.ticks[a:b], out=rows[LOW, a:b])
        self.rows = rows
        self._key = minute.coin * _WIDE + (minute.ts_ms - minute.start_ms)

    def heard(self, ts_ms: int) -> Ints:
        """How many trades each coin has up to and including an instant, as an index one past the last, shape (n,)."""
        offset = min(max(ts_ms - self.minute.start_ms, -1), _WIDE - 2)
        return np.searchsorted(self._key, np.arange(len(self.minute.spread)) * _WIDE + offset, side="right")

    def at(self, ts_ms: int) -> Ints:
        """All coins' klines so far, shape (fields, n); the count is 0 where nothing traded yet."""
        heard = self.heard(ts_ms)
        rows = self.rows[:, np.maximum(heard - 1, 0)].copy()
        rows[:, heard == self.minute.edges[:-1]] = 0
        return rows
