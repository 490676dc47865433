"""What was not heard: which share of a minute is covered, and which instruments wait for a backfill."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.engine.tape import Tape
from fbkit.model import NS_MIN, Gap, floor_to

Interval = tuple[int, int]

#: How long a slot waits for the gap it lies in.
PATIENCE_NS = 10 * NS_MIN

#: Cause of the gap between two runs.
STOPPED = "stopped"

_FOREVER = 1 << 62


class Gaps:
    """Gaps of trades (channel ``trade`` or ``*``), and backfills of bars (channel ``bar``) under way.

    ``unheard`` are those of liquidations (``liquidation`` or ``*``), which nobody fetches again.

    ``begins`` is the Beat (UTC ns) from which on a venue is listened to: the last before it was first heard. What was
    traded before is known only where the open minute's trades were fetched. ``backfilled`` on ``trade`` or ``*``
    promises that the trades of ``[t0, t1)`` came before it.
    """

    def __init__(self) -> None:
        self.holes: dict[int, Gap] = {}
        self.unheard: dict[int, Gap] = {}
        self.open: dict[int, Gap] = {}
        self.begins: dict[str, int] = {}

    def take(self, gap: Gap) -> None:
        """A gap opened, closed, or was backfilled."""
        if gap.cause == STOPPED and gap.phase == "closed":
            self._end_all(gap)
        if gap.channel in {"liquidation", "*"}:
            self.unheard[gap.gap_id] = gap
        if gap.channel not in {"trade", "bar", "*"}:
            return
        if gap.phase == "opened":
            self.open[gap.gap_id] = gap
        else:
            self.open.pop(gap.gap_id, None)
        if gap.channel == "bar":
            return
        if gap.phase == "backfilled":
            self.holes.pop(gap.gap_id, None)
        else:
            self.holes[gap.gap_id] = gap

    def _end_all(self, stopped: Gap) -> None:
        """A run that died left gaps open: nobody will close them, and they end where the next run begins."""
        for number, gap in list(self.open.items()):
            if gap.ts_recv <= stopped.t0:
                del self.open[number]
        for gaps in (self.holes, self.unheard):
            for number, gap in gaps.items():
                if gap.t1 is None and gap.ts_recv <= stopped.t0:
                    gaps[number] = msgspec.structs.replace(gap, phase="closed", t1=stopped.t1)

    def forget(self, before: int) -> None:
        """Drop closed holes that end by ``before``: no open slot reaches so far back."""
        self.holes = {i: gap for i, gap in self.holes.items() if gap.t1 is None or gap.t1 > before}
        self.unheard = {i: gap for i, gap in self.unheard.items() if gap.t1 is None or gap.t1 > before}

    def whole_venues(self, t1: int) -> set[str]:
        """The venues of which nothing at all is missing of the minute that ends at ``t1``: nearly always, all."""
        return set() if self.holes else {venue for venue, begin in self.begins.items() if begin <= t1 - NS_MIN}

    def coverage(self, tape: Tape, t1: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share of each minute ending at ``t1`` in which this instrument's trades were heard."""
        found = [_span(gap) for gap in self.holes.values() if concerns(gap, tape)]
        begin = self.begins.get(tape.venue, _FOREVER)
        if begin > int(t1[0]) - NS_MIN:
            slot = tape.slots.get(begin - begin % NS_MIN + NS_MIN)
            found.append((-_FOREVER, slot.t0 if slot is not None and slot.backfilled else begin))
        return _share_outside(found, t1)

    def heard_liquidations(self, tape: Tape, t1: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share of each minute ending at ``t1`` in which this instrument's liquidations were listened to."""
        return _share_outside([_span(gap) for gap in self.unheard.values() if concerns(gap, tape)], t1)

    def reach(self, tape: Tape, first: int, until: int, now: int, min_coverage: float) -> int:
        """The end of the last minute, from ``first`` to ``until``, before one that waits at the Beat ``now``.

        ``first`` less a minute where the first waits already.
        """
        gaps = [gap for gap in self.open.values() if concerns(gap, tape)]
        # Bars being fetched hold everything back. (The ts_event of such a gap is where it begins, days ago perhaps.)
        if any(gap.channel == "bar" and now < gap.ts_recv + PATIENCE_NS for gap in gaps):
            return first - NS_MIN
        missed = [gap.t0 for gap in gaps if gap.channel != "bar"]
        if not missed:
            return until
        t1 = max(first, floor_to(min(*missed, until), NS_MIN), floor_to(now - PATIENCE_NS, NS_MIN))
        while t1 <= until and not self._is_missed(tape, t1, now, min(missed), min_coverage):
            t1 += NS_MIN
        return min(t1 - NS_MIN, until)

    def _is_missed(self, tape: Tape, t1: int, now: int, t0: int, min_coverage: float) -> bool:
        """Whether a slot has too few trades without those being fetched, and there is still time for them."""
        patient = t0 < t1 and now < t1 + PATIENCE_NS
        return patient and bool(self.coverage(tape, np.array([t1]))[0] < min_coverage)


def _span(gap: Gap) -> Interval:
    return gap.t0, _FOREVER if gap.t1 is None else gap.t1


def _share_outside(intervals: list[Interval], t1: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of each minute ending at ``t1`` that lies in none of these; what two share counts once.

    >>> _share_outside([(0, NS_MIN // 2), (NS_MIN // 4, NS_MIN // 2)], np.array([NS_MIN, 2 * NS_MIN])).tolist()
    [0.5, 1.0]
    """
    missing = np.zeros(len(t1), np.int64)
    reached = int(t1[0]) - NS_MIN
    for a, b in sorted(intervals):
        begin, end = max(a, reached), min(b, int(t1[-1]))
        if begin < end:
            missing += np.clip(np.minimum(end, t1) - np.maximum(begin, t1 - NS_MIN), 0, None)
            reached = end
    return (NS_MIN - missing) / NS_MIN


def concerns(gap: Gap, tape: Tape) -> bool:
    """Whether a gap is about this instrument.

    >>> from fbkit.engine.tape import Tape
    >>> away = Gap("", 0, 0, 1, "", "*", "opened", "away", 0)
    >>> concerns(away, Tape(0, "binance:BTC-USDT-PERP", "binance"))
    True
    """
    return gap.instrument in {"", tape.name} and gap.venue in {"", tape.venue}
