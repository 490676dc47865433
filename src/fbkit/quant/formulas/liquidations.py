"""Liquidations (metrics reference 6) by the position that died. No feed is NaN; a sampled one gives lower bounds."""

from __future__ import annotations

from typing import Any

from fbkit.quant.formulas.numbers import Numbers, computed


def net(long_usd: Numbers, short_usd: Numbers) -> Any:
    """``short - long``, USD: forced buying is positive.

    >>> net(1e6, 4e6)
    3000000.0
    """
    return computed(lambda a, b: b - a, long_usd, short_usd)
