"""How much comes in, a row a venue: items a second by channel, how late, what came late or twice."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from fbkit.dashboard.readings import Readings
from fbkit.dashboard.scene import size_of
from fbkit.dashboard.status.throughput import Throughput
from fbkit.dashboard.table import Cell, Table
from fbkit.widgets import GridColumn

#: Channels that are columns, and their heads.
CHANNELS = {"trade": "trades", "quote": "quotes", "mark": "mark", "open_interest": "OI", "liquidation": "liq"}

_COLUMNS = [
    GridColumn("venue", "venue", venue=True),
    *(GridColumn(name, head, "number", 1.0, about=f"{head} a second, mean of 60 s") for name, head in CHANNELS.items()),
    GridColumn("p50", "lag p50 ms", "number", 0.0, about="receive minus venue time, median of a minute's heartbeats"),
    GridColumn("p95", "lag p95 ms", "number", 0.0, about="the same, 95th percentile"),
    GridColumn("late", "late", "count", about="items of this run that came after their bar had closed"),
    GridColumn("duplicate", "dup", "count", about="items of this run that had been heard before"),
]


def rates_rows(heard: Throughput, known: Readings, venues: Collection[str]) -> Table:
    """The table; a channel that a venue does not have says ``no feed``."""
    rows: list[list[Any]] = []
    reasons: dict[Cell, str] = {}
    for at, venue in enumerate(sorted(set(heard.venues()) & set(venues), key=size_of)):
        rates = [heard.rate(venue, channel) for channel in CHANNELS]
        unfed = known.missing.get(venue, ())
        for channel, rate in zip(CHANNELS, rates, strict=True):
            if channel in unfed:
                reasons[at, channel] = "no feed"
            elif rate is None:
                reasons[at, channel] = "none"
        lag = heard.lag(venue)
        if not math.isfinite(lag.p50):
            reasons |= {(at, "p50"): "none", (at, "p95"): "none"}
        told = [None if channel in unfed else rate for channel, rate in zip(CHANNELS, rates, strict=True)]
        rows.append([venue, *told, *lag, heard.summed("late", venue), heard.summed("duplicate", venue)])
    return Table(_COLUMNS, rows, [], reasons, {}, {})
