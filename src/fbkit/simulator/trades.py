"""Every trade of every coin in one minute, and the fair price that they and the quotes stand around.

A minute is made whole, from the day's plan and draws of its own, and thrown away again: the same minute made later is
the same to the last digit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator import prices
from fbkit.simulator.calendar import DAY_MINUTES, MS_MIN, MS_S
from fbkit.simulator.coin import COIN_PARTS
from fbkit.simulator.days import Day, fill_id
from fbkit.simulator.noise import Bools, Floats, Ints, Use, rng
from fbkit.simulator.universe import Universe

#: Spread of log sizes; their mean stays what the universe says.
_SIZE_SIGMA = 1.1


class Minute(NamedTuple):
    """One minute of the market.

    ``fair``: fair price in ticks at each full second, shape (n, 61). ``spread`` in ticks, ``sigma`` of the minute's
    return, shape (n,). Trades, ordered by coin and time, one element each: ``coin``, ``ts_ms``, ``trade_id``,
    ``ticks``, ``steps``, ``buy``, ``turnover`` (ticks times steps; of inverse contracts the coins, see
    :meth:`~fbkit.simulator.coin.Coin.base_volume`). Coin ``i`` has those from ``edges[i]`` to ``edges[i + 1]``.
    """

    start_ms: int
    fair: Floats
    spread: Ints
    sigma: Floats
    edges: Ints
    coin: Ints
    ts_ms: Ints
    trade_id: Ints
    ticks: Ints
    steps: Ints
    buy: Bools
    turnover: Ints

    def fair_at(self, coin: Ints, ts_ms: Ints) -> Floats:
        """Fair price in ticks of each ``coin`` at each instant within the minute."""
        return fair_at(self.fair, coin, ts_ms - self.start_ms)

    def touch(self, coin: Ints, ts_ms: Ints) -> tuple[Ints, Ints]:
        """Best bid and ask in ticks of each ``coin`` at each instant within the minute."""
        return touch(self.fair_at(coin, ts_ms), self.spread[coin])


def fair_at(fair: Floats, coin: Ints, offset_ms: Ints) -> Floats:
    """Between two seconds the fair price goes straight."""
    second = offset_ms // MS_S
    place = coin * fair.shape[1] + second
    flat = fair.reshape(-1)
    left = flat[place]
    result: Floats = left + (flat[place + 1] - left) * ((offset_ms - second * MS_S) * 1e-3)
    return result


def touch(fair: Floats, spread: Ints) -> tuple[Ints, Ints]:
    """Best bid and ask around a fair price, all in ticks; the bid is never below one."""
    bid = np.maximum(np.floor(fair - 0.5 * (spread - 1)).astype(np.int64), 1)
    return bid, bid + spread


def minute_of(universe: Universe, seed: int, plan: Day, minute: int, seconds: Floats) -> Minute:
    """Make one minute of a day; ``seconds``: log price of the seed's assets at its full seconds."""
    place = (plan.day, minute)
    sigma = plan.sigma[:, minute]
    log_price = seconds[universe.asset] + _between(plan.beside[:, minute], plan.beside[:, minute + 1])
    fair = np.exp(log_price) / universe.tick[:, None]
    counts = plan.counts[:, minute]
    edges = np.zeros(universe.n + 1, dtype=np.int64)
    np.cumsum(counts, out=edges[1:])
    total = int(edges[-1])
    coin = np.repeat(np.arange(universe.n), counts)
    offset = _times(seed, plan, minute, coin, edges)
    start_ms = (plan.day * DAY_MINUTES + minute) * MS_MIN
    buy = (
        rng(seed, Use.TRADE_SIDE, *place).random(total)
        < _leaning(log_price, sigma).reshape(-1)[coin * prices.SECONDS + offset // MS_S]
    )
    draw = rng(seed, Use.TRADE_SIZE, *place).standard_normal(total)
    mean = universe.mean_steps * plan.size_scale[:, minute] * np.exp(-0.5 * _SIZE_SIGMA**2)
    steps = 1 + (mean[coin] * np.exp(_SIZE_SIGMA * draw)).astype(np.int64)
    spread = plan.spread[:, minute]
    wide = spread[coin]
    bid, ask = touch(fair_at(fair, coin, offset), wide)
    # The largest orders eat through the first level.
    deeper = (np.maximum(draw - 1.7, 0.0) * (1 + wide)).astype(np.int64)
    ticks = np.where(buy, ask + deeper, np.maximum(bid - deeper, 1))
    trade_id = np.arange(total) + np.repeat(plan.first_id[:, minute] - edges[:-1], counts)
    turnover = ticks * steps
    if universe.inverse.any():
        turnover = np.where(universe.inverse[coin], steps * COIN_PARTS // ticks, turnover)
    return Minute(start_ms, fair, spread, sigma, edges, coin, start_ms + offset, trade_id, ticks, steps, buy, turnover)


def _between(start: Floats, end: Floats) -> Floats:
    """Straight from one edge of a minute to the other, shape (n, 61)."""
    return start[:, None] + (end - start)[:, None] * (np.arange(prices.SECONDS + 1) / prices.SECONDS)


def _times(seed: int, plan: Day, minute: int, coin: Ints, edges: Ints) -> Ints:
    """Milliseconds into the minute, rising within each coin."""
    offset = (rng(seed, Use.TRADE_TIME, plan.day, minute).random(len(coin)) * MS_MIN).astype(np.int64)
    shocks = plan.shocks_in(minute)
    for one, at_ms, more in zip(shocks.coin, shocks.at_ms, shocks.count_mult, strict=True):
        mine = offset[edges[one] : edges[one + 1]]
        extra = mine[: int(len(mine) * (1.0 - 1.0 / more))]
        extra[:] = at_ms + ((MS_MIN - at_ms) * (extra / MS_MIN) ** 1.6).astype(np.int64)
    # One sort for all coins: the coin is the higher digit.
    key = coin * MS_MIN + offset
    key.sort()
    ordered: Ints = key - coin * MS_MIN
    return ordered


def _leaning(log_price: Floats, sigma: Floats) -> Floats:
    """Chance that a trade of a second is a taker's buy, shape (n, 60): takers push the price their way."""
    moved = np.diff(log_price, axis=1) * (np.sqrt(prices.SECONDS) / sigma)[:, None]
    whole = (log_price[:, -1] - log_price[:, 0]) / sigma
    lean: Floats = 0.5 + 0.16 * np.tanh(0.7 * moved) + 0.10 * np.tanh(0.5 * whole)[:, None]
    return lean


def fills(trade_id: Ints) -> tuple[Ints, Ints]:
    """First and last fill id of each aggregate trade."""
    return fill_id(trade_id), fill_id(trade_id + 1) - 1
