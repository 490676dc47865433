"""The last-value columns of a bar: what was known of quote, mark, funding, open interest and ratios at its close.

Each event becomes numbers by one function here, for a bar that closes live and for a stretch of the past alike.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.tape import (
    ACCT_GLOBAL,
    ACCT_TOP,
    DEPTH,
    FRESH_NS,
    FUNDING,
    KINDS,
    MARK,
    NAN,
    OI,
    POS_TOP,
    QUOTE,
    TAKER,
    Slot,
    Tape,
    Value,
    kind_of_value,
)
from fbkit.model import NS_HOUR, Funding, Mark, OpenInterest, Quote, Ratio

Floats = NDArray[np.float64]

#: What :func:`sample` gives, in order; ``oi_usd`` as the venue states it, ``oi_age`` in ns (no column of a bar).
SAMPLED = (
    "spread_bp", "obi_5", "mark", "index", "premium", "funding_8h", "funding_apr", "oi_base", "oi_usd", "oi_age",
    "ln_ls_acct_global", "ln_ls_acct_top", "ln_ls_pos_top", "ln_taker_ratio",
)  # fmt: skip

#: The book depth the column ``obi_5`` is about.
LEVELS = 5

_INF = float("inf")


def ln(x: float) -> float:
    """The natural logarithm, NaN where there is none.

    >>> ln(1.0), ln(0.0)
    (0.0, nan)
    """
    return log(x) if 0.0 < x < _INF else NAN


def per_8h(rate: float | None, hours: float | None) -> tuple[float, float]:
    """A funding rate per ``hours`` as (per 8 h, per year simple); an unknown interval is never guessed.

    >>> [round(f, 6) for f in per_8h(0.0001, 8)]
    [0.0001, 0.1095]
    """
    if rate is None or not hours:
        return NAN, NAN
    return rate * 8.0 / hours, rate * 8760.0 / hours


def _from_quote(event: Quote) -> tuple[float, float]:
    """Spread in bp of mid, and book imbalance over 5 levels."""
    bid, ask = event.bid, event.ask
    spread = NAN
    if bid is not None and ask is not None and bid + ask > 0.0:
        spread = (ask - bid) / ((ask + bid) / 2.0) * 10_000.0
    b, a = event.depth_bid, event.depth_ask
    if event.levels != LEVELS or not b or not a:
        return spread, NAN
    return spread, (b - a) / (b + a)


def _from_mark(event: Mark) -> tuple[float, float, float, float, float]:
    """Mark, index, premium, funding per 8 h and per year."""
    index = NAN if event.index is None else event.index
    premium = (event.mark - index) / index if index else NAN
    return (event.mark, index, premium, *per_8h(event.funding_rate, event.funding_hours))


def _from_funding(event: Funding) -> tuple[float, float]:
    return per_8h(event.rate, event.funding_hours)


def _from_oi(event: OpenInterest) -> tuple[float, float]:
    return event.oi_base, NAN if event.oi_usd is None else event.oi_usd


def _from_ratio(event: Ratio) -> tuple[float]:
    return (ln(event.value),)


_READ: tuple[Callable[..., tuple[float, ...]], ...] = (
    _from_quote, _from_quote, _from_mark, _from_funding, _from_oi, *[_from_ratio] * 4,
)  # fmt: skip
_WIDTH = (2, 2, 5, 2, 2, 1, 1, 1, 1)
_ABSENT = tuple((NAN,) * width for width in _WIDTH)


def _limit(kind: int, event: Value) -> int:
    """How old (ns) this value may be."""
    if isinstance(event, Funding) and event.funding_hours:
        return int(event.funding_hours * NS_HOUR)
    return FRESH_NS[kind]


def sample(tape: Tape, slot: Slot | None, t1: int) -> tuple[float, ...]:
    """The numbers of :data:`SAMPLED` at ``t1``; what the slot heard becomes what is known."""
    if tape.past:
        _take_past(tape, t1)
    if slot is not None:
        for kind, heard in enumerate(slot.values):
            if heard is not None:
                tape.learn(kind, heard)
    read = [
        _READ[kind](event) if event is not None and t1 - event.ts_event <= _limit(kind, event) else _ABSENT[kind]
        for kind, event in enumerate(tape.known)
    ]
    oi = tape.known[OI]
    return _joined(read, NAN if oi is None else float(t1 - oi.ts_event))


def _joined(read: list[tuple[float, ...]], oi_age: float) -> tuple[float, ...]:
    spread, _ = read[QUOTE]
    depth_spread, obi = read[DEPTH]
    mark, index, premium, f8h, apr = read[MARK]
    if f8h != f8h:  # noqa: PLR0124 - NaN: nothing predicted, so what was settled last
        f8h, apr = read[FUNDING]
    return (
        depth_spread if spread != spread else spread,  # noqa: PLR0124 - NaN: no plain quote
        obi, mark, index, premium, f8h, apr, *read[OI], oi_age,
        *read[ACCT_GLOBAL], *read[ACCT_TOP], *read[POS_TOP], *read[TAKER],
    )  # fmt: skip


def _take_past(tape: Tape, t1: int) -> None:
    for event in tape.past:
        if event.ts_event <= t1:
            tape.learn(kind_of_value(event), event)
    tape.past = [event for event in tape.past if event.ts_event > t1]


def sample_stretch(tape: Tape, t1: NDArray[np.int64]) -> dict[str, Floats]:
    """As :func:`sample` at every one of many ends, rising; afterwards the tape knows what it knows at the last."""
    end = int(t1[-1])
    points: list[list[Value]] = [[] if event is None else [event] for event in tape.known]
    for event in tape.past:
        if event.ts_event <= end:
            points[kind_of_value(event)].append(event)
    tape.past = [event for event in tape.past if event.ts_event > end]
    for slot in tape.slots.values():
        if slot.t1 <= end:
            for kind, value in enumerate(slot.values):
                if value is not None:
                    points[kind].append(value)
    read = [_at_ends(tape, kind, points[kind], t1) for kind in range(KINDS)]
    oi_age = _ages(points[OI], t1)
    predicted, quoted = ~np.isnan(read[MARK][3]), ~np.isnan(read[QUOTE][0])
    columns = (
        np.where(quoted, read[QUOTE][0], read[DEPTH][0]),
        read[DEPTH][1], *read[MARK][:3],
        np.where(predicted, read[MARK][3], read[FUNDING][0]), np.where(predicted, read[MARK][4], read[FUNDING][1]),
        *read[OI], oi_age, *read[ACCT_GLOBAL], *read[ACCT_TOP], *read[POS_TOP], *read[TAKER],
    )  # fmt: skip
    return dict(zip(SAMPLED, columns, strict=True))


def _ages(points: list[Value], t1: NDArray[np.int64]) -> Floats:
    """How old (ns) the newest of these, sorted, is at each end; NaN before the first."""
    ts = np.array([event.ts_event for event in points], np.int64)
    last = np.searchsorted(ts, t1, side="right") - 1
    return np.where(last >= 0, t1 - ts[last], NAN) if len(ts) else np.full(len(t1), NAN)


def _at_ends(tape: Tape, kind: int, points: list[Value], t1: NDArray[np.int64]) -> Floats:
    """One kind's numbers (width × ends): the last value at or before each end, NaN where it is too old."""
    if not points:
        return np.full((_WIDTH[kind], len(t1)), NAN)
    points.sort(key=lambda event: event.ts_event)
    ts = np.array([event.ts_event for event in points])
    last = np.searchsorted(ts, t1, side="right") - 1
    limits = np.array([_limit(kind, event) for event in points])
    numbers = np.array([_READ[kind](event) for event in points]).T
    fresh = (last >= 0) & (t1 - ts[last] <= limits[last])
    if last[-1] >= 0:
        tape.known[kind] = points[int(last[-1])]
    return np.where(fresh, numbers[:, last], NAN)
