"""What panes of flow are made of: lines, bars, bands, stretches without numbers, and how far an axis goes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.flow.bars import Flow, runs
from fbkit.model import NS_MS
from fbkit.widgets.format import NBSP, money

Floats = NDArray[np.float64]
Trace = dict[str, Any]

#: More bars than these are a grey mist on a screen.
SLOTS = 720

#: Room at the right of all panes, so that their time axes agree, px.
RIGHT = 92

#: A bar beyond so many times what 95 of 100 stay below is cut, with its value written at it.
_FAR, _SHOWN = 8.0, 4.0

#: Bars of which "95 of 100" means something, and cut bars that are told.
_ENOUGH, _TOLD = 20, 2


def line(x: Floats, y: Floats, name: str, **more: Any) -> Trace:
    """A line in ink; what plotly does not know goes into its ``meta``."""
    plotly = {key: more.pop(key) for key in ("yaxis",) if key in more}
    ink = {"color": "--ink", "width": 1.25}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": ink, "meta": more} | plotly


def bars(flow: Flow, y: Floats, name: str, inks: str | list[str], share: float, **more: Any) -> list[Trace]:
    """A bar a slot, of a share of its width. Of more slots than a screen tells apart, the largest of each few.

    ``by`` (default: the values themselves) says which is the largest. The readout has every slot.
    """
    by = more.pop("by", y)
    plotly = {key: more.pop(key) for key in ("yaxis",) if key in more}
    whole = {"type": "bar", "x": flow.middle_ms, "y": y, "name": name, "meta": more} | plotly
    few = pooled(flow)
    at = largest_of_each(by, few)
    wide = few * flow.length / NS_MS
    drawn = {
        "x": flow.t0[::few] / NS_MS + wide / 2, "y": y[at], "width": share * wide,
        "marker": {"color": inks if isinstance(inks, str) else [inks[k] for k in at.tolist()], "line": {"width": 0}},
    }  # fmt: skip  # what is seen
    return [whole | drawn] if few == 1 else [whole | {"visible": False}, whole | drawn | {"meta": {"silent": True}}]


def pooled(flow: Flow) -> int:
    """Slots that share a bar."""
    return -(-len(flow.t0) // SLOTS)


def largest_of_each(by: Floats, few: int) -> NDArray[np.intp]:
    """The place of the largest by size among each few; of none that is there, the first.

    >>> largest_of_each(np.array([1.0, -3.0, np.nan, np.nan, 2.0]), 2).tolist()
    [1, 2, 4]
    """
    size = np.nan_to_num(np.abs(by), nan=-1.0)
    whole = np.concatenate([size, np.full(-len(size) % few, -1.0)]).reshape(-1, few)
    places: NDArray[np.intp] = whole.argmax(axis=1) + np.arange(len(whole)) * few
    return places


def banded(flow: Flow, column: str, name: str, axis: str, why: str) -> list[Trace]:
    """Bars in the shade of their Z, before the band of ±2 standard deviations; ±3 is dotted."""
    band, values, z = flow.bands[column], flow.columns[column], flow.z[column]
    edge = {"type": "scatter", "mode": "lines", "x": flow.middle_ms, "yaxis": axis, "meta": {"silent": True}}
    none, dotted = {"width": 0, "color": "--line"}, {"width": 1, "dash": "1px,3px"}
    told = {"name": "Z", "visible": False, "customdata": z, "meta": {"format": "z", "why": "not there yet"}}
    return [
        edge | {"y": band.edge(-2.0), "line": none},
        edge | {"y": band.edge(2.0), "line": none, "fill": "tonexty", "fillcolor": "--line 70%"},
        edge | {"y": band.edge(3.0), "line": dotted | {"color": "--zp4"}},
        edge | {"y": band.edge(-3.0), "line": dotted | {"color": "--zn4"}},
        *bars(flow, values, name, [shade(one) for one in z.tolist()], 0.7, yaxis=axis, format="signed", why=why, by=z),
        edge | {"y": z} | told,  # for the readout; the bars' shades show it
    ]


def shade(z: float) -> str:
    """The token of a bar: grey until 2 standard deviations, then a step of the Z scale.

    >>> [shade(z) for z in (0.4, -1.5, 2.5, -4.0, float("nan"))]
    ['--line2', '--control', '--zp3', '--zn4', '--line2']
    """
    size = abs(z)
    if not size >= 2:
        return "--control" if size >= 1 else "--line2"
    return f"--z{'p' if z > 0 else 'n'}{3 if size < 3 else 4}"


def layout_of(flow: Flow, **xaxis: Any) -> dict[str, Any]:
    """One time axis for all panes; gaps drawn through them."""
    half = flow.length / NS_MS / 2
    x = {"range": [flow.middle_ms[0] - half, flow.middle_ms[-1] + half], "showticklabels": False} | xaxis
    gaps = [hatched(*hole, "paper") for hole in flow.holes()]
    return {"xaxis": x, "margin": {"r": RIGHT}, "shapes": gaps, "annotations": []}


def hatched(since: int, until: int, over: str) -> dict[str, Any]:
    """A stretch of time (UTC ns) in the tone of what is missing, over a pane or the whole ``paper``."""
    return {
        "type": "rect", "x0": since / NS_MS, "x1": until / NS_MS, "yref": over, "y0": 0, "y1": 1, "layer": "below",
        "fillcolor": "--hatch", "opacity": 0.5, "line": {"width": 1, "color": "--control", "dash": "2px,2px"},
    }  # fmt: skip  # a shape


def unheard(flow: Flow, column: str) -> list[tuple[int, int]]:
    """Stretches of more than a slot where bars are, but nobody told this (UTC ns)."""
    missing = ~np.isfinite(flow.columns[column]) & np.isfinite(flow.columns["vol_usd"])
    return [run for run in runs(missing, flow.t0, flow.length) if run[1] - run[0] > flow.length]


def add_unheard(layout: dict[str, Any], flow: Flow, column: str, axis: str, words: str) -> None:
    """Draw them: a tone without edges, and in long ones what is missing."""
    for since, until in unheard(flow, column):
        layout["shapes"].append(hatched(since, until, f"{axis} domain") | {"line": {"width": 0}, "opacity": 0.35})
        if until - since > len(flow.t0) * flow.length / 4:
            layout["annotations"].append(note((since + until) / 2 / NS_MS, 0.4, words, f"{axis} domain"))


def note(x: float, y: float, words: str, over: str) -> dict[str, Any]:
    """Words in a pane, in the ink of captions."""
    ink = {"size": 11, "color": "--ink3"}
    return {"x": x, "y": y, "yref": over, "text": words, "showarrow": False, "font": ink}


def rule(axis: str, y: float) -> dict[str, Any]:
    """A hairline through a pane, or (``paper``) between two."""
    hair = {"width": 1, "color": "--line2"}
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 3 if axis == "paper" else 1, "yref": axis, "y0": y, "y1": y,
        "layer": "below", "line": hair,
    }  # fmt: skip  # a shape


# --- how far an axis goes ---------------------------------------------------------------------------------------------


def most(values: Floats) -> float:
    """The largest there is, at least 0.

    >>> most(np.array([np.nan, 2.0])), most(np.array([np.nan]))
    (2.0, 0.0)
    """
    return max(0.0, float(np.nanmax(values))) if np.isfinite(values).any() else 0.0


def reach(values: Floats) -> float:
    """As far as the largest; where a few stand far out, as far as the others can still be seen.

    >>> reach(np.array([1.0, 2.0])), reach(np.concatenate([np.ones(99), [100.0]]))
    (2.0, 4.0)
    """
    there = values[np.isfinite(values) & (values > 0)]
    usual = float(np.percentile(there, 95)) if len(there) >= _ENOUGH else np.inf
    return most(values) if most(values) <= _FAR * usual else _SHOWN * usual


def cut_off(flow: Flow, values: Floats, top: float, axis: str = "y", *, below: bool = False) -> list[dict[str, Any]]:
    """What is written at the largest of the bars that an axis of this reach cuts."""
    beyond = [at for at in np.argsort(-np.nan_to_num(values)).tolist()[:_TOLD] if values[at] > top]
    half = len(flow.t0) / 2
    return [
        note(flow.middle_ms[at], 0.06 if below else 0.8, f"{NBSP}{money(values[at])}, cut{NBSP}", f"{axis} domain")
        | {"xanchor": "left" if at < half else "right", "font": {"size": 11, "color": "--ink2"}}
        for at in beyond
    ]


def roomy(values: Floats) -> dict[str, Any]:
    """All values, and room above for the readout."""
    there = values[np.isfinite(values)]
    if not len(there):
        return {}
    low, high = float(there.min()), float(there.max())
    span = high - low or abs(high) * 0.002 or 1.0
    return {"range": [low - 0.06 * span, high + 0.18 * span]}


def both_ways(flow: Flow, column: str) -> dict[str, Any]:
    """As far up as down, so far that the loudest and the band are in sight, at most ±1; room for the readout."""
    edges = [flow.columns[column], flow.bands[column].edge(2.0), flow.bands[column].edge(-2.0)]
    far = max((float(np.nanmax(np.abs(one))) for one in edges if np.isfinite(one).any()), default=0.1)
    far = min(1.05, far * 1.08 + 0.01)
    return {"range": [-far, far * 1.35]}
