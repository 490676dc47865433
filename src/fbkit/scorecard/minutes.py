"""The 1m bars of one instrument on an unbroken grid: a minute nobody saw is there, and holds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fbkit.model import BASE_TIMEFRAME, NS_MIN, Span
from fbkit.store import Store

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

_PRICES = ("open", "high", "low", "close")


class Minutes(NamedTuple):
    """Minute ``i`` is the bar that begins at minute ``begin + i`` since 1970.

    Where a price of a bar is missing or not above zero, all four are NaN and ``coverage`` is 0.
    """

    begin: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    coverage: Floats


#: Gives an instrument's minutes by its name; empty where it has none.
MinutesOf: TypeAlias = Callable[[str], Minutes]


def lay(t0: ArrayLike, prices: tuple[ArrayLike, ...], coverage: ArrayLike) -> Minutes:
    """Bars that begin at ``t0`` (UTC ns, rising), their four prices and their coverage, on the grid.

    Raises ``ValueError`` where an instant is no minute's, or two bars begin together.

    >>> one = ([1.0, 2.0],) * 4
    >>> lay([0, 2 * NS_MIN], one, [1.0, 1.0]).close.tolist()
    [1.0, nan, 2.0]
    """
    begins = np.asarray(t0, dtype=np.int64)
    if not len(begins):
        return Minutes(0, *(np.empty(0) for _ in range(5)))
    minute = begins // NS_MIN
    if (begins % NS_MIN).any() or (np.diff(minute) <= 0).any():
        raise ValueError("1m bars begin on whole minutes, each later than the one before")
    columns = np.array([np.asarray(x, dtype=np.float64) for x in (*prices, coverage)])
    bad = ~(np.isfinite(columns[:4]) & (columns[:4] > 0.0)).all(axis=0)
    columns[:4, bad], columns[4, bad] = np.nan, 0.0
    grid = np.full((5, int(minute[-1] - minute[0]) + 1), np.nan)
    grid[4] = 0.0
    grid[:, minute - minute[0]] = columns
    return Minutes(int(minute[0]), *grid)


def stored_minutes(store: Store, span: Span) -> MinutesOf:
    """How a store gives the minutes of an instrument that begin and end in a span."""

    def read(instrument: str) -> Minutes:
        names = ("t0", *_PRICES, "coverage")
        found = store.columns("bars", names, instrument=instrument, tf=BASE_TIMEFRAME, span=span)
        return lay(found["t0"], tuple(found[name] for name in _PRICES), found["coverage"])

    return read
