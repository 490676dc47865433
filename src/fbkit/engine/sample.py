"""The last-value columns of a bar: what was known of quote, mark, funding, open interest and ratios at its close.

Events become numbers by one function a kind here, for the bars of a minute that closes live and for a stretch of the
past alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import log
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import lns
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
from fbkit.model import NS_HOUR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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


def per_8h(rate: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """Funding rates per ``hours`` as (per 8 h, per year simple); an unknown interval is never guessed.

    >>> [round(float(f[0]), 6) for f in per_8h(np.array([0.0001]), np.array([8.0]))]
    [0.0001, 0.1095]
    """
    hours = np.where(hours > 0.0, hours, NAN)
    return rate * 8.0 / hours, rate * 8760.0 / hours


_QUOTE = tuple(map(attrgetter, ("bid", "ask", "depth_bid", "depth_ask", "levels")))
_MARK = tuple(map(attrgetter, ("mark", "index", "funding_rate", "funding_hours")))
_FUNDING = tuple(map(attrgetter, ("rate", "funding_hours")))
_OI = tuple(map(attrgetter, ("oi_base", "oi_usd")))
_VALUE = (attrgetter("value"),)
_ts = attrgetter("ts_event")


def _numbers(fields: Iterable[Callable[[Any], Any]], events: Sequence[Value]) -> list[Floats]:
    """Fields of events as columns; ``None`` is NaN. An array of flat lists is made at a third of the price."""
    return [np.array(list(map(field, events)), np.float64) for field in fields]


def _from_quotes(events: Sequence[Value]) -> tuple[Floats, ...]:
    """Spread in bp of mid, and book imbalance over 5 levels."""
    bid, ask, b, a, levels = _numbers(_QUOTE, events)
    spread = np.where((bid > 0.0) & (ask > 0.0), (ask - bid) / ((ask + bid) / 2.0) * 10_000.0, NAN)
    there = (levels == LEVELS) & (b > 0.0) & (a > 0.0)
    return spread, np.where(there, (b - a) / (b + a), NAN)


def _from_marks(events: Sequence[Value]) -> tuple[Floats, ...]:
    """Mark, index, premium, funding per 8 h and per year."""
    mark, index, rate, hours = _numbers(_MARK, events)
    premium = np.where((mark > 0.0) & (index > 0.0), (mark - index) / index, NAN)
    return (mark, index, premium, *per_8h(rate, hours))


def _from_fundings(events: Sequence[Value]) -> tuple[Floats, ...]:
    return per_8h(*_numbers(_FUNDING, events))


def _from_interest(events: Sequence[Value]) -> tuple[Floats, ...]:
    return tuple(_numbers(_OI, events))


def _from_ratios(events: Sequence[Value]) -> tuple[Floats, ...]:
    return tuple(map(lns, _numbers(_VALUE, events)))


_READ: tuple[Callable[[Sequence[Value]], tuple[Floats, ...]], ...] = (
    _from_quotes, _from_quotes, _from_marks, _from_fundings, _from_interest, *[_from_ratios] * 4,
)  # fmt: skip
_WIDTH = (2, 2, 5, 2, 2, 1, 1, 1, 1)


def _limits(kind: int, events: Sequence[Value]) -> Ints | int:
    """How old (ns) these values may be: a settled funding rate as long as its interval."""
    if kind != FUNDING:
        return FRESH_NS[kind]
    _, hours = _numbers(_FUNDING, events)
    return np.where(hours > 0.0, hours * NS_HOUR, FRESH_NS[kind]).astype(np.int64)


def sample(tapes: Sequence[Tape], slots: Sequence[Slot | None], t1: int) -> dict[str, Floats]:
    """The columns of :data:`SAMPLED` at ``t1``, one element a tape; what the slots heard becomes what is known."""
    _learn(tapes, slots, t1)
    known = list(zip(*[tape.known for tape in tapes], strict=True))
    with np.errstate(all="ignore"):
        read = [_at(kind, events, t1) for kind, events in enumerate(known)]
    age = np.array([NAN if event is None else t1 - event.ts_event for event in known[OI]])
    return _joined(read, age)


def _learn(tapes: Sequence[Tape], slots: Sequence[Slot | None], t1: int) -> None:
    for tape, slot in zip(tapes, slots, strict=True):
        if tape.past:
            _take_past(tape, t1)
        if slot is None:
            continue
        known = tape.known
        for kind, heard in enumerate(slot.values):
            if heard is not None:
                held = known[kind]
                if held is None or held.ts_event <= heard.ts_event:
                    known[kind] = heard


def _at(kind: int, events: Sequence[Value | None], t1: int) -> Sequence[Floats]:
    """One kind's numbers, NaN where an instrument has none or too old a one."""
    heard = [event for event in events if event is not None]
    numbers = [np.full(len(events), NAN) for _ in range(_WIDTH[kind])]
    if heard:
        fresh = t1 - np.array(list(map(_ts, heard))) <= _limits(kind, heard)
        there = [event is not None for event in events] if len(heard) < len(events) else slice(None)
        for column, read in zip(numbers, _READ[kind](heard), strict=True):
            column[there] = np.where(fresh, read, NAN)
    return numbers


def _joined(read: Sequence[Sequence[Floats]], oi_age: Floats) -> dict[str, Floats]:
    """All kinds' numbers as columns: the plain quote's spread before the book's, funding predicted before settled."""
    spread, mark = read[QUOTE][0], read[MARK]
    quoted, predicted = ~np.isnan(spread), ~np.isnan(mark[3])
    columns = (
        np.where(quoted, spread, read[DEPTH][0]), read[DEPTH][1], *mark[:3],
        np.where(predicted, mark[3], read[FUNDING][0]), np.where(predicted, mark[4], read[FUNDING][1]),
        *read[OI], oi_age, *read[ACCT_GLOBAL], *read[ACCT_TOP], *read[POS_TOP], *read[TAKER],
    )  # fmt: skip
    return dict(zip(SAMPLED, columns, strict=True))


def _take_past(tape: Tape, t1: int) -> None:
    later = []
    for event in tape.past:
        if event.ts_event <= t1:
            tape.learn(kind_of_value(event), event)
        else:
            later.append(event)
    tape.past = later


def sample_stretch(tape: Tape, t1: Ints) -> dict[str, Floats]:
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
    with np.errstate(all="ignore"):
        read = [_at_ends(tape, kind, points[kind], t1) for kind in range(KINDS)]
    return _joined(read, _ages(points[OI], t1))


def _ages(points: list[Value], t1: Ints) -> Floats:
    """How old (ns) the newest of these, sorted, is at each end; NaN before the first."""
    ts = np.array([event.ts_event for event in points], np.int64)
    last = np.searchsorted(ts, t1, side="right") - 1
    return np.where(last >= 0, t1 - ts[last], NAN) if len(ts) else np.full(len(t1), NAN)


def _at_ends(tape: Tape, kind: int, points: list[Value], t1: Ints) -> Sequence[Floats]:
    """One kind's numbers at each end: the last value at or before it, NaN where it is too old."""
    if not points:
        return [np.full(len(t1), NAN) for _ in range(_WIDTH[kind])]
    points.sort(key=_ts)
    ts = np.array(list(map(_ts, points)))
    last = np.searchsorted(ts, t1, side="right") - 1
    limits = np.broadcast_to(_limits(kind, points), ts.shape)
    fresh = (last >= 0) & (t1 - ts[last] <= limits[last])
    if last[-1] >= 0:
        tape.known[kind] = points[int(last[-1])]
    return [np.where(fresh, column[last], NAN) for column in _READ[kind](points)]
