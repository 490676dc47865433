"""Events → 1m slots → bars → metrics. Time passes through :meth:`Engine.beat` and through nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.checkpoint import Frozen, State, unpack
from fbkit.engine.closed import Closed, Provisional
from fbkit.engine.derive import Bars
from fbkit.engine.fold import Fold
from fbkit.engine.gaps import concerns
from fbkit.engine.judge import Judge
from fbkit.engine.listen import Listener
from fbkit.engine.minute import close_minute
from fbkit.engine.past import fill_stretch
from fbkit.engine.rows import bar_rows, metric_rows, summary_rows
from fbkit.engine.sample import ln
from fbkit.engine.tape import NAN, NEVER, Tape
from fbkit.engine.why import why_missing
from fbkit.model import (
    BASE_TIMEFRAME,
    NS_DAY,
    NS_MIN,
    NS_S,
    TIMEFRAMES,
    Beat,
    Event,
    Gap,
    floor_to,
)

_FIRST_CAPACITY = 16

#: Nothing older than this is filled in, nor told as missing: the longest backfill and a day.
_HORIZON_NS = 8 * NS_DAY

#: So many minutes skipped by the Beats are still closed live, one after the other.
_CATCH_UP = 5


class Engine:
    """Turns events into bars and metrics, the same bits live and replayed.

    Parameters
    ----------
    lateness_ns : int
        How long (ns of a Beat's ``ts_event``) a bar waits for late events.
    min_coverage : float
        Share of a slot, and of a baseline, that must be covered.
    stamp : int
        Written into every row: code and settings it was made with.

    Notes
    -----
    Bar [t0, t1) closes at the first Beat with ``ts_event >= t1 + lateness``, all instruments at that one place. A slot
    whose instrument waits for a gap's backfill (:mod:`fbkit.engine.gaps`), or that ended before the first Beat, or that
    a long jump of the Beats skipped, is filled afterwards in slot order: its rows come with the next Beat.

    Examples
    --------
    >>> from fbkit.model import Side, Trade
    >>> engine = Engine()
    >>> _ = engine.beat(Beat("", 0, 0, 1))
    >>> engine.take(Trade("binance:BTC-USDT-PERP", 5 * NS_S, 5 * NS_S, 1, 100.0, 2.0, Side.BUY))
    >>> closed = [row for n in range(2, 63) for row in engine.beat(Beat("", n * NS_S, n * NS_S, n)).bars]
    >>> [(row.tf, row.close, row.delta, row.source) for row in closed]
    [('1m', 100.0, 200.0, 'own')]
    """

    def __init__(self, *, lateness_ns: int = NS_S, min_coverage: float = 0.8, stamp: int = 0) -> None:
        self.lateness_ns, self.min_coverage, self.stamp = lateness_ns, min_coverage, stamp
        self._listener = Listener()
        self._handlers = self._listener.handlers
        self._folds = {tf: Fold(tf, min_coverage) for tf in TIMEFRAMES if tf != BASE_TIMEFRAME}
        self._judges = {tf: Judge(tf, min_coverage) for tf in TIMEFRAMES}
        self._capacity = 0
        self._now = NEVER
        self._begin = NEVER
        self._target = NEVER
        self._ready = Closed([], [], [], 0, [])
        self._frozen: Callable[[], Frozen | None] = _nothing

    @property
    def late(self) -> Counter[tuple[str, str]]:
        """Live events that came after their bar had closed, by (venue, channel)."""
        return self._listener.late

    def take(self, event: Event) -> None:
        """Hear one event (never a Beat), in ``seq`` order."""
        self._handlers[type(event)](event)
        if type(event) is Gap and event.phase != "opened":
            self._fill_behind(event)

    def take_all(self, events: Iterable[Event]) -> None:
        """Hear events other than Beats and Gaps, in ``seq`` order: as :meth:`take` would, at a third of its price."""
        self._listener.take_all(events)

    def beat(self, beat: Beat) -> Closed:
        """Let time pass; returns the rows of what it closed, and of what was filled since the last Beat."""
        ts, before = beat.ts_event, self._now
        self._now = ts
        if self._listener.unheard:
            self._listener.begin(ts if before == NEVER else before)
        if self.lacks_room:
            self.make_room()
        target = floor_to(ts - self.lateness_ns, NS_MIN)
        if self._begin == NEVER:
            self._begin = ts
        if target > self._target:
            self._listener.set_horizon(target - _HORIZON_NS)
            self._pass_to(target)
        closed, self._ready = self._ready, Closed([], [], [], 0, [])
        return closed

    def live(self, names: Iterable[str]) -> dict[str, Provisional]:
        """What the open bars of these instruments say so far; those never heard of are left out."""
        found, minute = {}, self._judges[BASE_TIMEFRAME]
        for name in names:
            tape = self._listener.tapes.get(name)
            if tape is not None:
                slot = tape.slot
                last = slot.close if slot.n else tape.last_close
                ret = ln(last / tape.close_before)
                z = minute.peek(tape.i, "ret", ret) if tape.next else NAN
                found[name] = Provisional(last, slot.close_ts, slot.buy + slot.sell, ret, slot.n, z)
        return found

    def settle(self, names: Sequence[str], tf: str, t1: NDArray[np.int64], bars: Bars) -> Bars:
        """What is judged and told of bars that closed: the bars themselves.

        One row a bar; ``names`` and ``t1`` (its end) stand beside. Who verifies (:mod:`fbkit.replay`) compares them
        with those told once, and judges these: so an error in a bar is not told again as errors of its metrics.
        """
        return bars

    def checkpoint(self) -> bytes:
        """Everything a later engine needs to go on from here."""
        return self.freeze().pack()

    def freeze(self) -> Frozen:
        """The same, to be packed later and elsewhere."""
        listener = self._listener
        state = State(
            lateness_ns=self.lateness_ns,
            min_coverage=self.min_coverage,
            now=self._now,
            begin=self._begin,
            target=self._target,
            horizon=listener.horizon,
            capacity=self._capacity,
            tapes=listener.order,
            begins=listener.gaps.begins,
            liquidates=listener.liquidates,
            late=[(*key, n) for key, n in listener.late.items()],
            holes=listener.gaps.holes,
            unheard=listener.gaps.unheard,
            open=listener.gaps.open,
            bars=self._ready.bars,
            summary=self._ready.summary,
            filled=self._ready.filled,
        )
        heard = len(listener.order)
        parts = self._parts().items()
        self._thaw()
        frozen = Frozen(state, {part: {k: a[:heard] for k, a in columns.dump().items()} for part, columns in parts})
        self._frozen = ref(frozen)
        return frozen

    def _thaw(self) -> None:
        """Before arrays change: what was frozen, and is not packed yet, keeps what they hold."""
        frozen, self._frozen = self._frozen(), _nothing
        if frozen is not None:
            frozen.settle()

    def restore(self, state: bytes) -> None:
        """Go on from where :meth:`checkpoint` was taken; raises ``ValueError`` for a state of another shape."""
        found, arrays = unpack(state)
        if (found.lateness_ns, found.min_coverage) != (self.lateness_ns, self.min_coverage):
            raise ValueError("a state made with another lateness or coverage")
        self._now, self._begin, self._target, self._capacity = found.now, found.begin, found.target, found.capacity
        self._ready = Closed(found.bars, [], found.summary, found.filled, [])
        self._listener.adopt(found)
        for part, columns in self._parts().items():
            columns.load_state(arrays[part])
            columns.grow(self._capacity)

    def _parts(self) -> dict[str, Fold | Judge]:
        """Everything that holds arrays, by name."""
        folds = {f"fold {tf}": fold for tf, fold in self._folds.items()}
        return folds | {f"judge {tf}": judge for tf, judge in self._judges.items()}

    def _pass_to(self, target: int) -> None:
        """Close the minutes up to ``target``: live where they follow on the last, else as a fill."""
        known = self._target != NEVER and target - self._target <= _CATCH_UP * NS_MIN
        first_live = max(self._target, floor_to(self._begin, NS_MIN)) + NS_MIN if known else target + NS_MIN
        self._target = target
        self._fill_all(min(first_live - NS_MIN, target))
        for t1 in range(first_live, target + NS_MIN, NS_MIN):
            self._close_live(t1)
        if self._listener.gaps.holes or self._listener.gaps.unheard:
            reach = [tape.next or tape.first for tape in self._listener.order]
            self._listener.gaps.forget(min((t1 for t1 in reach if t1), default=target) - NS_MIN)

    def _close_live(self, t1: int) -> None:
        """Close one minute of everybody who does not wait; who waited till now is filled first."""
        self._fill_all(t1 - NS_MIN)
        due = [tape for tape in self._listener.order if (tape.next or tape.first) == t1]
        if self._listener.gaps.open:
            due = [tape for tape in due if self._reach(tape, t1) == t1]
        if due:
            self._close(due, t1)

    def _reach(self, tape: Tape, until: int) -> int:
        """How far, up to ``until``, this instrument's minutes may close: before the first that waits."""
        first = tape.next or tape.first
        if not first:
            return NEVER
        gaps = self._listener.gaps
        return gaps.reach(tape, first, until, self._now, self.min_coverage) if gaps.open else until

    def _fill_behind(self, gap: Gap) -> None:
        """A gap closed: whoever waited for it and waits no more is filled."""
        if self._target != NEVER:
            for tape in self._listener.order:
                if concerns(gap, tape):
                    self._fill(tape, self._target)

    @property
    def lacks_room(self) -> bool:
        """Whether more instruments were heard of, or listed, than there is room for."""
        return max(len(self._listener.order), len(self._listener.listed)) > self._capacity

    def make_room(self) -> None:
        """Make room for everybody heard of or listed, as a Beat would; hundreds of new ones take a tenth of a second.

        So who hears of Listings, before the venue speaks, does well to ask for it then.
        """
        self._capacity = _roomy(max(len(self._listener.order), len(self._listener.listed)))
        for part in self._parts().values():
            part.grow(self._capacity)

    def _start(self, tape: Tape) -> None:
        """An instrument's first slot: its blocks begin there, on every timeframe."""
        if not tape.next:
            if self.lacks_room:
                self.make_room()
            tape.next = tape.first
            for judge in self._judges.values():
                judge.begin(tape.i, tape.name, floor_to(tape.first - NS_MIN, judge.length) + judge.length)

    @np.errstate(all="ignore")  # what is too large becomes missing; nobody need be warned
    def _close(self, tapes: list[Tape], t1: int) -> None:
        self._thaw()
        for tape in tapes:
            if not tape.next:
                self._start(tape)
        listener = self._listener
        rows = np.array([tape.i for tape in tapes])
        minute = close_minute(tapes, t1, listener.gaps, listener.liquidates, self.min_coverage)
        self._publish(tapes, rows, BASE_TIMEFRAME, t1, minute)
        for tf, fold in self._folds.items():
            fold.add(rows, minute)
            if t1 % fold.length == 0:
                self._publish(tapes, rows, tf, t1, fold.close(rows, minute))

    def _publish(self, tapes: list[Tape], rows: NDArray[np.intp], tf: str, t1: int, bars: Bars) -> None:
        names = [tape.name for tape in tapes]
        bars = self.settle(names, tf, np.full(len(names), t1), bars)
        metrics = self._judges[tf].close(rows, bars, why_missing(tapes, bars))
        ready = self._ready
        ready.bars.extend(bar_rows(names, tf, [t1] * len(names), bars, self.stamp))
        ready.metrics.extend(metric_rows(names, tf, t1, bars, metrics, self.stamp))
        ready.usual.extend(map(tuple, metrics.usual.tolist()))
        ready.summary.extend(summary_rows(names, tf, t1, bars, metrics, self.stamp))

    def _fill_all(self, until: int) -> None:
        """Fill everybody's minutes up to ``until``; nearly always there are none."""
        for tape in self._listener.order:
            if 0 < (tape.next or tape.first) <= until:
                self._fill(tape, until)

    def _fill(self, tape: Tape, until: int) -> None:
        """Fill one instrument's minutes up to ``until`` or the first that waits, and the bars above them."""
        until = self._reach(tape, until)
        if until >= (tape.next or tape.first):
            self._fill_to(tape, until)

    @np.errstate(all="ignore")  # apart: it costs more than to see that there is nothing to fill
    def _fill_to(self, tape: Tape, until: int) -> None:
        self._thaw()
        self._start(tape)
        listener = self._listener
        t1, minutes = fill_stretch(tape, until, listener.gaps, listener.liquidates, self.min_coverage)
        self._ready = self._ready._replace(filled=self._ready.filled + len(t1))
        self._keep(tape, BASE_TIMEFRAME, t1, minutes)
        for tf, fold in self._folds.items():
            ends, bars = fold.run(tape.i, t1, minutes)
            if len(ends):
                self._keep(tape, tf, ends, bars)

    def _keep(self, tape: Tape, tf: str, t1: NDArray[np.int64], bars: Bars) -> None:
        """Bars of the past: all but the newest only shape the metrics to come."""
        judge = self._judges[tf]
        # After a year away nobody wants a year of rows that say so; a slot without a row counts as missing.
        hidden = int(np.searchsorted(t1, t1[-1] - max(_HORIZON_NS, judge.length), side="right"))
        ends, names = t1[hidden:], [tape.name] * (len(t1) - hidden)
        told = self.settle(names, tf, ends, {name: column[hidden:] for name, column in bars.items()})
        newest = {name: column[-1:] for name, column in told.items()}
        if hidden:
            judge.run(tape.i, {name: column[:hidden] for name, column in bars.items()})
        if len(ends) > 1:
            judge.run(tape.i, {name: column[:-1] for name, column in told.items()})
        metrics = judge.close(np.array([tape.i]), newest, why_missing([tape], newest))
        self._ready.bars.extend(bar_rows(names, tf, ends.tolist(), told, self.stamp))
        self._ready.summary.extend(summary_rows([tape.name], tf, int(ends[-1]), newest, metrics, self.stamp))


def _nothing() -> None:
    """No state was frozen, or nobody wants it any more."""


def _roomy(wanted: int) -> int:
    """Room for so many instruments, in steps of an eighth: each of them has 400 KB.

    >>> _roomy(3), _roomy(20), _roomy(300)
    (16, 20, 320)
    """
    step = max(_FIRST_CAPACITY, 1 << (wanted - 1).bit_length()) // 8
    return max(_FIRST_CAPACITY, -(-wanted // step) * step)
