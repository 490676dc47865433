"""The formulas of the metrics reference for numbers or arrays: NaN in, NaN out; nothing raises, nothing is clipped."""

from fbkit.quant.formulas import (
    basis,
    flow,
    funding,
    interest,
    liquidations,
    performance,
    pnl,
    profile,
    ratios,
    spread,
)

__all__ = [
    "basis",
    "flow",
    "funding",
    "interest",
    "liquidations",
    "performance",
    "pnl",
    "profile",
    "ratios",
    "spread",
]
