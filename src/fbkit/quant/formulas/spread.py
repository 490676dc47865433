"""How far venues lie apart in price (metrics reference 14)."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.quant.formulas.numbers import Numbers, by_venue, computed


def dispersion_bp(marks: Numbers) -> Any:
    """``(max - min) / median`` of venues' mark prices, bp; venues along the last axis, or a mapping by venue.

    Venues without a price are left out; NaN with fewer than two.

    >>> round(dispersion_bp([100.0, 100.1, float("nan"), 100.2]), 4)
    19.98
    """
    (values,) = by_venue(marks)
    with np.errstate(invalid="ignore"):
        there = np.isfinite(values) & (values > 0.0)
    count = there.sum(axis=-1)
    ordered = np.sort(np.where(there, values, np.nan), axis=-1)  # NaN last

    def at(place: Any) -> Any:
        return np.take_along_axis(ordered, np.maximum(place, 0)[..., None], axis=-1)[..., 0]

    if not values.shape[-1]:
        return computed(lambda x: x, np.full(values.shape[:-1], np.nan))
    median = (at((count - 1) // 2) + at(count // 2 - (count == 0))) / 2.0
    high, low = at(count - 1), at(np.zeros_like(count))
    return computed(lambda x, n: np.where(n >= 2, x, np.nan), (high - low) / median * 10_000.0, count)
