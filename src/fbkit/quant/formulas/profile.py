"""The volume profile: taker USD by price (metrics reference 14)."""

from __future__ import annotations

from math import floor, inf, log10, nan
from typing import NamedTuple

import numpy as np

from fbkit.quant.formulas.numbers import Floats, Numbers

_VALUE_AREA = 0.7

#: More bins than this are no profile but a bad print, or a width far too small.
_MOST_BINS = 100_000


class Profile(NamedTuple):
    """Taker USD in bins of equal width; bin k is ``[edges[k], edges[k + 1])``.

    ``poc`` is the middle of the fullest bin (the lowest of equals), ``low`` and ``high`` the ends of the value area.
    No bins and NaN where there is nothing to show.
    """

    edges: Floats
    buy: Floats
    sell: Floats
    poc: float
    low: float
    high: float


_NONE = np.empty(0)


def round_width(atr: float) -> float:
    """A bin width near a tenth of the ATR, of the form 1, 2 or 5 times a power of ten; NaN where there is no ATR.

    >>> [round_width(atr) for atr in (900.0, 13.0, 0.2)]
    [100.0, 1.0, 0.02]
    """
    if not 0.0 < atr < inf:
        return nan
    decade = floor(log10(atr / 10.0))
    shape = atr / 10.0 / 10.0**decade
    digits = min((1, 2, 5, 10), key=lambda digit: abs(digit - shape))
    return float(f"{digits}e{decade}")


def volume_profile(prices: Numbers, usd: Numbers, width: float) -> Profile:
    """Where taker volume was done.

    Parameters
    ----------
    prices, usd : array
        A trade each: its price, and its USD with the taker's sign (buys above zero). A trade without either is left
        out.
    width : float
        Of a bin, in the unit of the prices: :func:`round_width` of the ATR.

    Notes
    -----
    The value area grows from the fullest bin towards the fuller neighbour (of equals the lower) until it holds 70 %.

    Examples
    --------
    >>> found = volume_profile([100.1, 100.6, 100.7, 101.2], [5.0, 40.0, -50.0, 5.0], 0.5)
    >>> found.edges.tolist(), found.buy.tolist(), found.sell.tolist()
    ([100.0, 100.5, 101.0, 101.5], [5.0, 40.0, 5.0], [0.0, 50.0, 0.0])
    >>> found.poc, found.low, found.high
    (100.75, 100.5, 101.0)
    """
    p, q = (np.atleast_1d(np.asarray(x, np.float64)) for x in (prices, usd))
    there = np.isfinite(p) & np.isfinite(q) & (p > 0.0)
    places = _places(p[there], width)
    if not places.size or places.max() - places.min() >= _MOST_BINS:
        return Profile(_NONE, _NONE, _NONE, nan, nan, nan)
    first = places.min()
    at = (places - first).astype(np.int64)
    count, signed = int(at.max()) + 1, q[there]
    buy: Floats = np.bincount(at, np.maximum(signed, 0.0), count).astype(np.float64)
    sell: Floats = np.bincount(at, np.maximum(-signed, 0.0), count).astype(np.float64)
    edges: Floats = (first + np.arange(count + 1.0)) * width
    low, fullest, high = _area(buy + sell)
    if fullest < 0:
        return Profile(edges, buy, sell, nan, nan, nan)
    middle = (edges[fullest] + edges[fullest + 1]) / 2.0
    return Profile(edges, buy, sell, float(middle), float(edges[low]), float(edges[high + 1]))


def _places(prices: Floats, width: float) -> Floats:
    """The bin of each price, counted from 0; none where the width makes no sense."""
    if not 0.0 < width < inf:
        return _NONE
    with np.errstate(all="ignore"):
        exact = prices / width
        near = np.rint(exact)
        # 0.3 / 0.1 is a hair below 3 in binary: a price on an edge belongs to the bin it begins
        places: Floats = np.where(np.abs(exact - near) < 1e-9 * np.maximum(1.0, near), near, np.floor(exact))
    return places if np.isfinite(places).all() else _NONE


def _area(volume: Floats) -> tuple[int, int, int]:
    """First, fullest and last bin of the value area; -1 without volume."""
    total = float(volume.sum())
    if not 0.0 < total < inf:
        return -1, -1, -1
    low = high = fullest = int(volume.argmax())
    held = float(volume[fullest])
    while held < _VALUE_AREA * total and (low > 0 or high < len(volume) - 1):
        below = float(volume[low - 1]) if low > 0 else -1.0
        above = float(volume[high + 1]) if high < len(volume) - 1 else -1.0
        if below >= above:
            low -= 1
        else:
            high += 1
        held += max(below, above)
    return low, fullest, high
