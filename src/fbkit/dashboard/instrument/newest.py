"""What a store says last of one instrument that no bar holds: index, next settlement, settled rates, coins held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, Gap, Span

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.store import Store

NAN = float("nan")

#: Marks come once a second and open interest at least once an hour: nothing older is looked for.
_MARKS, _INTEREST = 5 * NS_MIN, 2 * NS_HOUR


class Settled(NamedTuple):
    """A settled funding rate: when (UTC ns), as a fraction per 8 h."""

    ts: int
    rate_8h: float


class Condition(NamedTuple):
    """A condition of the confluence that is met: ``long`` or ``short``, its column, the value and what was needed."""

    side: str
    column: str
    value: float
    needed: float


class Newest(msgspec.Struct, frozen=True):
    """The newest events of an instrument. Prices in USD a coin, instants in UTC ns (0: none was found), NaN: missing.

    ``ts_funding`` is when funding settles next, ``funding_hours`` how far apart settlements are; ``settled`` the rates
    of the stretch that was asked about. ``seq`` is the newest event of the database, ``code`` what computed its bars.
    ``bias`` and ``conditions`` are those of the newest summary.
    """

    mark: float = NAN
    index: float = NAN
    mark_ts: int = 0
    funding_hours: float = NAN
    ts_funding: int = 0
    oi_base: float = NAN
    oi_ts: int = 0
    settled: tuple[Settled, ...] = ()
    gaps: tuple[Gap, ...] = ()
    seq: int = 0
    beat_ts: int = 0
    code: str = ""
    bias: str = ""
    conditions: tuple[Condition, ...] = ()


def newest(store: Store, instrument: str, tf: str, reach: int) -> Newest:
    """Ask a store about one instrument; settled rates and gaps of the last ``reach`` ns.

    >>> Newest().settled
    ()
    """
    beat, runs = store.last_beat(), store.runs()
    now = beat.ts_recv if beat else 0
    since = now - reach
    marks = _last(store.read("mark", instrument, Span(now - _MARKS)))
    interest = _last(store.read("open_interest", instrument, Span(now - _INTEREST)))
    summary = _row(store.rows("summary", instrument=instrument, tf=tf))
    return Newest(
        mark=_number(marks, "mark"),
        index=_number(marks, "index"),
        mark_ts=int(marks.get("ts_event", 0)),
        funding_hours=_number(marks, "funding_hours"),
        ts_funding=_whole(marks, "ts_funding"),
        oi_base=_number(interest, "oi_base"),
        oi_ts=int(interest.get("ts_event", 0)),
        settled=_settled(store, instrument, since),
        gaps=_gaps(store, instrument, since),
        seq=beat.seq if beat else 0,
        beat_ts=now,
        code=runs[-1].code if runs else "",
        bias=str(summary["bias"]) if summary else "",
        conditions=_conditions(str(summary["conditions"])) if summary else (),
    )


def _last(events: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[-1] for name, values in events.items() if len(values)}


def _row(frame: pd.DataFrame) -> dict[Any, Any]:
    return dict(frame.iloc[-1]) if len(frame) else {}


def _conditions(told: str) -> tuple[Condition, ...]:
    return tuple(Condition(*one) for one in msgspec.json.decode(told, type=list[tuple[str, str, float, float]]))


def _number(event: Mapping[str, Any], name: str) -> float:
    value = event.get(name)
    return NAN if value is None else float(value)


def _whole(event: Mapping[str, Any], name: str) -> int:
    value = event.get(name)
    # What a column of instants has where there is none is NaN, or the least integer.
    return int(value) if value is not None and np.isfinite(float(value)) and value > 0 else 0


def _settled(store: Store, instrument: str, since: int) -> tuple[Settled, ...]:
    found = store.read("funding", instrument, Span(since - NS_DAY))
    rows = zip(found["ts_event"].tolist(), found["rate"].tolist(), found["funding_hours"].tolist(), strict=True)
    return tuple(Settled(ts, rate * 8.0 / hours) for ts, rate, hours in rows if hours and hours > 0)


def _gaps(store: Store, instrument: str, since: int) -> tuple[Gap, ...]:
    """Gaps of its trades or of everything; what a first start had to fetch is no gap."""
    venue = instrument.partition(":")[0]
    frame = store.gaps(Span(since))
    frame = frame.astype(object).where(frame.notna(), None)
    return tuple(
        gap for gap in map(_gap, frame.to_dict("records")) if concerns(gap, instrument, venue) and gap.cause != "start"
    )


def concerns(gap: Gap, instrument: str, venue: str) -> bool:
    """Whether a gap left holes in the bars of an instrument."""
    return gap.channel in {"trade", "*"} and gap.venue in {"", venue} and gap.instrument in {"", instrument}


def _gap(row: Mapping[Any, Any]) -> Gap:
    known = {name: row[name] for name in ("gap_id", "channel", "phase", "cause", "t0")}
    return Gap(
        instrument=str(row["instrument"] or ""),
        venue=str(row["venue"] or ""),
        ts_event=int(row["t0"]),
        ts_recv=0,
        t1=None if row["t1"] is None else int(row["t1"]),
        **known,
    )
