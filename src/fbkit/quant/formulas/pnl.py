"""Profit and loss (metrics reference 10). Positions are signed: long above zero."""

from __future__ import annotations

from math import fsum, isfinite
from typing import Any

from fbkit.quant.formulas.numbers import Numbers, computed


def price_linear(position: Numbers, p0: Numbers, p1: Numbers) -> Any:
    """``Q * (P1 - P0)``, quote currency, of ``position`` base units.

    >>> price_linear(2.0, 100.0, 110.0)
    20.0
    """
    return computed(lambda q, a, b: q * (b - a), position, p0, p1, positive=(1, 2))


def price_inverse(face_usd: Numbers, p0: Numbers, p1: Numbers) -> Any:
    """``N * (1/P0 - 1/P1)``, coin, of a signed face value in USD.

    >>> round(price_inverse(10_000.0, 50_000.0, 52_000.0), 9)
    0.007692308
    """
    return computed(lambda n, a, b: n * (1.0 / a - 1.0 / b), face_usd, p0, p1, positive=(1, 2))


def fee(rate: Numbers, notional: Numbers) -> Any:
    """``-rate * abs(fill notional)``, in the notional's currency; a negative rate is a rebate.

    >>> round(fee(0.0005, 420.0), 12)
    -0.21
    """
    return computed(lambda r, usd: -r * abs(usd), rate, notional)


def funding(position: Numbers, mark: Numbers, rate: Numbers) -> Any:
    """``-Q * mark * f`` of the position held just before a settlement, quote currency; **settled** rates only.

    >>> round(funding(2.0, 105.0, 0.0001), 12)
    -0.021
    """
    return computed(lambda q, price, f: -q * price * f, position, mark, rate, positive=(1,))


def net(price: float, fee: float, funding: float, flows: float = 0.0) -> float:
    """``price + fee + funding + flows``, rounded once: what equity changes by, exactly.

    >>> net(20.0, -0.21, -0.021)
    19.769
    """
    parts = (price, fee, funding, flows)
    return fsum(parts) if all(isfinite(part) for part in parts) else float("nan")
