"""Long/short ratios (metrics reference 5): heads, positions or taker volume, as the venue states them."""

from __future__ import annotations

from typing import Any

from fbkit.quant.formulas.numbers import Numbers, computed, each, ln

_ln = each(ln)


def ratio(long: Numbers, short: Numbers) -> Any:
    """``long / short``; NaN where nobody is short.

    >>> ratio(3.0, 2.0), ratio(3.0, 0.0)
    (1.5, nan)
    """

    def formula(a: Any, b: Any) -> Any:
        return a / b

    return computed(formula, long, short, positive=(1,))


def log_ratio(ratio: Numbers) -> Any:
    """``ln(ratio)``: symmetric, so it is what is analysed. Above zero, longs outnumber.

    >>> log_ratio(1.0), log_ratio(0.0)
    (0.0, nan)
    """
    return computed(_ln, ratio, positive=(0,))
