"""A chart that changes when its numbers do; for what streams there is PlotStream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.chart import plotly_js
from fbkit.widgets.panel import Panel


class Plot(Panel):
    """Plotly traces in our look, with a heading, readouts, tags on the axis and names at the ends of lines.

    A trace is plotly's (``type x y …``, instants as UTC ms) with arrays as lists or numpy arrays; NaN breaks a line.
    A colour is the name of a token: ``"--up"``, ``"--v-okx"``, ``"--ink3"``; ``"--v-okx 13%"`` lets through what is
    behind. ``axes`` gives each axis a format: ``{"y": "usd", "x": "time"}``, a name of ``formatting.js`` (usd percent
    funding bp z price …), which may bear its tick or decimals: ``"price:0.1"``. ``meta`` of a trace may hold

    - ``format``: another one than its axis has; ``tone``: coloured by sign in the readout;
    - ``end``: its name at the right end, with ``told`` instead of its newest value, ``at`` another height, ``ink``
      another colour;
    - ``tag``: its newest value as a tag on the axis, in the tone ``up``, ``down``, ``strong`` or ``""``;
    - ``why``: what the readout says where a value is missing; ``silent``: left out of the readout, with
      ``rest`` false while nothing is pointed at.

    Under the pointer (or by the arrow keys, once focused) each pane says its values there, else its newest. Along a
    time axis the crosshair stands at the same instant in every Plot of the tab. Vertical bars with a ``width`` (ms) may
    be thousands: they are drawn as one path a colour.

    Examples
    --------
    >>> plot = Plot(title="Open interest", sub="USD, one side", axes={"x": "time", "y": "usd"})
    >>> plot.show([{"type": "scatter", "x": [0.0, 1.0], "y": np.array([1.0, np.nan]), "meta": {"format": "usd"}}])
    >>> plot.traces[0]["y"]
    [1.0, None]
    """

    _esm = module("plot.js")

    title = traitlets.Unicode("", help="What is drawn").tag(sync=True)
    sub = traitlets.Unicode("", help="Unit, window, source").tag(sync=True)
    value = traitlets.Unicode("", help="The newest number, said at the right of the heading").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited while there is nothing to draw").tag(sync=True)
    pane = traitlets.Bool(
        False, help="One of several stacked: the title stands before the readout, values at the right"
    ).tag(sync=True)
    traces = traitlets.List(traitlets.Dict(), help="Plotly traces, colours as tokens").tag(sync=True)
    layout_more = traitlets.Dict(help="Plotly layout that differs from ours, colours as tokens").tag(sync=True)
    axes = traitlets.Dict(help="Format of each axis by its name: x y y2 …").tag(sync=True)
    market = traitlets.Unicode("", help="Whose market it is, written on exported pictures").tag(sync=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.on_msg(self._hear)

    def show(self, traces: Sequence[dict[str, Any]], **layout: Any) -> None:
        """Draw these."""
        with self.hold_sync():
            self.layout_more = _plain(layout)
            self.traces = [_plain(trace) for trace in traces]

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "plotly":
            self.send({"kind": "plotly"}, buffers=[plotly_js()])


def _plain(value: Any) -> Any:
    """Arrays as lists, what is not finite as None: JSON knows neither."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _listed(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _listed(values: np.ndarray[Any, Any]) -> list[Any]:
    if values.dtype.kind == "O":
        return [_plain(value) for value in values.tolist()]
    there = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    found = values if there.all() else values.astype(object)
    if not there.all():
        found[~there] = None
    listed: list[Any] = found.tolist()
    return listed
