"""Funding weighted by open interest over time: a stepped line a coin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fbkit.clock import iso
from fbkit.dashboard.venues.rates import History
from fbkit.dashboard.venues.rates_table import yearly
from fbkit.model import NS_MS
from fbkit.widgets.format import funding, signed

#: How lines of coins are told apart: by weight and dash, for hues mean venues.
_INKS: tuple[dict[str, Any], ...] = (
    {"color": "--ink", "width": 1.75},
    {"color": "--ink2", "width": 1.25},
    {"color": "--ink3", "width": 1.25, "dash": "4px,2px"},
)

#: Coins that are drawn.
LINES = len(_INKS)


def weighted_drawn(histories: Mapping[str, History], span: int, *, per_year: bool) -> list[dict[str, Any]]:
    """Traces of these coins, at most :data:`LINES`, over the last ``span`` (ns)."""
    return [
        _stepped(coin, past, line, span, per_year=per_year)
        for (coin, past), line in zip(histories.items(), _INKS, strict=False)
    ]


def _stepped(coin: str, past: History, line: dict[str, Any], span: int, *, per_year: bool) -> dict[str, Any]:
    shown = past.t_ms > past.t_ms[-1] - span / NS_MS
    rates = past.weighted[shown]
    return {
        "type": "scatter", "mode": "lines", "name": coin, "x": past.t_ms[shown],
        "y": np.array([yearly(rate) for rate in rates.tolist()]) if per_year else rates,
        "line": {"shape": "hv", **line}, "meta": {"end": coin, "format": "apr" if per_year else "funding"},
    }  # fmt: skip  # a trace


def settled_until(past: History, span: int) -> str:
    """Which of the rates shown were settled and which predicted, and over how many venues.

    Fetched hours have settled rates; those heard live have the rate that is to come.
    """
    shown = past.t_ms > past.t_ms[-1] - span / NS_MS
    predicted, counts = past.predicted[shown], past.venues[shown & (past.venues > 0)]
    least, most = (int(counts.min()), int(counts.max())) if len(counts) else (0, 0)
    venues = f"{most} venue{'s' if most != 1 else ''}" if least == most else f"{least} to {most} venues"
    if predicted.all():
        return f"predicted, {venues}"
    if not predicted.any():
        return f"settled, {venues}"
    since = iso(round(past.t_ms[shown][int(predicted.argmax())] * NS_MS))
    return f"settled, from {since[5:10]} {since[11:16]} UTC predicted, {venues}"


def newest_told(coin: str, past: History, *, per_year: bool) -> str:
    """The newest number of the heading."""
    there = np.flatnonzero(np.isfinite(past.weighted))
    if not len(there):
        return ""
    rate = float(past.weighted[there[-1]])
    told = signed(100 * yearly(rate), 2) if per_year else funding(rate)
    return f"{told} {coin}, {int(past.venues[there[-1]])} venues" if math.isfinite(rate) else ""
