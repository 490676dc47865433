"""What a Beat closed."""

from __future__ import annotations

from typing import NamedTuple

from fbkit.model import BarRow, MetricRow, SummaryRow


class Closed(NamedTuple):
    """The rows of one Beat: ``filled`` counts 1m slots of the past filled since the last one.

    ``usual`` stands beside ``metrics``: the baseline's mean of each column of :data:`fbkit.model.JUDGED` over
    :data:`fbkit.model.USUAL_WINDOW` bars, for the sentences of alerts.

    Filled slots yield bars and the newest summary only (nobody could have seen their metrics then);
    :func:`fbkit.quant.frames.metrics` computes the same bits from the bars whenever they are asked for.
    """

    bars: list[BarRow]
    metrics: list[MetricRow]
    summary: list[SummaryRow]
    filled: int
    usual: list[tuple[float, ...]]


class Provisional(NamedTuple):
    """What an instrument's open minute says so far: last price and its time, taker volume, ret against the last bar.

    ``z`` is that of ``ret`` against the closed bars before, over :data:`fbkit.model.USUAL_WINDOW` of them; NaN where
    there is none. All of it is for the screen: it is never stored, and judged by no rule.
    """

    last: float
    ts_event: int
    vol_usd: float
    ret: float
    n_trades: int
    z: float
