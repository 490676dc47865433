"""A market made of a seed, minute by minute, through the real Engine and the real Rules.

Prices are random walks that share half of what moves them. Now and then open interest, accounts and book lean to one
side together, in one coin or in all: a show that means nothing, but the rules speak. With ``planted``, the price goes
the way of each alert of that rule for half an hour. ``mirrored`` is the same tape in a mirror: prices upside down,
sides swapped, long for short.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
import pandas as pd

from fbkit.alerts import Rules
from fbkit.engine import Engine
from fbkit.model import NS_HOUR, NS_MIN, NS_S, AlertRow, BarRow, Beat, Mark, OpenInterest, Quote, Ratio, Side, Trade
from fbkit.scorecard import Minutes, lay

COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE")
START = 480_000 * NS_HOUR
_STEP, _DRIFT, _LASTS = 4e-4, 4e-4, 30


class Played(NamedTuple):
    """What came of a tape."""

    bars: list[BarRow]
    spoken: list[AlertRow]

    @property
    def alerts(self) -> pd.DataFrame:
        return pd.DataFrame([msgspec.structs.asdict(one) for one in self.spoken])

    @property
    def minutes(self) -> dict[str, Minutes]:
        names = sorted({bar.instrument for bar in self.bars})
        found = {name: [bar for bar in self.bars if (bar.instrument, bar.tf) == (name, "1m")] for name in names}
        return {
            name: lay(
                [bar.t0 for bar in own],
                tuple([getattr(bar, price) for bar in own] for price in ("open", "high", "low", "close")),
                [bar.coverage for bar in own],
            )
            for name, own in found.items()
        }


def play(seed: int, minutes: int = 1440, *, venues=("binance",), planted: str = "", mirrored: bool = False) -> Played:
    names = [f"{venue}:{coin}-USDT-PERP" for venue in venues for coin in COINS]
    random, drift = np.random.default_rng(seed), np.zeros((minutes + _LASTS + 1, len(names)))
    steps = _STEP * (random.normal(size=(minutes, 3, 1)) + random.normal(size=(minutes, 3, len(names)))) / 2**0.5
    leans = _leans(random, minutes, len(names))
    draws = random.normal(size=(minutes, 10, len(names)))
    engine, rules, price = Engine(), Rules(), np.full(len(names), 100.0)
    bars, spoken = [], []
    engine.beat(Beat("", START, START, 0))
    for m in range(minutes):
        way = -1 if mirrored else 1
        moves = np.exp(np.cumsum(steps[m] + way * drift[m] / 3, axis=0))
        for at, name in enumerate(names):
            engine.take_all(_minute(name, m, price[at] * moves[:, at], draws[m, :, at], leans[m, at], mirrored))
        price = price * moves[-1]
        ts = START + (m + 1) * NS_MIN + NS_S
        closed = engine.beat(Beat("", ts, ts, m + 1))
        bars += closed.bars
        for one in rules.judge(closed, ts):
            spoken.append(one)
            if one.rule == planted:
                drift[m + 1 : m + 1 + _LASTS, names.index(one.instrument)] += (
                    _DRIFT if one.direction == "up" else -_DRIFT
                )
    return Played(bars, spoken)


def _leans(random: np.random.Generator, minutes: int, n: int) -> np.ndarray:
    """Which way everything leans, mostly nowhere: −1, 0 or 1."""
    alone = np.where(random.random((minutes, n)) < 0.008, random.choice([-1, 1], (minutes, n)), 0)
    together = np.where(random.random((minutes, 1)) < 0.02, random.choice([-1, 1], (minutes, 1)), 0)
    return np.where(together != 0, together, alone)


def _minute(name: str, m: int, path, draw, lean: int, mirrored: bool):
    """The events of one instrument in a minute."""
    start, flip = START + m * NS_MIN, -1 if mirrored else 1

    def up(x: float) -> float:
        return float(1e4 / x if mirrored else x)

    for n in range(3):
        side, usd = flip * (1 if draw[n] + lean > 0 else -1), 1000.0 * np.exp(draw[3 + n] / 3)
        ts = start + (10 + 20 * n) * NS_S
        yield Trade(name, ts, ts, 3 * m + n, up(path[n]), float(usd / up(path[n])), Side(side))
    ts, price = start + 55 * NS_S, up(path[2])
    tilt = flip * (0.05 * draw[6] + 0.7 * lean)
    yield Quote(name, ts, ts, m, price * 0.9999, 1.0, price * 1.0001, 1.0, 5, 10.0 * (1 + tilt), 10.0 * (1 - tilt))
    yield OpenInterest(name, ts, ts, float(1e4 * np.exp(flip * (0.0005 * draw[7] + 0.03 * lean))))
    yield Ratio(name, ts, ts, "acct_global", float(np.exp(flip * (0.05 * draw[8] + 0.9 * lean))), 300)
    premium = flip * 1e-4 * draw[9]
    yield Mark(name, ts, ts, price, float(price / (1.0 + premium)), flip * 1e-3 * lean + 0.0, 8.0)
