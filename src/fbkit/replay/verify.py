"""Live = replay = history: what a database told once, computed again and compared."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np

from fbkit.engine.stamp import code_stamp
from fbkit.errors import UnknownName
from fbkit.model import TIMEFRAMES, Span
from fbkit.replay.course import Course
from fbkit.replay.found import Difference, Ledger, Verification
from fbkit.replay.gaps import compare_gaps
from fbkit.replay.history import compare_history
from fbkit.replay.scope import Scope
from fbkit.store import Store
from fbkit.store.archive.removed import removed_before

EVERYTHING = Span()


def verify(
    store: Store, span: Span = EVERYTHING, *, told: Callable[[float, str], None] = lambda _done, _sentence: None
) -> Verification:
    """Compute bars, metrics, summaries and alerts again from what is stored, and compare them.

    Events → bars by an engine begun as each run began; stored bars → metrics → alerts; and whole columns of stored
    bars → metrics. Bit by bit where code, Python, numpy and processor are alike, else to 1e-12.

    Parameters
    ----------
    span : Span
        Bars that close in it are compared (UTC ns); default: all.
    told : callable
        Hears how many events are done, and a sentence.

    Examples
    --------
    >>> from fbkit.desk import demo
    >>> found = verify(demo(instruments=2).store)
    >>> found.differing, found.is_same
    (0, True)
    """
    began, ledger = perf_counter(), Ledger()
    scope = Scope(span, removed_before(store))
    first = min((run.seq_start for run in store.runs()), default=0)
    course = Course(store, code_stamp(), ledger, scope, lambda seq, sentence: told(float(seq - first), sentence))
    course.walk()
    course.told.compare_summary(span)
    _tell_left(store, course)
    compare_gaps(store, ledger, course.end)
    found = ledger.found
    found.events, found.seconds = course.events, perf_counter() - began
    compare_history(store, ledger, span)
    found.since, found.until = span.since, span.until
    return found


def _tell_left(store: Store, course: Course) -> None:
    """Stored rows that nothing was compared with: not verifiable, or there without a reason."""
    for table in ("bars", "metrics"):
        for name in sorted(store.instruments()):
            for tf in TIMEFRAMES:
                ends = _ends(store, table, name, tf, course.scope.span)
                for t1 in course.spans.outside(table, name, tf, ends).tolist():
                    _tell_one(course, table, name, tf, t1)


def _ends(store: Store, table: str, name: str, tf: str, span: Span) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    try:
        found = store.columns(table, ("t1",), instrument=name, tf=tf, span=span)
    except UnknownName:
        return np.empty(0, np.int64)
    return np.asarray(found["t1"], np.int64)


def _tell_one(course: Course, table: str, name: str, tf: str, t1: int) -> None:
    why = next((stretch.why for stretch in course.stretches if stretch.until >= t1), None)
    if why is not None:
        course.ledger.cannot(table, why, 1, t1, t1)
    else:
        course.ledger.differ(Difference(table, name, tf, t1, "t1", repr(t1), "no row"))
