"""Stored bars by their place, read a window of time at once: an engine asks for them minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import NAMES, SOURCES
from fbkit.errors import UnknownName
from fbkit.model import TIMEFRAMES, Span
from fbkit.store import Store

#: Rows of a window; times what is around, a few MB.
_ROWS = 16_384

#: What is compared of a bar, in this order; ``source`` as its code.
COLUMNS = (*NAMES, "coverage", "source", "stamp", "t0")

Bars = dict[str, NDArray[Any]]


class Kept(NamedTuple):
    """Stored bars: their columns, one row for each that was asked for, and which of them are there."""

    bars: Bars
    there: NDArray[np.bool_]


class _Window(NamedTuple):
    """The bars of one timeframe that close in ``(after, until]``."""

    after: int
    until: int
    rows: NDArray[np.float64]
    t0: NDArray[np.int64]
    places: dict[tuple[str, int], int]


class Shelf:
    """Stored bars of all instruments."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._windows: dict[str, _Window] = {}
        self._width = max(1, len(store.instruments()))

    def find(self, names: Sequence[str], tf: str, t1: NDArray[np.int64]) -> Kept:
        """The bars of these instruments that end at ``t1``, row by row."""
        first, last = int(t1[0]), int(t1[-1])
        if first != last or (len(t1) > 1 and len(set(names)) == 1):
            return self._stretch(names[0], tf, t1)
        window = self._windows.get(tf)
        if window is None or not window.after < first <= window.until:
            window = self._windows[tf] = self._read(tf, first)
        places = np.array([window.places.get((name, first), -1) for name in names])
        there = places >= 0
        rows = window.rows[places] if len(window.rows) else np.full((len(names), len(COLUMNS) - 1), np.nan)
        t0 = window.t0[places] if len(window.t0) else np.zeros(len(names), np.int64)
        return Kept(_columns(rows, t0), there)

    def _read(self, tf: str, first: int) -> _Window:
        length = TIMEFRAMES[tf]
        until = first + length * max(1, _ROWS // self._width)
        frame = self._store.rows("bars", tf=tf, span=Span(first - 1, until))
        columns = {name: frame[name].to_numpy() for name in ("instrument", "t1", *COLUMNS)}
        keys = zip(columns["instrument"].tolist(), columns["t1"].tolist(), strict=True)
        places = {key: at for at, key in enumerate(keys)}
        return _Window(first - 1, until, _matrix(columns), columns["t0"].astype(np.int64), places)

    def _stretch(self, name: str, tf: str, t1: NDArray[np.int64]) -> Kept:
        span = Span(int(t1[0]) - 1, int(t1[-1]))
        try:
            found = self._store.columns("bars", ("t1", *COLUMNS), instrument=name, tf=tf, span=span)
        except UnknownName:  # an instrument of which nothing was stored
            found = {name: np.empty(0, object if name == "source" else np.int64) for name in ("t1", *COLUMNS)}
        at = np.searchsorted(t1, np.asarray(found["t1"], np.int64))
        rows, t0 = np.full((len(t1), len(COLUMNS) - 1), np.nan), np.zeros(len(t1), np.int64)
        there = np.zeros(len(t1), np.bool_)
        fits = t1[np.minimum(at, len(t1) - 1)] == found["t1"]
        rows[at[fits]], t0[at[fits]] = _matrix(found)[fits], np.asarray(found["t0"], np.int64)[fits]
        there[at[fits]] = True
        return Kept(_columns(rows, t0), there)


def _matrix(columns: dict[str, Any]) -> NDArray[np.float64]:
    """All but ``t0``, which does not fit a float, as one table of floats; words as their codes."""
    code = {word: float(at) for at, word in enumerate(SOURCES)}
    parts = []
    for name in COLUMNS[:-1]:
        column = columns[name]
        if name == "source":
            column = [code.get(word, np.nan) for word in column]
        parts.append(np.asarray(column, np.float64))
    return np.stack(parts, axis=1)


def _columns(rows: NDArray[np.float64], t0: NDArray[np.int64]) -> Bars:
    bars: Bars = {name: rows[:, at].copy() for at, name in enumerate(COLUMNS[:-1])}
    return bars | {"t0": t0}
