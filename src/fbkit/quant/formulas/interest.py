"""Open interest, one side counted (metrics reference 1). Read changes from base units: USD moves with price alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.quant.formulas.numbers import Numbers, by_venue, computed, each, ln, summed, weighted_mean

_ln = each(ln)


def base(contracts: Numbers, contract_size: Numbers) -> Any:
    """Open contracts (one side) times contract size in base units.

    >>> base(1_000.0, 0.01)
    10.0
    """
    return computed(lambda n, size: n * size, contracts, contract_size, positive=(1,))


def base_of_inverse(contracts: Numbers, face_usd: Numbers, mark: Numbers) -> Any:
    """Open inverse contracts (one side) of a face value in USD, in base units at the mark price.

    >>> base_of_inverse(5_000.0, 100.0, 50_000.0)
    10.0
    """
    return computed(lambda n, face, price: n * face / price, contracts, face_usd, mark, positive=(1, 2))


def usd(oi_base: Numbers, mark: Numbers) -> Any:
    """``oi_base * mark``.

    >>> usd(10.0, 50_000.0)
    500000.0
    """
    return computed(lambda coins, price: coins * price, oi_base, mark, positive=(1,))


def total(oi_usd: Numbers) -> Any:
    """The market's open interest, USD: the sum over venues that are there (NaN: not fresh), along the last axis.

    A mapping by venue is summed in the order of the names. Compare two instants over the same venues only.

    >>> total({"okx": 2e9, "binance": 5e9, "bybit": float("nan")})
    7000000000.0
    """
    (values,) = by_venue(oi_usd)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(values) & (values >= 0.0)
    return computed(lambda x: x, summed(np.where(usable, values, np.nan)))


def volume_weighted(oi_usd: Numbers, vol_usd: Numbers) -> Any:
    """``Σ oi * V / Σ V`` over venues (USD, V of 24 h): a mean per venue, **not** a total.

    >>> volume_weighted([4e9, 1e9], [2e9, 1e9])
    3000000000.0
    """
    return weighted_mean(oi_usd, vol_usd)


def dlog(now: Numbers, before: Numbers) -> Any:
    """``ln(oi_base / earlier oi_base)``.

    >>> dlog(100.0, 100.0), dlog(100.0, 0.0)
    (0.0, nan)
    """
    return computed(lambda a, b: _ln(a / b), now, before, positive=(0, 1))
