"""Every statistic with its twin; ``tests/quant/test_pairs.py`` walks each pair step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fbkit.quant import frames, streaming


class Pair(NamedTuple):
    """A statistic one value at a time, and for whole columns.

    ``streaming(**options).update(*values)`` at each step gives what ``readings(*columns, **options)`` gives at that
    row: values and reason codes to the bit, and how many values stood behind. ``inputs`` names the columns.
    """

    name: str
    streaming: Callable[..., Any]
    readings: Callable[..., tuple[Any, Any, Any]]
    inputs: tuple[str, ...]
    options: tuple[dict[str, Any], ...]


PAIRS: tuple[Pair, ...] = (
    Pair(
        "zscore",
        streaming.RollingZScore,
        frames.zscore_readings,
        ("close",),
        (
            {"window": 20},
            {"window": 20, "offset": 7},
            {"window": 60, "offset": 59},
            {"window": 7, "min_coverage": 0.3, "offset": 3},
            {"window": 20, "include_current": True},
            {"window": 2},
        ),
    ),
    Pair(
        "robust_zscore",
        streaming.RobustZScore,
        frames.robust_zscore_readings,
        ("close",),
        ({"window": 20}, {"window": 21, "min_coverage": 0.3}, {"window": 2}, {"window": 60}),
    ),
    Pair(
        "ewma_zscore",
        streaming.EwmaZScore,
        frames.ewma_zscore_readings,
        ("close",),
        ({"halflife": 10.0}, {"halflife": 0.5, "least": 16}, {"halflife": 120.0}),
    ),
    Pair(
        "correlation",
        streaming.Correlation,
        frames.rolling_correlation_readings,
        ("close", "other"),
        ({"window": 30}, {"window": 60, "min_coverage": 0.3}),
    ),
    Pair("rsi", streaming.RSI, frames.rsi_readings, ("close",), ({"window": 14}, {"window": 3}, {"window": 1})),
    Pair("atr", streaming.ATR, frames.atr_readings, ("high", "low", "close"), ({"window": 14}, {"window": 3})),
)
