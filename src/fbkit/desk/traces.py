"""A picture as the live widget draws it: plotly's traces, colours as tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
from ipywidgets import Layout

from fbkit.desk.drawing import Drawing, Line
from fbkit.widgets import Plot


def widget_of(drawing: Drawing) -> Plot:
    """The live picture: readout under the pointer, names at the ends of lines."""
    y = drawing.measure.format
    axes = {"x": "time" if drawing.x == "time" else "number", "y": y}
    lying = any(line.how == "across" for line in drawing.lines)
    if lying:
        axes = {"x": y, "y": "price"}
    plot = Plot(title=drawing.title, sub=drawing.sub, axes=axes, market=drawing.market, waiting="No number to draw")
    plot.layout = Layout(height=f"{drawing.height}px", width="100%")
    plot.show(_traces(drawing), shapes=_rules(drawing, lying=lying), **_axes(drawing))
    return plot


def _traces(drawing: Drawing) -> list[dict[str, Any]]:
    below = np.zeros(len(drawing.lines[0].y)) if drawing.lines else np.empty(0)
    traces = []
    for place, line in enumerate(drawing.lines):
        trace = _trace(line, drawing)
        if line.how == "area":
            below = below + np.nan_to_num(trace["y"])
            own = {"customdata": trace["y"], "y": below, "fill": "tozeroy" if place == 0 else "tonexty"}
            middle = float(below[-1] - np.nan_to_num(line.y[-1]) / 2)
            told = drawing.measure.text(float(line.y[-1]))
            trace |= own | {"fillcolor": f"{line.colour} 13%", "meta": trace["meta"] | {"at": middle, "told": told}}
        traces.append(trace)
    return traces


def _trace(line: Line, drawing: Drawing) -> dict[str, Any]:
    y, factor = line.y * drawing.measure.factor, drawing.measure.factor
    trace: dict[str, Any] = {"x": line.x, "y": y, "name": line.name, "meta": {"format": drawing.measure.format}}
    if line.how in {"bar", "across"}:
        trace |= {"type": "bar", "marker": {"color": line.colour}}
        if line.how == "across":
            trace |= {"x": y, "y": line.x, "orientation": "h"}
    elif line.how == "dots":
        trace |= {"type": "scatter", "mode": "markers", "marker": {"color": line.colour, "size": 8}}
    else:
        shape = "hv" if line.how == "step" else "linear"
        dashed = {"dash": line.dash} if line.dash else {}
        trace |= {
            "type": "scatter",
            "mode": "lines",
            "line": {"color": line.colour, "width": 1.25, "shape": shape} | dashed,
        }
        trace["meta"] |= {"end": line.name}
    if line.low is not None and line.high is not None:
        ends = {"array": line.high * factor - y, "arrayminus": y - line.low * factor}
        trace["error_y"] = {"type": "data", "symmetric": False, "color": "--ink3", "thickness": 1, "width": 0} | ends
    return trace


def _rules(drawing: Drawing, *, lying: bool) -> list[dict[str, Any]]:
    """Straight lines through the picture at values."""
    ways = ("x", "y") if lying else ("y", "x")
    return [
        {
            "type": "line", f"{ways[0]}ref": ways[0], f"{ways[1]}ref": "paper", f"{ways[1]}0": 0, f"{ways[1]}1": 1,
            f"{ways[0]}0": value * drawing.measure.factor, f"{ways[0]}1": value * drawing.measure.factor,
            "line": {"color": "--line2", "width": 1, "dash": "solid" if abs(value) >= 3 or value == 0 else "dot"},
        }
        for value in drawing.rules
    ]  # fmt: skip  # a shape


def _axes(drawing: Drawing) -> dict[str, Any]:
    return {"xaxis": {"type": "category"}} if drawing.x == "words" else {}
