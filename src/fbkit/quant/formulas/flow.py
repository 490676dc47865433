"""Taker flow and the book (metrics reference 4). Above zero: buyers are the aggressors, or bids outweigh."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.quant.formulas.numbers import Floats, Numbers, computed, summed


def delta(side: Numbers, size: Numbers, price: Numbers) -> float:
    """``Σ side * q * p`` of a bar's trades in their order, USD; ``side`` is the taker's, +1 or -1.

    0.0 without trades, NaN where one of them has no number.

    >>> delta([1, -1], [2.0, 1.0], [100.0, 101.0])
    99.0
    """
    usd = np.atleast_1d(computed(lambda s, q, p: s * q * p, side, size, price, positive=(1, 2)))
    return float("nan") if np.isnan(usd).any() else float(summed(usd)) if usd.size else 0.0


def cvd(deltas: Numbers) -> Floats:
    """The running sum of bars' deltas (USD) from the first one; NaN in a gap, and anchored anew after it.

    >>> cvd([5.0, -2.0, np.nan, 4.0])
    array([ 5.,  3., nan,  4.])
    """
    total, out = 0.0, []
    for x in np.asarray(deltas, np.float64).tolist():
        total = total + x if np.isfinite(x) else 0.0
        out.append(total if np.isfinite(x) else float("nan"))
    return np.array(out, np.float64)


def cvd_oi(cvd: Numbers, oi_usd: Numbers) -> Any:
    """Cumulative delta as a share of open interest (both USD).

    >>> cvd_oi(-5e6, 1e9)
    -0.005
    """
    return computed(lambda c, usd: c / usd, cvd, oi_usd, positive=(1,))


def taker_imb(buy: Numbers, sell: Numbers) -> Any:
    """``(B - S) / (B + S)`` of taker volumes (USD), in [-1, 1]; NaN without volume.

    >>> taker_imb(3.0, 1.0), taker_imb(0.0, 0.0)
    (0.5, nan)
    """

    def formula(b: Any, s: Any) -> Any:
        return np.where((b >= 0.0) & (s >= 0.0) & (b + s > 0.0), (b - s) / (b + s), np.nan)

    return computed(formula, buy, sell)


def obi(bid: Numbers, ask: Numbers) -> Any:
    """``(b - a) / (b + a)`` of the summed sizes of N levels, in [-1, 1]; NaN where a side is empty.

    >>> obi(3.0, 1.0), obi(3.0, 0.0)
    (0.5, nan)
    """
    return computed(lambda b, a: (b - a) / (b + a), bid, ask, positive=(0, 1))


def micro(bid: Numbers, bid_size: Numbers, ask: Numbers, ask_size: Numbers) -> Any:
    """``(ask * b1 + bid * a1) / (b1 + a1)``: the price nearer to the thinner side of the best level.

    >>> micro(100.0, 3.0, 101.0, 1.0)
    100.75
    """

    def formula(b: Any, b1: Any, a: Any, a1: Any) -> Any:
        return (a * b1 + b * a1) / (b1 + a1)

    return computed(formula, bid, bid_size, ask, ask_size, positive=(0, 1, 2, 3))
