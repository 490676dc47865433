"""Coverage: of a stretch of time, the share in which we know what there was to know of one stream.

A stream is covered where Beats say that the collector ran and no unfilled gap of that stream lies, and where a gap of
it was backfilled. Everything here is intervals of UTC ns, half-open, in order and apart; the arithmetic is pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fbkit.model.market import Span
from fbkit.model.timeframe import NS_MIN, NS_S

if TYPE_CHECKING:
    from fbkit.store.reader import Store

Intervals: TypeAlias = list[tuple[int, int]]

#: The gap under which the past is fetched says ``bar``; these come with it.
_COME_WITH_BARS = frozenset({"bar", "funding", "open_interest", "ratio"})

#: What is fetched again trade by trade. Of every other channel a gap stays one, whatever came later.
_REFILLED = frozenset({"trade"})

#: Beats are looked up by ``ts_event``, which lies at most so much before their ``ts_recv``.
_SKEW_NS = NS_MIN


class Missed(NamedTuple):
    """A gap as coverage sees it: ``[t0, t1)``, ``t1`` ``None`` while open; ``""`` and ``*`` mean all."""

    t0: int
    t1: int | None
    venue: str
    channel: str
    instrument: str
    backfilled: bool


def running(beats: NDArray[np.int64] | Sequence[int]) -> Intervals:
    """When the collector ran: each Beat (its ``ts_recv``, rising) speaks for the second before it.

    >>> running([2 * NS_S, 3 * NS_S, 9 * NS_S]) == [(1 * NS_S, 3 * NS_S), (8 * NS_S, 9 * NS_S)]
    True
    """
    at = np.asarray(beats, dtype=np.int64)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > NS_S) + 1
    starts, ends = at[np.concatenate(([0], breaks))] - NS_S, at[np.concatenate((breaks - 1, [len(at) - 1]))]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def covered(ran: Intervals, gaps: Iterable[Missed], instrument: str, channel: str) -> Intervals:
    """When one stream is covered.

    A gap of all channels is made good where the stream itself was backfilled; a gap of the stream alone is not.

    >>> gap = Missed(20, 40, "binance", "trade", "", False)
    >>> covered([(0, 100)], [gap], "binance:BTC-USDT-PERP", "trade")
    [(0, 20), (40, 100)]
    >>> covered([(0, 100)], [gap._replace(backfilled=True)], "binance:BTC-USDT-PERP", "trade")
    [(0, 100)]
    """
    own: Intervals = []
    general: Intervals = []
    filled: Intervals = []
    for gap in gaps:
        if not _concerns(gap, instrument):
            continue
        stretch = (gap.t0, _FAR if gap.t1 is None else gap.t1)
        if gap.backfilled and _fills(gap.channel, channel):
            filled.append(stretch)
        elif gap.channel == channel:
            own.append(stretch)
        elif gap.channel == "*":
            general.append(stretch)
    return minus(union([*minus(ran, union(general)), *filled]), union(own))


def share(intervals: Intervals, since: int, until: int) -> float:
    """How much of ``[since, until)`` intervals cover, 0 to 1; of no time, nothing.

    >>> share([(0, 20), (40, 100)], 0, 100)
    0.8
    """
    if until <= since:
        return 0.0
    inside = sum(max(0, min(end, until) - max(start, since)) for start, end in intervals)
    return inside / (until - since)


def union(intervals: Iterable[tuple[int, int]]) -> Intervals:
    """In order and apart.

    >>> union([(5, 7), (1, 3), (2, 4), (9, 9)])
    [(1, 4), (5, 7)]
    """
    joined: Intervals = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined


def joined_ns(intervals: Iterable[tuple[int, int]]) -> int:
    """Nanoseconds that lie in at least one of the intervals, in whatever order they come.

    >>> joined_ns([(5, 7), (1, 3), (2, 4), (9, 9)])
    5
    """
    return sum(end - start for start, end in union(intervals))


def minus(intervals: Intervals, without: Intervals) -> Intervals:
    """What is left of intervals; both in order and apart.

    >>> minus([(0, 10), (20, 30)], [(3, 5), (8, 22)])
    [(0, 3), (5, 8), (22, 30)]
    """
    left: Intervals = []
    at = 0
    for start, end in intervals:
        while at < len(without) and without[at][1] <= start:
            at += 1
        begin, place = start, at
        while place < len(without) and without[place][0] < end:
            if begin < without[place][0]:
                left.append((begin, without[place][0]))
            begin = max(begin, without[place][1])
            place += 1
        if begin < end:
            left.append((begin, end))
    return left


class Ledger:
    """Beats and gaps of a span, read once; then the coverage of any stream in it.

    ``since`` and ``until`` are the ends: those of the span, else the first run's start and the last Beat.
    """

    def __init__(self, store: Store, span: Span) -> None:
        runs = store.runs()
        first = runs[0].ts_start if runs else 0
        self.since, self.until = _ends(store, span, first)
        self.ran: Intervals = []
        self.gaps: list[Missed] = []
        if self.since < self.until:
            wide = Span(self.since - _SKEW_NS, self.until + _SKEW_NS)
            ran = running(np.sort(store.read("beat", None, wide)["ts_recv"]))
            self.ran = minus(ran, [(0, first)])  # the first Beat speaks for a second that had begun without us
            self.gaps = [_missed(row) for row in store.gaps(Span(self.since, self.until)).to_dict("records")]

    def coverage(self, instrument: str, channel: str) -> float:
        """Share of the span in which this stream is covered."""
        return share(covered(self.ran, self.gaps, instrument, channel), self.since, self.until)


def coverage(store: Store, instrument: str, channel: str, span: Span) -> float:
    """Share of a span, 0 to 1, in which Beats ran and no unfilled gap of an instrument's channel lies.

    An open end of the span is the first run's start, or the last Beat. ``channel`` is one of
    :data:`fbkit.model.CHANNELS`, ``"*"`` asks whether anything was heard at all.
    """
    return Ledger(store, span).coverage(instrument, channel)


_FAR = 2**63 - 1


def _concerns(gap: Missed, instrument: str) -> bool:
    if gap.instrument:
        return gap.instrument == instrument
    return not gap.venue or instrument.partition(":")[0] == gap.venue


def _fills(said: str, channel: str) -> bool:
    """Whether a gap of a channel, backfilled, brings what another one missed."""
    if said == "bar":
        return channel in _COME_WITH_BARS
    return channel in _REFILLED and said in {channel, "*"}


def _missed(row: dict[Any, Any]) -> Missed:
    t1 = row["t1"]
    return Missed(
        int(row["t0"]),
        int(t1) if hasattr(t1, "__index__") else None,
        row["venue"] or "",
        row["channel"] or "*",
        row["instrument"] if isinstance(row["instrument"], str) else "",
        row["phase"] == "backfilled",
    )


def _ends(store: Store, span: Span, first: int) -> tuple[int, int]:
    since, until = first if span.since is None else span.since, span.until
    if until is None:
        last = store.last_beat()
        until = last.ts_recv if last else since
    return since, until
