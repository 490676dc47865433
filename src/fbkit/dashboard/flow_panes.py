"""The stacked panes of a stretch of flow, as traces and layout of Plots: price and CVD, volume and delta, imbalance, forced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.flow_bars import Flow, runs
from fbkit.dashboard.flow_cvd import GOES_ON
from fbkit.dashboard.flow_told import Died, lasting
from fbkit.model import NS_MS
from fbkit.widgets.format import money

Floats = NDArray[np.float64]
Drawn = tuple[list[dict[str, Any]], dict[str, Any]]

#: Room at the right of all panes, so that their time axes agree, px.
RIGHT = 78


def price_drawn(flow: Flow) -> Drawn:
    """Price above, CVD below; CVD starts again at 0 where it is anchored."""
    x = flow.middle_ms
    cvd_x, cvd = restarted(flow)
    traces = [
        _line(x, flow.columns["close"], "price", "--ink", tag="strong"),
        _line(
            cvd_x,
            cvd,
            "CVD",
            "--ink",
            yaxis="y2",
            fill="tozeroy",
            fillcolor="--ink 7%",
            tag="",
            tone=True,
            why="no sides told",
        ),
    ]
    layout = _layout(flow, {"anchor": "y2"}) | {
        "yaxis": {"domain": [0.45, 1.0]} | _room(flow.columns["close"]),
        "yaxis2": {"domain": [0.0, 0.4]} | _zeroed(flow.columns["cvd"]),
    }
    layout["shapes"] += [_rule("y2", 0.0, "--line2"), *_unheard(flow, "delta", "y2 domain")]
    layout["annotations"] = [_text((a + b) / 2, 0.04, f"gap<br>{lasting(b - a)}", "paper") for a, b in flow.holes()]
    return traces, layout


def volume_drawn(flow: Flow) -> Drawn:
    """Volume in grey, delta over it in up and down."""
    volume, delta = flow.columns["vol_usd"], flow.columns["delta"]
    inks = ["--up" if value >= 0 else "--down" for value in delta.tolist()]
    traces = [
        _bars(flow, volume, "volume", "--line2", 0.8),
        _bars(flow, delta, "delta", inks, 0.5, tone=True, format="usd_signed", why="no sides told"),
    ]
    top, low = _most(volume), min(0.0, float(np.nanmin(delta)) if np.isfinite(delta).any() else 0.0)
    layout = _layout(flow) | {"yaxis": {"range": [min(low, -0.12 * top) * 1.08, top * 1.3]}}
    return traces, layout


def imbalance_drawn(flow: Flow) -> Drawn:
    """Taker imbalance above, book imbalance below: bars by their Z, in the band of ±2 sd, ±3 dotted."""
    traces = [
        *_banded(flow, "taker_imb", "taker imbalance", "y", "bar without sides"),
        *_banded(flow, "obi_5", "book imbalance, 5 levels", "y2", "no book heard"),
    ]
    layout = _layout(flow, {"anchor": "y2"}) | {
        "yaxis": {"domain": [0.54, 1.0]} | _both_ways(flow, "taker_imb"),
        "yaxis2": {"domain": [0.0, 0.46]} | _both_ways(flow, "obi_5"),
    }
    layout["shapes"] += [_rule("y", 0.0, "--line2"), _rule("y2", 0.0, "--line2")]
    layout["shapes"] += [*_unheard(flow, "taker_imb", "y domain"), *_unheard(flow, "obi_5", "y2 domain")]
    return traces, layout


def forced_drawn(flow: Flow, rows: Sequence[Died]) -> Drawn:
    """Shorts liquidated above, longs below; their sums over the stretch at the ends."""
    short, long = flow.columns["liq_short_usd"], flow.columns["liq_long_usd"]
    least = "" if rows and all(row.tells == "all" for row in rows if np.isfinite(row.long_usd)) else "≥ "
    sums = {side: flow.sum_of(f"liq_{side}_usd") for side in ("short", "long")}
    top, low = max(_most(short), 1.0), max(_most(long), 1.0)
    reach = max(top, low, 1.0)

    def told(side: str) -> str:
        return f"{least}{money(sums[side])}" if np.isfinite(sums[side]) else "none heard"

    traces = [
        _bars(
            flow,
            short,
            "shorts",
            "--up",
            0.8,
            end="shorts",
            told=told("short"),
            at=top / 2,
            ink="--up",
            why="not heard",
        ),
        _bars(
            flow,
            -long,
            "longs",
            "--down",
            0.8,
            end="longs",
            told=told("long"),
            at=-low / 2,
            ink="--down",
            why="not heard",
        ),
    ]
    traces[1]["customdata"] = long
    layout = _layout(flow, {"showticklabels": True}) | {
        "yaxis": {"range": [-max(low, 0.25 * reach) * 1.15, max(top, 0.25 * reach) * 1.45]}
    }
    layout["shapes"] += [_rule("y", 0.0, "--line2"), *_unheard(flow, "liq_long_usd", "y domain")]
    layout["annotations"] = _words(flow, "liq_long_usd", "liquidations not listened to")
    return traces, layout


def restarted(flow: Flow) -> tuple[Floats, Floats]:
    """CVD as a line that breaks where it begins anew, and there starts at 0: instants (UTC ms) and USD."""
    x, y = flow.middle_ms, flow.columns["cvd"]
    at = np.flatnonzero(flow.begins != GOES_ON)
    edges = flow.t0[at] / NS_MS
    # Before the slot in which it begins: an end of the line, then 0.
    x = np.insert(x, np.repeat(at, 2), np.repeat(edges, 2))
    return x, np.insert(y, np.repeat(at, 2), np.tile([np.nan, 0.0], len(at)))


# --- pieces -----------------------------------------------------------------------------------------------------------


def _line(x: Floats, y: Floats, name: str, ink: str, **more: Any) -> dict[str, Any]:
    plotly = {key: more.pop(key) for key in ("yaxis", "fill", "fillcolor") if key in more}
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": {"color": ink, "width": 1.25},
        "connectgaps": False, "meta": more,
    } | plotly  # fmt: skip  # a trace


def _bars(flow: Flow, y: Floats, name: str, inks: str | list[str], share: float, **more: Any) -> dict[str, Any]:
    plotly = {key: more.pop(key) for key in ("yaxis",) if key in more}
    return {
        "type": "bar", "x": flow.middle_ms, "y": y, "name": name, "width": share * flow.length / NS_MS,
        "marker": {"color": inks, "line": {"width": 0}}, "meta": more,
    } | plotly  # fmt: skip  # a trace


def _banded(flow: Flow, column: str, name: str, axis: str, why: str) -> list[dict[str, Any]]:
    x, band = flow.middle_ms, flow.bands[column]
    silent = {"type": "scatter", "mode": "lines", "x": x, "yaxis": axis, "meta": {"silent": True}}
    none = {"width": 0, "color": "--line"}
    dotted = {"width": 1, "dash": "1px,3px"}
    values = flow.columns[column]
    z_of = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "yaxis": axis,
        "line": none,
        "name": "Z",
        "meta": {"format": "z", "why": "warm-up"},
    }
    return [
        silent | {"y": band.edge(-2.0), "line": none},
        silent | {"y": band.edge(2.0), "line": none, "fill": "tonexty", "fillcolor": "--line 70%"},
        silent | {"y": band.edge(3.0), "line": dotted | {"color": "--zp4"}},
        silent | {"y": band.edge(-3.0), "line": dotted | {"color": "--zn4"}},
        _bars(
            flow, values, name, [_shade(z) for z in flow.z[column].tolist()], 0.7, yaxis=axis, format="signed", why=why
        ),
        # Its Z for the readout: drawn by the bar's shade, so that the line itself is not seen.
        z_of | {"y": np.where(np.isfinite(flow.z[column]), values, np.nan), "customdata": flow.z[column]},
    ]


def _shade(z: float) -> str:
    """The token of a bar: grey until 2 sd, then the steps of the Z scale."""
    size = abs(z)
    if not size >= 2:
        return "--control" if size >= 1 else "--line2"
    return f"--z{'p' if z > 0 else 'n'}{3 if size < 3 else 4}"


def _layout(flow: Flow, xaxis: dict[str, Any] | None = None) -> dict[str, Any]:
    """One time axis for all panes; gaps drawn through them."""
    half = flow.length / NS_MS / 2
    x = {"range": [flow.middle_ms[0] - half, flow.middle_ms[-1] + half], "showticklabels": False} | (xaxis or {})
    return {"xaxis": x, "margin": {"r": RIGHT}, "shapes": [_hatched(*hole, "paper") for hole in flow.holes()]}


def _hatched(since: int, until: int, over: str) -> dict[str, Any]:
    edge = {"width": 1, "color": "--control", "dash": "2px,2px"}
    return {
        "type": "rect", "x0": since / NS_MS, "x1": until / NS_MS, "yref": over, "y0": 0, "y1": 1, "fillcolor": "--hatch",
        "opacity": 0.5, "line": edge, "layer": "below",
    }  # fmt: skip  # a shape


def _unheard(flow: Flow, column: str, over: str) -> list[dict[str, Any]]:
    """Stretches where bars are, but nobody told this: a tone without edges."""
    missing = ~np.isfinite(flow.columns[column]) & np.isfinite(flow.columns["vol_usd"])
    return [
        _hatched(*run, over) | {"line": {"width": 0}, "opacity": 0.35}
        for run in runs(missing, flow.t0, flow.length)
        if run[1] - run[0] > flow.length
    ]


def _words(flow: Flow, column: str, words: str) -> list[dict[str, Any]]:
    """What a long stretch without numbers is, written into it."""
    missing = ~np.isfinite(flow.columns[column]) & np.isfinite(flow.columns["vol_usd"])
    long = [run for run in runs(missing, flow.t0, flow.length) if run[1] - run[0] > len(flow.t0) * flow.length / 4]
    return [_text((a + b) / 2, 0.5, words, "paper") for a, b in long]


def _text(at: float, y: float, words: str, over: str) -> dict[str, Any]:
    return {
        "x": at / NS_MS, "y": y, "yref": over, "text": words, "showarrow": False, "font": {"size": 11, "color": "--ink3"},
    }  # fmt: skip  # an annotation


def _rule(axis: str, y: float, ink: str) -> dict[str, Any]:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": y, "y1": y, "layer": "below",
        "line": {"width": 1, "color": ink},
    }  # fmt: skip  # a shape


def _most(values: Floats) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else 0.0


def _room(values: Floats) -> dict[str, Any]:
    """Room above for the readout."""
    there = values[np.isfinite(values)]
    if not len(there):
        return {}
    low, high = float(there.min()), float(there.max())
    span = high - low or abs(high) * 0.002 or 1.0
    return {"range": [low - 0.06 * span, high + 0.16 * span]}


def _zeroed(values: Floats) -> dict[str, Any]:
    """The same with 0 in sight."""
    return _room(np.append(values, 0.0))


def _both_ways(flow: Flow, column: str) -> dict[str, Any]:
    """As far up as down, so far that the loudest and the band are in sight, at most ±1."""
    edges = [flow.columns[column], flow.bands[column].edge(2.0), flow.bands[column].edge(-2.0)]
    reach = max((float(np.nanmax(np.abs(one))) for one in edges if np.isfinite(one).any()), default=0.1)
    return {"range": [-min(1.05, reach * 1.1 + 0.01), min(1.05, reach * 1.1 + 0.01) * 1.35]}
