"""The market of the window in numbers: moves, breadth, positions, funding, liquidations. Sums of what the bars say."""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec
import numpy as np
import pandas as pd

from fbkit.model.timeframe import TIMEFRAMES
from fbkit.reports.facts import Facts


class Move(msgspec.Struct, frozen=True):
    """One instrument over the window: ``change`` as a fraction, ``coverage`` the mean over its bars."""

    instrument: str
    last: float
    change: float
    vol_usd: float
    coverage: float


class Picture(msgspec.Struct, frozen=True):
    """The whole market over the window. ``None`` where no bar had the input."""

    moves: list[Move]
    fresh: int
    unusual_up: int
    unusual_down: int
    oi_now: float | None
    oi_change: float | None
    liq_long: float | None
    liq_short: float | None
    funding: list[tuple[str, float]]
    volume: float

    @property
    def rose(self) -> int:
        """How many instruments are higher than at the window's start."""
        return sum(move.change > 0 for move in self.moves)

    @property
    def median(self) -> float:
        """The median change."""
        return float(np.median([move.change for move in self.moves])) if self.moves else math.nan


@lru_cache(maxsize=1)  # asked by several sections of one report
def read_market(facts: Facts) -> Picture | None:
    """The market of the window, or ``None`` when no bar closed in it."""
    bars = facts.bars[np.isfinite(facts.bars["close"].to_numpy(dtype=float))] if len(facts.bars) else facts.bars
    if not len(bars):
        return None
    moves = sorted((_move(str(name), of) for name, of in bars.groupby("instrument")), key=lambda move: move.change)
    newest = max(row.t1 for row in facts.metrics) if facts.metrics else None
    rets = [row.value("z_ret_20") for row in facts.metrics if row.t1 == newest]
    known = [z for z in rets if math.isfinite(z)]
    oi_now, oi_change = _positions(bars)
    return Picture(
        moves=moves,
        fresh=len(known),
        unusual_up=sum(z >= 2 for z in known),
        unusual_down=sum(z <= -2 for z in known),
        oi_now=oi_now,
        oi_change=oi_change,
        liq_long=_sum(bars["liq_long_usd"]),
        liq_short=_sum(bars["liq_short_usd"]),
        funding=_funding(facts),
        volume=float(bars["vol_usd"].sum()),
    )


def stale(facts: Facts) -> list[str]:
    """Instruments whose newest summary is older than two bars: their numbers are old."""
    if facts.until is None or not facts.summary:
        return []
    oldest = facts.until - 3 * TIMEFRAMES[facts.asked.tf]
    return sorted(row.instrument for row in facts.summary if row.t1 < oldest)


def chosen(facts: Facts) -> str | None:
    """The instrument of the price chart: of the asked coin the one traded most, else the market's most traded."""
    if not len(facts.bars):
        return None
    volume = facts.bars.groupby("instrument")["vol_usd"].sum().sort_values(ascending=False)
    coin = facts.asked.coin
    for name in map(str, volume.index):
        if coin in (name, name.partition(":")[2].partition("-")[0]):
            return name
    return str(volume.index[0])


def _move(name: str, bars: pd.DataFrame) -> Move:
    bars = bars.sort_values("t1")
    first, last = float(bars["open"].iloc[0]), float(bars["close"].iloc[-1])
    change = last / first - 1 if first > 0 else math.nan
    return Move(name, last, change, float(bars["vol_usd"].sum()), float(bars["coverage"].mean()))


def _positions(bars: pd.DataFrame) -> tuple[float | None, float | None]:
    """Open interest now in USD, and its change at today's prices: what was opened or closed, not what was repriced."""
    then = now = 0.0
    for _, of in bars.sort_values("t1").groupby("instrument"):
        known = of[np.isfinite(of["oi_base"].to_numpy(dtype=float)) & np.isfinite(of["close"].to_numpy(dtype=float))]
        if len(known) > 1:
            last = float(known["close"].iloc[-1])
            then += float(known["oi_base"].iloc[0]) * last
            now += float(known["oi_base"].iloc[-1]) * last
    return (now, now / then - 1) if then > 0 else (None, None)


def _sum(column: pd.Series) -> float | None:
    known = column.to_numpy(dtype=float)
    known = known[np.isfinite(known)]
    return float(known.sum()) if len(known) else None


def _funding(facts: Facts) -> list[tuple[str, float]]:
    known = [(row.instrument, row.funding_8h) for row in facts.summary if math.isfinite(row.funding_8h)]
    return sorted(known, key=lambda pair: pair[1])
