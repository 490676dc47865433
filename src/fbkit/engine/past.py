"""Many minutes of one instrument, filled at once from what was fetched later: the bits of closing them one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import NONE, OWN, VENUE, Bars, Floats, before, cvd_along, derive, oi_heard
from fbkit.engine.gaps import Gaps
from fbkit.engine.minute import COLUMNS, LIQUIDATED, TRADED
from fbkit.engine.sample import sample_stretch
from fbkit.engine.tape import NAN, Slot, Tape, nowhere
from fbkit.model import NS_MIN

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def fill_stretch(
    tape: Tape, until: int, gaps: Gaps, liquidates: dict[str, int], min_coverage: float
) -> tuple[Ints, Bars]:
    """The bars of every minute from the tape's next to the one that ends at ``until``; the tape moves on behind it."""
    t1 = np.arange(tape.next or tape.first, until + NS_MIN, NS_MIN)
    bars = _traded(tape, t1, gaps.coverage(tape, t1), min_coverage)
    heard = gaps.heard_liquidations(tape, t1) >= min_coverage
    bars |= _liquidated(tape, t1, liquidates.get(tape.venue), heard)
    bars |= sample_stretch(tape, t1)
    interest = oi_heard(bars, NS_MIN)
    derive(bars, before(bars["close"], tape.close_before), before(interest, tape.oi_before))
    bars["cvd"] = cvd_along(tape.cvd, bars["delta"], t1)
    tape.cvd, tape.close_before, tape.oi_before = float(bars["cvd"][-1]), float(bars["close"][-1]), float(interest[-1])
    known = bars["close"][~np.isnan(bars["close"])]
    tape.last_close = float(known[-1]) if len(known) else tape.last_close
    tape.next = until + NS_MIN
    if tape.slot.t1 <= until:
        tape.slot = nowhere()
    tape.slots = {end: slot for end, slot in tape.slots.items() if end > until}
    tape.bars = {end: bar for end, bar in tape.bars.items() if end > until}
    return t1, {name: bars[name] for name in COLUMNS}


def _slots_in(tape: Tape, t1: Ints) -> list[tuple[int, Slot]]:
    first, last = int(t1[0]), int(t1[-1])
    return [((end - first) // NS_MIN, slot) for end, slot in tape.slots.items() if first <= end <= last]


def _traded(tape: Tape, t1: Ints, coverage: Floats, min_coverage: float) -> Bars:
    bars: Bars = {name: np.full(len(t1), NAN) for name in TRADED}
    own = coverage >= min_coverage
    bars["coverage"] = coverage.copy()
    bars["source"] = np.where(own, OWN, NONE).astype(np.float64)
    for name in ("vol_base", "vol_usd", "n_trades", "buy_usd", "sell_usd"):
        bars[name][own] = 0.0
    for at, slot in _slots_in(tape, t1):
        if own[at] and slot.n:
            heard = (
                slot.open,
                slot.high,
                slot.low,
                slot.close,
                slot.vol_base,
                slot.buy + slot.sell,
                slot.n,
                slot.buy,
                slot.sell,
            )
            for name, value in zip(TRADED, heard, strict=False):
                bars[name][at] = value
    _from_venue(tape, t1, own, bars)
    _carry(bars, own, tape.last_close)
    return bars


def _from_venue(tape: Tape, t1: Ints, own: NDArray[np.bool_], bars: Bars) -> None:
    """The venue's klines where we did not hear enough."""
    ends = np.array(sorted(tape.bars), np.int64)
    ends = ends[(ends >= t1[0]) & (ends <= t1[-1])]
    at = (ends - t1[0]) // NS_MIN
    at, ends = at[~own[at]], ends[~own[at]]
    klines = [tape.bars[end] for end in ends.tolist()]
    for name in ("open", "high", "low", "close", "vol_base", "vol_usd"):
        bars[name][at] = [getattr(bar, name) for bar in klines]
    bars["n_trades"][at] = [NAN if bar.n_trades is None else bar.n_trades for bar in klines]
    bars["buy_usd"][at] = [NAN if bar.buy_usd is None else bar.buy_usd for bar in klines]
    bars["sell_usd"][at] = bars["vol_usd"][at] - bars["buy_usd"][at]
    bars["coverage"][at] = 1.0
    bars["source"][at] = VENUE


def _carry(bars: Bars, own: NDArray[np.bool_], last_close: float) -> None:
    """A covered minute in which nothing traded stands at the last close."""
    known = np.concatenate(((last_close,), bars["close"]))
    last = np.maximum.accumulate(np.where(np.isnan(known), 0, np.arange(len(known))))[1:]
    quiet = own & np.isnan(bars["close"])
    for name in ("open", "high", "low", "close"):
        bars[name][quiet] = known[last[quiet]]


def _liquidated(tape: Tape, t1: Ints, first: int | None, heard: Bools) -> Bars:
    """Sums of what was told; missing before a venue told of any, and where too little was listened to."""
    bars: Bars = {name: np.full(len(t1), NAN) for name in LIQUIDATED}
    if first is not None:
        heard = heard & (t1 > first)
        for column in bars.values():
            column[heard] = 0.0
        for at, slot in _slots_in(tape, t1):
            if heard[at]:
                bars["liq_long_usd"][at], bars["liq_short_usd"][at] = slot.liq_long, slot.liq_short
    return bars
