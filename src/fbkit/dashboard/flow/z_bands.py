"""What a Z-score is measured by, slot by slot: the middle and the spread of the window before."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fbkit.quant.reading import needed

Floats = NDArray[np.float64]

#: A normal distribution's standard deviations in a median absolute deviation.
_MAD_IN_SD = 0.67448975


class Band(NamedTuple):
    """The middle, and what counts as one standard deviation; NaN where too little stands before a slot."""

    middle: Floats
    spread: Floats

    def edge(self, sds: float) -> Floats:
        """So many standard deviations from the middle."""
        return self.middle + sds * self.spread

    def since(self, at: int) -> Band:
        """From a slot on."""
        return Band(self.middle[at:], self.spread[at:])


def band(x: Floats, window: int, kind: str = "classic") -> Band:
    """For drawing: the Z-scores themselves come from ``fbkit.quant`` (metrics reference 8).

    >>> found = band(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), 4)
    >>> round(float((100.0 - found.middle[-1]) / found.spread[-1]), 6)
    75.523175
    """
    return _ewma(x, window) if kind == "ewma" else _window(x, window, robust=kind == "robust")


def _window(x: Floats, window: int, *, robust: bool) -> Band:
    before = sliding_window_view(np.concatenate([np.full(window, np.nan), x]), window)[:-1]
    there = np.isfinite(before)
    enough = there.sum(axis=1) >= needed(window, 0.8)
    middle, spread = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if robust:
        middle[enough] = np.nanmedian(before[enough], axis=1)
        spread[enough] = np.nanmedian(np.abs(before[enough] - middle[enough, None]), axis=1) / _MAD_IN_SD
    else:
        middle[enough] = np.nanmean(before[enough], axis=1)
        spread[enough] = np.nanstd(before[enough], axis=1, ddof=1)
    return Band(middle, spread)


def _ewma(x: Floats, window: int) -> Band:
    kept, least = 2.0 ** (-2.0 / window), needed(window, 0.8)
    middle, spread = np.full(len(x), np.nan), np.full(len(x), np.nan)
    mean = variance = 0.0
    seen = 0
    for i, value in enumerate(x.tolist()):
        if seen >= least:
            middle[i], spread[i] = mean, variance**0.5
        if np.isfinite(value):
            off = value - mean if seen else 0.0
            mean = mean + (1.0 - kept) * off if seen else value
            variance = kept * (variance + (1.0 - kept) * off * off)
            seen += 1
    return Band(middle, spread)
