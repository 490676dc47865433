"""Bars above 1m: folds of 1m slots, oldest first, added one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import NONE, OWN, VENUE, Bars, Floats, before, oi_heard, relate
from fbkit.engine.tape import NAN
from fbkit.model import NS_MIN, TIMEFRAMES
from fbkit.quant.panel.columns import Bools, Columns, Index, Ints

SUMS = ("vol_base", "vol_usd", "n_trades", "buy_usd", "sell_usd", "delta")
LIQUIDATIONS = ("liq_long_usd", "liq_short_usd")
TRADED = ("open", "high", "low", "close", *SUMS)
#: Taken from the last minute as they stand.
LAST = (
    "cvd", "spread_bp", "obi_5", "mark", "index", "premium", "funding_8h", "funding_apr", "oi_base", "oi_usd", "oi_age",
    "ln_ls_acct_global", "ln_ls_acct_top", "ln_ls_pos_top", "ln_taker_ratio",
)  # fmt: skip


class Fold(Columns):
    """The open bar of one timeframe for every instrument.

    Coverage is the mean of the minutes'; below ``min_coverage`` what traded is missing (``source`` none). A minute
    without data adds nothing; liquidations are summed over the minutes in which the venue was heard to report any.
    """

    open: Floats
    high: Floats
    low: Floats
    last: Floats
    covered: Floats
    venue: Bools
    liq_known: Bools
    close_before: Floats
    oi_before: Floats

    def __init__(self, tf: str, min_coverage: float) -> None:
        super().__init__()
        self.tf, self.length, self.min_coverage = tf, TIMEFRAMES[tf], min_coverage
        self.minutes = self.length // NS_MIN
        for name in ("open", "high", "low", "last", "close_before", "oi_before"):
            self.declare(name, NAN)
        for name in ("covered", *SUMS, *LIQUIDATIONS):
            self.declare(name, 0.0)
        for name in ("venue", "liq_known"):
            self.declare(name, fill=False, dtype=np.bool_)

    def add(self, rows: Index, bars: Bars) -> None:
        """Add one minute of these instruments."""
        used = bars["source"] != NONE
        self.open[rows] = np.where(np.isnan(self.open[rows]), bars["open"], self.open[rows])
        self.high[rows] = np.fmax(self.high[rows], bars["high"])
        self.low[rows] = np.fmin(self.low[rows], bars["low"])
        self.last[rows] = np.where(np.isnan(bars["close"]), self.last[rows], bars["close"])
        self.covered[rows] += np.where(used, bars["coverage"], 0.0)
        for name in SUMS:
            getattr(self, name)[rows] += np.where(used, bars[name], 0.0)
        for name in LIQUIDATIONS:
            getattr(self, name)[rows] += np.where(np.isnan(bars[name]), 0.0, bars[name])
        self.venue[rows] |= bars["source"] == VENUE
        self.liq_known[rows] |= ~np.isnan(bars["liq_long_usd"])

    def close(self, rows: Index, minute: Bars) -> Bars:
        """The bars these instruments complete with this minute, already added; the next ones begin empty."""
        bars: Bars = {"open": self.open[rows], "high": self.high[rows], "low": self.low[rows], "close": self.last[rows]}
        bars |= {name: getattr(self, name)[rows] for name in (*SUMS, *LIQUIDATIONS)}
        bars |= {name: minute[name] for name in LAST}
        self._finish(bars, self.covered[rows], self.venue[rows], self.liq_known[rows])
        relate(bars, self.close_before[rows], self.oi_before[rows], self.length)
        self.close_before[rows], self.oi_before[rows] = bars["close"], oi_heard(bars, self.length)
        self._empty(rows)
        return bars

    def _finish(self, bars: Bars, covered: Floats, venue: Bools, liq_known: Bools) -> None:
        bars["coverage"] = covered / self.minutes
        enough = bars["coverage"] >= self.min_coverage
        for name in TRADED:
            bars[name] = np.where(enough & np.isfinite(bars[name]), bars[name], NAN)
        for name in LIQUIDATIONS:
            bars[name] = np.where(liq_known & np.isfinite(bars[name]), bars[name], NAN)
        bars["source"] = np.where(enough, np.where(venue, VENUE, OWN), NONE).astype(np.float64)

    def _empty(self, rows: Index | int) -> None:
        for name in ("open", "high", "low", "last"):
            getattr(self, name)[rows] = NAN
        for name in ("covered", *SUMS, *LIQUIDATIONS):
            getattr(self, name)[rows] = 0.0
        self.venue[rows] = False
        self.liq_known[rows] = False

    def run(self, i: int, t1: Ints, bars: Bars) -> tuple[Ints, Bars]:
        """Add a stretch of minutes of instrument ``i`` at once: the ends and columns of the bars it completes.

        The same sums in the same order as :meth:`add` minute by minute: what stands open is put before the first
        minute of the stretch, and every row of a (bars × minutes) table is added up one by one.
        """
        lead = int(t1[0] // NS_MIN - 1) % self.minutes
        table = _Table(lead, len(t1), self.minutes)
        done = (lead + len(t1)) // self.minutes
        ends = (int(t1[0]) - 1) // self.length * self.length + self.length * np.arange(1, done + 1)
        state = self._totals(i, table, bars)
        self._empty(i)
        if done < table.rows:  # the last bar stays open
            for name, column in state.items():
                getattr(self, name)[i] = column[-1]
        whole: Bars = {name: state[name][:done] for name in ("open", "high", "low", *SUMS, *LIQUIDATIONS)}
        whole["close"] = state["last"][:done]
        at = np.arange(1, done + 1) * self.minutes - 1 - lead
        whole |= {name: bars[name][at] for name in LAST}
        self._finish(whole, state["covered"][:done], state["venue"][:done], state["liq_known"][:done])
        if done:
            interest = oi_heard(whole, self.length)
            closes, heard = before(whole["close"], self.close_before[i]), before(interest, self.oi_before[i])
            relate(whole, closes, heard, self.length)
            self.close_before[i], self.oi_before[i] = whole["close"][-1], interest[-1]
        return ends, whole

    def _totals(self, i: int, table: _Table, bars: Bars) -> dict[str, NDArray[Any]]:
        """The state after the last minute of every row of the table."""
        used = bars["source"] != NONE
        state: dict[str, NDArray[Any]] = {
            "open": table.first(bars["open"], self.open[i]),
            "high": np.fmax.reduce(table.spread(bars["high"], NAN, self.high[i]), axis=1),
            "low": np.fmin.reduce(table.spread(bars["low"], NAN, self.low[i]), axis=1),
            "last": table.final(bars["close"], self.last[i]),
            "covered": table.sums(np.where(used, bars["coverage"], 0.0), self.covered[i]),
            "venue": np.any(table.spread(bars["source"] == VENUE, 0, self.venue[i]), axis=1),
            "liq_known": np.any(table.spread(~np.isnan(bars["liq_long_usd"]), 0, self.liq_known[i]), axis=1),
        }
        for name in SUMS:
            state[name] = table.sums(np.where(used, bars[name], 0.0), getattr(self, name)[i])
        for name in LIQUIDATIONS:
            state[name] = table.sums(np.where(np.isnan(bars[name]), 0.0, bars[name]), getattr(self, name)[i])
        return state


class _Table:
    """A stretch of minutes as a table, one row a bar; what stood open before it lies just before its first minute."""

    def __init__(self, lead: int, count: int, minutes: int) -> None:
        self.lead, self.count, self.minutes = lead, count, minutes
        self.rows = -(-(lead + count) // minutes)

    def spread(self, x: NDArray[Any], fill: float, stood: Any) -> NDArray[Any]:
        flat: NDArray[Any] = np.full(self.rows * self.minutes, fill, x.dtype)
        flat[self.lead : self.lead + self.count] = x
        if self.lead:
            flat[self.lead - 1] = stood
        return flat.reshape(self.rows, self.minutes)

    def sums(self, x: Floats, stood: float) -> Floats:
        # accumulate adds one by one, in order; np.sum adds in pairs
        total: Floats = np.add.accumulate(self.spread(x, 0.0, stood), axis=1)[:, -1]
        return total

    def first(self, x: Floats, stood: float) -> Floats:
        table: Floats = self.spread(x, NAN, stood)
        found: Floats = table[np.arange(self.rows), np.argmax(~np.isnan(table), axis=1)]
        return found

    def final(self, x: Floats, stood: float) -> Floats:
        table: Floats = self.spread(x, NAN, stood)[:, ::-1]
        found: Floats = table[np.arange(self.rows), np.argmax(~np.isnan(table), axis=1)]
        return found
