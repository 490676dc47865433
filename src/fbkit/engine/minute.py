"""One minute of many instruments, closed live."""

from __future__ import annotations

from itertools import chain

import numpy as np

from fbkit.engine.derive import NAMES, NONE, OWN, VENUE, Bars, derive, next_cvds, oi_heard
from fbkit.engine.gaps import Gaps
from fbkit.engine.sample import sample
from fbkit.engine.tape import NAN, Slot, Tape, nowhere
from fbkit.model import NS_MIN

#: What traded, in the order :func:`_traded` gives it.
TRADED = (
    "open",
    "high",
    "low",
    "close",
    "vol_base",
    "vol_usd",
    "n_trades",
    "buy_usd",
    "sell_usd",
    "coverage",
    "source",
)
LIQUIDATED = ("liq_long_usd", "liq_short_usd")

#: What a minute hands on: the columns of a bar, and what folds need beside them.
COLUMNS = (*NAMES, "coverage", "source", "oi_age")

_SUMMED = (*TRADED, *LIQUIDATED)


def close_minute(tapes: list[Tape], t1: int, gaps: Gaps, liquidates: dict[str, int], min_coverage: float) -> Bars:
    """The bars of the minute that ends at ``t1``; each tape moves on to the next."""
    # Before its slot goes: coverage looks whether its trades were fetched.
    end, whole = np.array([t1]), gaps.whole_venues(t1)
    covered = [1.0 if tape.venue in whole else float(gaps.coverage(tape, end)[0]) for tape in tapes]
    slots = [tape.slots.pop(t1, None) for tape in tapes]
    rows = [
        _traded(tape, slot, t1, coverage, min_coverage) + _liquidated(slot, heard)
        for tape, slot, coverage, heard in zip(
            tapes, slots, covered, _listened(tapes, t1, gaps, liquidates, min_coverage), strict=True
        )
    ]
    numbers = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * len(_SUMMED))
    bars: Bars = dict(zip(_SUMMED, numbers.reshape(len(rows), -1).T.copy(), strict=True))
    bars |= sample(tapes, slots, t1)
    derive(bars, np.array([tape.close_before for tape in tapes]), np.array([tape.oi_before for tape in tapes]))
    _move_on(tapes, t1, bars)
    return {name: bars[name] for name in COLUMNS}


def _traded(tape: Tape, slot: Slot | None, t1: int, coverage: float, min_coverage: float) -> tuple[float, ...]:
    if coverage >= min_coverage:
        if slot is None or not slot.n:
            last = tape.last_close
            return (last, last, last, last, 0.0, 0.0, 0.0, 0.0, 0.0, coverage, OWN)
        prices = (slot.open, slot.high, slot.low, slot.close)
        return (*prices, slot.vol_base, slot.buy + slot.sell, slot.n, slot.buy, slot.sell, coverage, OWN)
    bar = tape.bars.get(t1)
    if bar is None:
        return (NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, coverage, NONE)
    buy = NAN if bar.buy_usd is None else bar.buy_usd
    n = NAN if bar.n_trades is None else bar.n_trades
    prices = (bar.open, bar.high, bar.low, bar.close)
    return (*prices, bar.vol_base, bar.vol_usd, n, buy, bar.vol_usd - buy, 1.0, VENUE)


def _listened(tapes: list[Tape], t1: int, gaps: Gaps, liquidates: dict[str, int], min_coverage: float) -> list[bool]:
    """Whether each instrument's liquidations were listened to: its venue has told of a first one, and no gap since."""
    told = {venue for venue, first in liquidates.items() if t1 > first}
    if not gaps.unheard:
        return [tape.venue in told for tape in tapes]
    end = np.array([t1])
    return [tape.venue in told and float(gaps.heard_liquidations(tape, end)[0]) >= min_coverage for tape in tapes]


def _liquidated(slot: Slot | None, heard: bool) -> tuple[float, float]:  # noqa: FBT001 - a fact, not a switch
    if not heard:
        return NAN, NAN
    return (slot.liq_long, slot.liq_short) if slot is not None else (0.0, 0.0)


def _move_on(tapes: list[Tape], t1: int, bars: Bars) -> None:
    cvd = next_cvds(np.array([tape.cvd for tape in tapes]), bars["delta"], t1)
    bars["cvd"] = cvd
    closes, interest = bars["close"].tolist(), oi_heard(bars, NS_MIN).tolist()
    closed = nowhere()  # one for all: it holds no instant, so nothing is ever written to it
    for tape, flow, close, oi in zip(tapes, cvd.tolist(), closes, interest, strict=True):
        tape.cvd, tape.close_before, tape.oi_before, tape.next = flow, close, oi, t1 + NS_MIN
        if close == close:  # noqa: PLR0124 - not NaN
            tape.last_close = close
        if tape.slot.t1 <= t1:
            tape.slot = closed  # what comes for it now is late
        if tape.bars:
            tape.bars = {end: bar for end, bar in tape.bars.items() if end > t1}
