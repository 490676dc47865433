"""Open interest by venue as layers: the newest on top, an old venue at its last value with a ring."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.interest import Interest, Layer
from fbkit.widgets.format import NBSP, age, money, percent

Floats = NDArray[np.float64]


def layers_drawn(found: Interest) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Traces and shapes: fills, lines that are dotted where a venue is old, a ring at an old end."""
    x, heights = _with_edges(found)
    tops = np.cumsum(heights, axis=1)
    fills = [_fill(layer, x, tops[:, at], first=at == 0) for at, layer in enumerate(found.layers)]
    whole = (
        np.cumsum(np.stack([np.nan_to_num(layer.held) for layer in found.layers], axis=1), axis=1) if fills else None
    )
    lines = [
        one for at, layer in enumerate(found.layers) if whole is not None for one in _lines(found, layer, whole[:, at])
    ]
    return fills + lines, _edges(found)


def _with_edges(found: Interest) -> tuple[Floats, Floats]:
    """Instants and heights of layers, with a second point where a venue begins: its edge is upright."""
    begins = sorted({_begin(layer) for layer in found.layers} - {0})
    rows = np.sort(np.r_[np.arange(len(found.t_ms)), np.array(begins, np.int64)]).astype(np.int64)
    heights = np.zeros((len(rows), len(found.layers)))
    first = np.r_[False, rows[1:] == rows[:-1]]
    for at, layer in enumerate(found.layers):
        there = (rows > _begin(layer)) | ((rows == _begin(layer)) & (first | (_begin(layer) == 0)))
        heights[:, at] = np.where(there, np.nan_to_num(layer.held[rows]), 0.0)
    return found.t_ms[rows], heights


def _begin(layer: Layer) -> int:
    return int(np.isfinite(layer.usd).argmax())


def _fill(layer: Layer, x: Floats, top: Floats, *, first: bool) -> dict[str, Any]:
    colour = f"--v-{layer.venue}"
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": top, "fill": "tozeroy" if first else "tonexty",
        "fillcolor": f"{colour} 13%", "line": {"width": 0, "color": colour}, "meta": {"silent": True},
    }  # fmt: skip  # a trace


def _lines(found: Interest, layer: Layer, top: Floats) -> list[dict[str, Any]]:
    colour = f"--v-{layer.venue}"
    fresh = np.isfinite(layer.usd)
    there = np.isfinite(layer.held)
    # A dotted piece begins and ends at the solid ones.
    old = there & (~fresh | np.r_[~fresh[1:], False] | np.r_[False, ~fresh[:-1]])
    share = f" {100 * layer.share:.0f}{NBSP}%" if np.isfinite(layer.share) else ""
    told = f"{money(layer.held[-1])} {share}" + (f"  {age(layer.age_s)} old" if layer.age_s else "")
    middle = float(top[-1] - layer.held[-1] / 2)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": found.t_ms, "y": np.where(fresh, top, np.nan), "name": layer.venue,
            "customdata": layer.usd, "line": {"color": colour, "width": 1.25},
            "meta": {"format": "usd", "end": layer.venue, "told": told, "at": middle},
        }
    ]  # fmt: skip  # traces
    if (~fresh & there).any():
        dotted = {"color": colour, "width": 1.25, "dash": "2px,3px"}
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": found.t_ms,
                "y": np.where(old, top, np.nan),
                "line": dotted,
                "meta": {"silent": True},
            }
        )
    if layer.age_s:
        marker = {"size": 7, "color": "--surface", "line": {"color": "--warn", "width": 1.5}}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": found.t_ms[-1:],
                "y": top[-1:],
                "marker": marker,
                "cliponaxis": False,
                "meta": {"silent": True},
            }
        )
    return traces


def _edges(found: Interest) -> list[dict[str, Any]]:
    begins = sorted({_begin(layer) for layer in found.layers} - {0})
    line = {"color": "--ink3", "width": 1, "dash": "dot"}
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": found.t_ms[at],
            "x1": found.t_ms[at],
            "y0": 0,
            "y1": 1,
            "line": line,
        }
        for at in begins
    ]


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
        old.append(f"{', '.join(found.silent)}: no open interest of {coin} heard")
    return old
