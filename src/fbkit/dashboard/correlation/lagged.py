"""The drawings of one pair: who leads, and the returns of both against each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.dashboard.correlation.together import Pair


def lags_drawn(pair: Pair) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and axes: a bar a lag, the largest in full ink, the 95 % interval of each as a band behind."""
    band = {"type": "scatter", "mode": "lines", "x": pair.lags, "line": {"width": 0}, "meta": {"silent": True}}
    inks = ["--ink" if lag == pair.best else "--ink3" for lag in pair.lags.tolist()]
    traces: list[dict[str, Any]] = [
        band | {"y": pair.low},
        band | {"y": pair.high, "fill": "tonexty", "fillcolor": "--ink 13%"},
        {
            "type": "bar",
            "x": pair.lags,
            "y": pair.r,
            "name": "r",
            "marker": {"color": inks},
            "meta": {"format": "signed", "rest": False},
        },
    ]
    ticks = [int(lag) for lag in pair.lags if lag % 5 == 0]
    words = {
        0: "same bar",
        int(pair.lags[0]): f"{_safe(pair.names[1])} first",
        int(pair.lags[-1]): f"{_safe(pair.names[0])} first",
    }
    texts = [words.get(lag, f"{abs(lag)} bars") for lag in ticks]
    axes = {
        "xaxis": {"tickvals": ticks, "ticktext": texts, "range": [pair.lags[0] - 0.7, pair.lags[-1] + 0.7]},
        "yaxis": {"zeroline": True, "zerolinecolor": "--line2"},
    }
    return traces, axes


def dots_drawn(pair: Pair) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and axes: a dot a bar, the first coin to the right, the second upward."""
    both = np.isfinite(pair.first) & np.isfinite(pair.second)
    first, second = (_safe(name) for name in pair.names)
    dots = {
        "type": "scatter", "mode": "markers", "x": pair.first[both], "y": pair.second[both], "name": pair.names[1],
        "marker": {"size": 4, "color": "--ink2", "opacity": 0.6}, "meta": {"format": "percent", "rest": False},
    }  # fmt: skip  # a trace
    zero = {"zeroline": True, "zerolinecolor": "--line2"}
    axes = {
        "xaxis": zero | {"title": _title(f"{first}, % a bar")},
        "yaxis": zero | {"title": _title(f"{second}, % a bar")},
    }
    return [dots], axes


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 11, "color": "--ink2"}, "standoff": 4}


def _safe(name: str) -> str:
    # Plotly reads some markup in its texts; a coin's name is a venue's word and stays text.
    return name.replace("&", "&amp;").replace("<", "&lt;")
