"""Whether stored 1m bars may go: the stored bars above them are their folds, and they those of the trades, to the bit.

A day of one instrument is looked at as a whole, because its 1d bar is made of all its minutes. What disagrees, and
what cannot be looked at because the bar above is missing, stays with the minutes it is made of.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.engine.derive import NAMES, NONE, OWN, SOURCES, Bars
from fbkit.engine.fold import Fold
from fbkit.model import BASE_TIMEFRAME, NS_DAY, NS_MIN, TIMEFRAMES, Span
from fbkit.store import Store

MINUTES = NS_DAY // NS_MIN

#: Formed from what no bar stores (when open interest was heard): a fold may have it where the stored bar has none.
_HALF_KNOWN = "oi_dlog"

#: Columns of a 1m bar that follow from its trades alone.
_TRADED = ("open", "high", "low", "close", "vol_base", "buy_usd", "sell_usd")

Bools = NDArray[np.bool_]


class Judged(NamedTuple):
    """A day of one instrument: by minute, which 1m bars are there and which of them may go; and what spoke against."""

    there: Bools
    may_go: Bools
    compared: int
    differing: int
    missing: int
    against_trades: int


def judge_day(store: Store, instrument: str, day: int, shares: dict[int, float], trades_from: int = 0) -> Judged:
    """Look at one UTC day (its start in ns) of one instrument.

    ``shares``: the smallest coverage that was in force, by stamp. Trades before ``trades_from`` are known to be gone.
    """
    minutes = _table(store, instrument, BASE_TIMEFRAME, day)
    there = ~np.isnan(minutes["t1"])
    may_go = there.copy()
    compared = differing = missing = 0
    for tf, length in TIMEFRAMES.items():
        if tf == BASE_TIMEFRAME:
            continue
        stored = _table(store, instrument, tf, day)
        under = there.reshape(-1, length // NS_MIN).any(axis=1)
        found = ~np.isnan(stored["t1"])
        before = store.rows("bars", instrument=instrument, tf=tf, span=Span(day - length, day))
        alike = found & _alike(minutes, stored, before, shares, tf, day)
        compared += int((under & found).sum())
        differing += int((under & found & ~alike).sum())
        missing += int((under & ~found).sum())
        may_go &= np.repeat(alike, length // NS_MIN)
    wrong = there & ~_from_trades(store, instrument, day, minutes, trades_from)
    return Judged(there, may_go & ~wrong, compared, differing, missing, int(wrong.sum()))


def _table(store: Store, instrument: str, tf: str, day: int) -> Bars:
    """The bars of a day by their slots; NaN, source ``none`` and coverage 0 where there is none."""
    length = TIMEFRAMES[tf]
    frame = store.rows("bars", instrument=instrument, tf=tf, span=Span(day, day + NS_DAY))
    places = (frame["t1"].to_numpy(np.int64) - day) // length - 1
    bars: Bars = {name: np.full(NS_DAY // length, np.nan) for name in (*NAMES, "coverage", "source", "t1", "stamp")}
    bars["coverage"][:], bars["source"][:] = 0.0, NONE
    for name in (*NAMES, "coverage", "t1", "stamp"):
        bars[name][places] = _floats(frame[name])
    bars["source"][places] = [SOURCES.index(word) for word in frame["source"]]
    return bars


def _floats(column: pd.Series[Any]) -> NDArray[np.float64]:
    return np.asarray(column.astype("float64"), dtype=np.float64)


def _alike(minutes: Bars, stored: Bars, before: pd.DataFrame, shares: dict[int, float], tf: str, day: int) -> Bools:
    """Which stored bars equal the folds of the minutes, under the coverage that was asked of them."""
    alike = np.zeros(len(stored["t1"]), dtype=np.bool_)
    asked = np.array([shares.get(int(stamp), np.nan) if stamp == stamp else np.nan for stamp in stored["stamp"]])  # noqa: PLR0124 - not NaN
    for share in np.unique(asked[~np.isnan(asked)]).tolist():
        alike |= (asked == share) & _equal(stored, _folded(tf, day, minutes, share, before))
    return alike


def _folded(tf: str, day: int, minutes: Bars, share: float, before: pd.DataFrame) -> Bars:
    fold = Fold(tf, share)
    fold.grow(1)
    if len(before):
        fold.close_before[0] = float(before["close"].iloc[-1])
        fold.oi_before[0] = float(before["oi_base"].iloc[-1])
    ends = day + NS_MIN * np.arange(1, MINUTES + 1)
    _, bars = fold.run(0, ends, {**minutes, "oi_age": np.zeros(MINUTES)})
    return bars


def _equal(stored: Bars, folded: Bars) -> Bools:
    equal = np.ones(len(stored["t1"]), dtype=np.bool_)
    for name in (*NAMES, "coverage", "source"):
        same = _bits(stored[name]) == _bits(folded[name])
        equal &= same | np.isnan(stored[name]) if name == _HALF_KNOWN else same
    return equal


def _bits(column: NDArray[np.float64]) -> NDArray[np.int64]:
    """A column as its bits; every NaN alike, as a table knows one missing value only."""
    return np.where(np.isnan(column), np.nan, column).view(np.int64)


def _from_trades(store: Store, instrument: str, day: int, minutes: Bars, trades_from: int) -> Bools:
    """Which of our own 1m bars are what their trades make them, as far as the trades are still there.

    A bar says how many trades it heard: they are the first so many of its minute by ``seq``; later ones came late.
    """
    fine = np.ones(MINUTES, dtype=np.bool_)
    own = (minutes["source"] == OWN) & (minutes["n_trades"] > 0)
    first = max(0, -(-(trades_from - day) // NS_MIN))
    if not own[first:].any():
        return fine
    trades = store.read("trade", instrument, Span(day, day + NS_DAY))
    slots = (trades["ts_event"] - day) // NS_MIN
    order = np.lexsort((trades["seq"], slots))
    columns = {name: trades[name][order] for name in ("ts_event", "venue_id", "price", "size", "side")}
    starts = np.searchsorted(slots[order], np.arange(MINUTES + 1))
    for at in np.flatnonzero(own).tolist():
        n, low, high = int(minutes["n_trades"][at]), int(starts[at]), int(starts[at + 1])
        if at >= first:
            heard = {name: column[low : low + n] for name, column in columns.items()}
            fine[at] = high - low >= n and _traded(heard) == tuple(minutes[name][at] for name in _TRADED)
    return fine


def _traded(trades: dict[str, NDArray[Any]]) -> tuple[float, ...]:
    """What the engine makes of a minute's trades, added one by one in the order they were heard."""
    price, size, ts, venue_id = trades["price"], trades["size"], trades["ts_event"], trades["venue_id"]
    usd, bought = price * size, trades["side"] > 0
    newest = len(price) - 1 - int(np.lexsort((venue_id[::-1], ts[::-1]))[-1])
    oldest = int(np.lexsort((venue_id, ts))[0])
    last = np.flatnonzero((ts == ts[newest]) & (venue_id == venue_id[newest]))[-1]
    sums = (_sum(size), _sum(usd[bought]), _sum(usd[~bought]))
    return (float(price[oldest]), float(price.max()), float(price.min()), float(price[last]), *sums)


def _sum(values: NDArray[np.float64]) -> float:
    # accumulate adds one by one, in order; np.sum adds in pairs
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0
