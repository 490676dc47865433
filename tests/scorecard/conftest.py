"""Bars and alerts made of a seed, and a plain second opinion of what followed an alert."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from fbkit.model import NS_MIN, NS_S
from fbkit.scorecard import HORIZONS, Asked, Minutes, follow, lay, nothing_yet, outcomes, scorecard

NAMES = tuple(f"binance:{coin}-USDT-PERP" for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE"))
EVERY = tuple(HORIZONS)


def walk(random: np.random.Generator, minutes: int, *, names=NAMES, wild=None) -> dict[str, Minutes]:
    """Random walks that share half of what moves them; ``wild`` scales each minute's steps."""
    scale = 5e-4 * (np.ones(minutes) if wild is None else wild)
    market = random.normal(0.0, scale)
    found = {}
    for name in names:
        close = 100.0 * np.exp(np.cumsum(market + random.normal(0.0, scale)))
        begin = np.concatenate([[100.0], close[:-1]])
        reach = np.exp(np.abs(random.normal(0.0, scale / 2)))
        prices = begin, np.maximum(begin, close) * reach, np.minimum(begin, close) / reach, close
        found[name] = lay(np.arange(minutes) * NS_MIN, prices, np.ones(minutes))
    return found


def bursts(random: np.random.Generator, minutes: int, n: int, *, names=NAMES, at=None) -> pd.DataFrame:
    """About ``n`` alerts that come together: the market jumps, and half of the instruments speak, the same way."""
    rows = []
    while len(rows) < n:
        minute = int(random.integers(60, minutes - 300) if at is None else random.choice(at))
        way = str(random.choice(["up", "down"]))
        rows += [(minute + int(random.integers(0, 4)), name, way) for name in names if random.random() < 0.5]
    return spoken(rows)


def spoken(rows, rule="z", tier=1) -> pd.DataFrame:
    """Alerts a second after a minute's begin: (minute, instrument, direction)."""
    frame = pd.DataFrame(sorted(rows), columns=["minute", "instrument", "direction"])
    frame["ts"] = frame.pop("minute") * NS_MIN + NS_S
    return frame.assign(rule=rule, tier=tier, tf="1m", alert_id=range(len(frame)))


def followed(alerts: pd.DataFrame, minutes, asked: Asked) -> pd.DataFrame:
    found = nothing_yet(alerts, asked.horizons)
    for _ in follow(found, alerts, minutes.__getitem__, asked):
        pass
    return outcomes(alerts, found)


def scored(alerts: pd.DataFrame, minutes, end: int, *, seed=1, horizons=EVERY, **options) -> pd.DataFrame:
    """The score when the world is known until minute ``end``."""
    asked = Asked(tuple(horizons), end * NS_MIN)
    return scorecard(alerts, minutes.__getitem__, asked, np.random.default_rng(seed), **options)


def covers(row: pd.Series, what: str) -> bool:
    """Whether 0 lies within the bounds of an excess (``hit`` or ``ret``)."""
    end = "_frac" if what == "ret" else ""
    return bool(row[f"excess_{what}_low{end}"] <= 0.0 <= row[f"excess_{what}_high{end}"])


def by_hand(minutes: Minutes, ts: int, way: str, bars: int, min_coverage: float = 0.8):
    """What followed, one bar after the other, from a list that holds nothing before ``ts``."""
    first = math.ceil(ts / NS_MIN) - minutes.begin
    taken = [tuple(float(x) for x in bar) for bar in zip(*(x[first : first + bars] for x in minutes[1:]), strict=True)]
    if first < 0 or len(taken) < bars or any(math.isnan(bar[3]) for bar in taken):
        return None
    if sum(bar[4] for bar in taken) / bars < min_coverage:
        return None
    entry, sign = taken[0][0], 1.0 if way in {"up", "long"} else -1.0
    moves = [sign * (price / entry - 1.0) for bar in taken for price in bar[1:3]]
    return sign * (taken[-1][3] / entry - 1.0), max(moves), min(moves)
