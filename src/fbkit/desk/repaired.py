"""Bars as all events known now would have them, beside what was published when they closed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pandas as pd

from fbkit.engine.derive import NAMES, SOURCES, Bars, source_names
from fbkit.engine.repair import Minutes, Repair, fold_up, nothing_published
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_MS, TIMEFRAMES, Event, Gap, Origin, Span, floor_to
from fbkit.settings import Settings
from fbkit.store import Store

#: Read at once: a few hours of one instrument fit in memory.
_PIECE_NS = 6 * NS_HOUR

#: A settled funding rate is known for so long, whatever else for less.
_KNOWN_NS = 8 * NS_HOUR

#: Values that state the very end of their minute count into it: ``(t0, t1]``. Trades and liquidations: ``[t0, t1)``.
_AT_ENDS = ("quote", "mark", "bar")
_WITHIN = ("trade", "liquidation")
_POLLED = ("open_interest", "ratio", "funding")


def repaired_bars(store: Store, settings: Settings, instrument: str, tf: str, span: Span) -> pd.DataFrame:
    """Bars of one instrument in a span: ``source`` is ``repaired`` where one says more than what was published.

    Slots whose events are no longer stored stay as they were published; so does each number that events cannot tell.
    """
    published = store.rows("bars", instrument=instrument, tf=tf, span=span)
    min_coverage = settings.min_coverage
    begin = _listened_since(store, instrument)
    last = store.last_beat()
    if begin is None or last is None:
        return _marked(published, 0)
    closed = last.ts_event - settings.lateness_ms * NS_MS
    until = closed if span.until is None else min(span.until, closed)
    first = max(begin, 0 if span.since is None else span.since)
    # From 00:00 UTC, where the cumulative delta begins, and one bar before: its close is what a return begins with.
    start = floor_to(first, NS_DAY) - TIMEFRAMES[tf]
    minutes = _minutes(store, instrument, start, floor_to(until, NS_MIN), begin, min_coverage)
    if not len(minutes.t1):
        return _marked(published, 0)
    found = minutes if tf == "1m" else fold_up(minutes, tf, min_coverage)
    since = -1 if span.since is None else span.since
    return _beside(published, found, found.repaired & (found.t1 > since) & (found.t1 <= until), instrument, tf)


def _listened_since(store: Store, instrument: str) -> int | None:
    """Since when the events of every stream of it are there; ``None`` where none is."""
    firsts = []
    for kind in ("trade", "quote", "mark"):
        live = (event.ts_recv for event in store.events(kind, instrument) if event.origin != Origin.BACKFILL)
        firsts.append(next(live, None))
    heard = [ts for ts in firsts if ts is not None]
    return max(heard) if heard else None


def _minutes(store: Store, instrument: str, start: int, until: int, begin: int, min_coverage: float) -> Minutes:
    gaps = sorted((event for event in store.events("gap") if isinstance(event, Gap)), key=lambda gap: gap.seq)
    repair = Repair(instrument, start + NS_MIN, begin, gaps, min_coverage)
    pieces = []
    for a in range(start, until, _PIECE_NS):
        b = min(a + _PIECE_NS, until)
        polled = Span((a - _KNOWN_NS if a == start else a) + 1, b + 1)
        events = sorted(_events(store, instrument, a, b, polled), key=lambda event: event.seq)
        pieces.append(repair.fill(events, b, _published(store, instrument, Span(a, b))))
    if not pieces:
        return Minutes(np.empty(0, np.int64), {}, np.empty(0, np.bool_))
    bars = {name: np.concatenate([piece.bars[name] for piece in pieces]) for name in pieces[0].bars}
    whole = [np.concatenate([piece[k] for piece in pieces]) for k in (0, 2)]
    return Minutes(whole[0], bars, whole[1])


def _events(store: Store, instrument: str, a: int, b: int, polled: Span) -> Iterator[Event]:
    spans = dict.fromkeys(_WITHIN, Span(a, b)) | dict.fromkeys(_AT_ENDS, Span(a + 1, b + 1))
    spans |= dict.fromkeys(_POLLED, polled)
    return chain.from_iterable(store.events(kind, instrument, span) for kind, span in spans.items())


def _published(store: Store, instrument: str, span: Span) -> Bars:
    """The minutes of a span as they closed, a place for each."""
    first, last = span.since or 0, span.until or 0
    bars = nothing_published((last - first) // NS_MIN)
    rows = store.rows("bars", instrument=instrument, tf="1m", span=span)
    places = (rows["t1"].to_numpy(np.int64) - first) // NS_MIN - 1
    for name in (*NAMES, "coverage"):
        bars[name][places] = rows[name].to_numpy(np.float64)
    bars["source"][places] = [SOURCES.index(word) for word in rows["source"]]
    return bars


def _beside(
    published: pd.DataFrame,
    found: Minutes,
    repaired: np.ndarray[tuple[int], np.dtype[np.bool_]],
    instrument: str,
    tf: str,
) -> pd.DataFrame:
    """Published rows, and repaired ones in the place of those of the same slot."""
    t1 = found.t1[repaired]
    columns = {name: found.bars[name][repaired] for name in (*NAMES, "coverage")}
    ends = pd.DatetimeIndex(t1.view("M8[ns]"), tz="UTC", name=published.index.name)
    new = pd.DataFrame({"instrument": instrument, "tf": tf, "t0": t1 - TIMEFRAMES[tf], "t1": t1, **columns}, index=ends)
    if not new["n_trades"].isna().any():
        new["n_trades"] = new["n_trades"].astype(np.int64)
    kinds = np.array(source_names(found.bars["source"][repaired]), object)
    new["source"] = np.where(kinds == "none", "none", "repaired")
    kept = published[~published["t1"].isin(t1)]
    if new.empty:
        return _marked(published, 0)
    new = new.reindex(columns=published.columns, fill_value=0)
    frame = new if kept.empty else pd.concat([kept, new]).sort_values("t1", kind="stable")
    return _marked(frame, len(new))


def _marked(frame: pd.DataFrame, repaired: int) -> pd.DataFrame:
    frame.attrs["repaired"] = repaired
    return frame
