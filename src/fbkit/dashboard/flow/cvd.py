"""CVD of one contract or several together: where it begins again at 0, and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_DAY

Floats = NDArray[np.float64]

#: Why CVD begins at a slot: it does not; 00:00 UTC; after missing trades, or with other venues; the first there is.
GOES_ON, MIDNIGHT, AGAIN, FIRST = range(4)

#: Sums of the same trades in another order differ by less than this share of what was traded.
_ROUNDING = 1e-6


def cvd_of(t0: NDArray[np.int64], cvd: Floats, delta: Floats, volume: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """CVD (USD) of all contracts together, and of each slot whether and why it begins there (int8, as above).

    ``t0`` are starts (ns) of slots of a whole grid, the tables slots × contracts; a ``cvd`` is as it is stored, from
    00:00 UTC or the end of the last gap. A level means nothing across missing trades, nor when another set of venues
    tells its takers' sides: then it begins again at 0. NaN where nobody tells.

    >>> day = np.arange(3) * NS_DAY
    >>> one = np.array([[1.0], [2.0], [3.0]])
    >>> [values.tolist() for values in cvd_of(day, one, one, one)]
    [[1.0, 2.0, 3.0], [1, 1, 1]]
    """
    told: NDArray[np.bool_] = np.isfinite(delta)
    begins = _begins(t0, cvd, delta, volume)
    before = np.vstack([np.zeros((1, told.shape[1]), bool), told[:-1]])
    # Where it begins, a count that is itself new says what was heard since the gap ended; else the slot's delta does.
    new = told & np.isfinite(cvd) & (~before | ~_follows(cvd, delta, volume))
    steps = np.where(told, np.where(new, cvd, delta), 0.0).sum(axis=1)
    out = np.full(len(t0), np.nan)
    level = 0.0
    for i, (begin, step) in enumerate(zip(begins.tolist(), steps.tolist(), strict=True)):
        level = step if begin else level + step
        out[i] = level
    out[np.count_nonzero(told, axis=1) == 0] = np.nan
    return out, begins


def _follows(cvd: Floats, delta: Floats, volume: Floats) -> NDArray[np.bool_]:
    """Whether a stored count is the one before and this slot's delta; unknown ones speak against nothing."""
    out = np.ones(cvd.shape, bool)
    with np.errstate(invalid="ignore"):
        off = np.abs(cvd[1:] - (cvd[:-1] + delta[1:]))
        allowed = _ROUNDING * (np.abs(cvd[1:]) + np.nan_to_num(volume[1:]))
    out[1:] = ~(off > allowed)
    return out


def _begins(t0: NDArray[np.int64], cvd: Floats, delta: Floats, volume: Floats) -> NDArray[np.int8]:
    told = np.isfinite(delta)
    midnight = t0 % NS_DAY == 0
    others = np.ones(len(t0), bool)
    others[1:] = (told[1:] != told[:-1]).any(axis=1)
    broken = (told & ~_follows(cvd, delta, volume)).any(axis=1)
    begins = np.where(others | broken, AGAIN, GOES_ON).astype(np.int8)
    begins[midnight] = MIDNIGHT
    if len(begins) and not midnight[0]:
        begins[0] = FIRST
    begins[~told.any(axis=1)] = GOES_ON
    return begins
