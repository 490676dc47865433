"""Funding (metrics reference 2). Above zero, longs pay shorts. The interval is the venue's, never a guess."""

from __future__ import annotations

from typing import Any

from fbkit.quant.formulas.numbers import Numbers, computed, each, power, weighted_mean

_YEAR_HOURS = 8760.0
_apy = each(lambda f, h: power(1.0 + f, _YEAR_HOURS / h) - 1.0 if f > -1.0 and h > 0.0 else float("nan"))


def per_8h(f: Numbers, h: Numbers) -> Any:
    """A rate ``f`` (fraction per interval of ``h`` hours), as a fraction per 8 h.

    >>> per_8h(0.00005, 1.0)
    0.0004
    """
    return computed(lambda rate, hours: rate * 8.0 / hours, f, h, positive=(1,))


def apr(f: Numbers, h: Numbers) -> Any:
    """The same as a fraction per year, simple.

    >>> round(apr(0.0001, 8.0), 6)
    0.1095
    """
    return computed(lambda rate, hours: rate * _YEAR_HOURS / hours, f, h, positive=(1,))


def apy(f: Numbers, h: Numbers) -> Any:
    """The same as a fraction per year, compounded at every interval.

    >>> round(apy(0.0001, 8.0), 6)
    0.115714
    """
    return computed(_apy, f, h, positive=(1,))


def spend(f: Numbers, oi_usd: Numbers) -> Any:
    """What one side pays the other at a settlement, USD per interval; above zero, longs pay.

    >>> spend(0.0001, 5e8)
    50000.0
    """
    return computed(lambda rate, usd: rate * usd, f, oi_usd)


def oi_weighted(oi_usd: Numbers, f8h: Numbers) -> Any:
    """Funding of one coin over its venues, weighted by open interest (USD): fraction per 8 h.

    Venues lie along the last axis, or both are mappings by venue (then summed in the order of the names). Venues
    without either input are left out; NaN where none is left, or no open interest.

    >>> round(oi_weighted([1e9, 5e8, 2.5e8], per_8h([0.0001, 0.00005, -0.00002], [8.0, 1.0, 4.0])), 9)
    0.000165714
    """
    return weighted_mean(f8h, oi_usd)
