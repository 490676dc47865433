"""Open interest by venue as layers: the newest on top, an old venue at its last value with a ring."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.clock import iso
from fbkit.dashboard.venues.hue import of_venue
from fbkit.dashboard.venues.interest import Interest, Layer
from fbkit.model import NS_MS
from fbkit.widgets.format import NBSP, age, money, percent

Floats = NDArray[np.float64]


def layers_drawn(found: Interest) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Traces and shapes: fills, lines that are dotted where a venue is old, a ring at an old end, upright edges."""
    if not found.layers:
        return [], []
    x, tops = _with_edges(found)
    fills = [_fill(layer, x, tops[:, at], first=at == 0) for at, layer in enumerate(found.layers)]
    tops = np.cumsum(np.nan_to_num([layer.held for layer in found.layers]), axis=0)
    lines = [trace for layer, top in zip(found.layers, tops, strict=True) for trace in _lines(found.t_ms, layer, top)]
    return fills + lines, [_edge(found.t_ms[at]) for at in _begins(found)]


def _begins(found: Interest) -> list[int]:
    """The slots in which a venue is heard for the first time, after the first of all."""
    return sorted({layer.begin for layer in found.layers} - {0})


def _with_edges(found: Interest) -> tuple[Floats, Floats]:
    """Instants and tops of layers, with a second point where a venue begins: its edge is upright."""
    rows = np.sort(np.r_[np.arange(len(found.t_ms)), np.array(_begins(found), np.int64)])
    again = np.r_[False, rows[1:] == rows[:-1]]
    heights = np.nan_to_num(np.stack([layer.held[rows] for layer in found.layers], axis=1))
    for at, layer in enumerate(found.layers):
        heights[(rows == layer.begin) & ~again & (layer.begin > 0), at] = 0.0
    return found.t_ms[rows], np.cumsum(heights, axis=1)


def _fill(layer: Layer, x: Floats, top: Floats, *, first: bool) -> dict[str, Any]:
    colour = of_venue(layer.venue)
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": top, "fill": "tozeroy" if first else "tonexty",
        "fillcolor": f"{colour} 13%", "line": {"width": 0, "color": colour}, "meta": {"silent": True},
    }  # fmt: skip  # a trace


def _lines(t_ms: Floats, layer: Layer, top: Floats) -> list[dict[str, Any]]:
    fresh, old = np.isfinite(layer.usd), np.isfinite(layer.held) & ~np.isfinite(layer.usd)
    line = {"color": of_venue(layer.venue), "width": 1.25}
    base = {"type": "scatter", "mode": "lines", "x": t_ms}
    meta = {
        "format": "usd",
        "why": "old",
        "end": layer.venue,
        "told": _told(layer),
        "at": float(top[-1] - layer.held[-1] / 2),
    }
    traces: list[dict[str, Any]] = [
        base
        | {"y": np.where(fresh, top, np.nan), "name": layer.venue, "customdata": layer.usd, "line": line, "meta": meta}
    ]
    if old.any():
        # A dotted piece begins and ends at the solid ones.
        joined = old | np.r_[old[1:], False] | np.r_[False, old[:-1]]
        dotted = {"y": np.where(joined, top, np.nan), "line": line | {"dash": "2px,3px"}, "meta": {"silent": True}}
        traces.append(base | dotted)
    if old[-1]:
        marker = {"size": 7, "color": "--surface", "line": {"color": "--warn", "width": 1.5}}
        ring = {"mode": "markers", "x": t_ms[-1:], "y": top[-1:], "marker": marker, "cliponaxis": False}
        traces.append(base | ring | {"meta": {"silent": True}})
    return traces


def _told(layer: Layer) -> str:
    """What stands below a venue's name: USD, and its share or how old it is."""
    if layer.age_s:
        return f"{money(layer.held[-1])}  {age(layer.age_s)} old"
    return f"{money(layer.held[-1])}  {100 * layer.share:.0f}{NBSP}%"


def _edge(t_ms: float) -> dict[str, Any]:
    line = {"color": "--ink3", "width": 1, "dash": "dot"}
    return {"type": "line", "yref": "paper", "x0": t_ms, "x1": t_ms, "y0": 0, "y1": 1, "line": line}


def total_told(found: Interest, venues: int) -> str:
    """The heading's numbers: the total, the venues in it, the change over the same venues."""
    if not math.isfinite(found.total):
        return ""
    told = f"{money(found.total)} \u00b7 {len(found.fresh)} of {venues} venues"
    if not math.isfinite(found.change):
        return told
    return f"{told} \u00b7 {percent(found.change)}{NBSP}% {found.hours:.0f}{NBSP}h"


def left_out(coin: str, found: Interest) -> list[str]:
    """Who is not in the total, and why, a sentence each."""
    old = [
        f"\u25cb {layer.venue} {coin} open interest is {age(layer.age_s)} old: held, not in the total"
        for layer in found.layers
        if layer.age_s
    ]
    if found.silent and found.layers:
        old.append(f"no open interest of {coin} heard of {', '.join(found.silent)}")
    return old


def begun(found: Interest) -> list[str]:
    """Who tells open interest only since a moment within the span: its upright edge is no rise."""
    told = []
    for at in _begins(found):
        instant = iso(round(found.t_ms[at] * NS_MS))
        who = ", ".join(layer.venue for layer in found.layers if layer.begin == at)
        told.append(f"{who} heard from {instant[5:10]} {instant[11:16]} UTC on")
    return told
