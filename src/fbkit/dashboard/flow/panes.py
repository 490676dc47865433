"""The stacked panes of a stretch of flow, as traces and layout of Plots: price, CVD, volume, imbalance, forced out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.flow import pieces as piece
from fbkit.dashboard.flow.bars import Flow
from fbkit.dashboard.flow.cvd import AGAIN, MIDNIGHT
from fbkit.dashboard.flow.told import Died, lasting
from fbkit.model import NS_MS
from fbkit.widgets.format import NBSP, money

Floats = NDArray[np.float64]
Drawn = tuple[list[dict[str, Any]], dict[str, Any]]


def price_drawn(flow: Flow) -> Drawn:
    """Price above, CVD below; CVD starts again at 0 where it is anchored."""
    price, cvd = flow.columns["close"], flow.columns["cvd"]
    traces = [
        piece.line(flow.middle_ms, price, "price", tag="strong"),
        piece.line(*restarted(flow), "CVD", tag="", tone=True, why="no sides told", yaxis="y2"),
    ]
    layout = piece.layout_of(flow, anchor="y2") | {
        "yaxis": {"domain": [0.43, 1.0]} | piece.roomy(price),
        "yaxis2": {"domain": [0.0, 0.41]} | piece.roomy(np.append(cvd, 0.0)),
    }
    layout["shapes"] += [piece.rule("y2", 0.0), piece.rule("paper", 0.42)]
    piece.add_unheard(layout, flow, "delta", "y2", "takers' sides not told")
    for since, until in flow.holes():
        words = f"gap<br>{lasting(until - since)}"
        layout["annotations"].append(piece.note((since + until) / 2 / NS_MS, 0.46, words, "paper"))
    return traces, layout


def volume_drawn(flow: Flow) -> Drawn:
    """Volume in grey, delta over it in up and down."""
    volume, delta = flow.columns["vol_usd"], flow.columns["delta"]
    inks = ["--up" if value >= 0 else "--down" for value in delta.tolist()]
    traces = [
        *piece.bars(flow, volume, "volume", "--line2", 0.8),
        *piece.bars(flow, delta, "delta", inks, 0.5, tone=True, format="usd_signed", why="no sides told"),
    ]
    top, low = piece.reach(volume), piece.reach(-delta)
    layout = piece.layout_of(flow) | {"yaxis": {"range": [-max(low, 0.12 * top) * 1.08, top * 1.3]}}
    layout["annotations"] += piece.cut_off(flow, volume, top * 1.3)
    return traces, layout


def imbalance_drawn(flow: Flow) -> Drawn:
    """Taker imbalance above, book imbalance below: bars by their Z, in the band of ±2 sd, ±3 dotted."""
    traces = [
        *piece.banded(flow, "taker_imb", "takers", "y", "bar without sides"),
        *piece.banded(flow, "obi_5", "book, 5 levels", "y2", "not heard"),
    ]
    layout = piece.layout_of(flow, anchor="y2") | {
        "yaxis": {"domain": [0.51, 1.0]} | piece.both_ways(flow, "taker_imb"),
        "yaxis2": {"domain": [0.0, 0.49]} | piece.both_ways(flow, "obi_5"),
    }
    layout["shapes"] += [piece.rule("y", 0.0), piece.rule("y2", 0.0), piece.rule("paper", 0.5)]
    piece.add_unheard(layout, flow, "taker_imb", "y", "takers' sides not told")
    piece.add_unheard(layout, flow, "obi_5", "y2", "book not heard")
    return traces, layout


def forced_drawn(flow: Flow, rows: Sequence[Died]) -> Drawn:
    """Shorts liquidated above, longs below; their sums over the stretch at the ends."""
    short, long = flow.columns["liq_short_usd"], flow.columns["liq_long_usd"]
    up, down = piece.reach(short), piece.reach(long)
    least = max(0.3 * max(up, down), 1.0)
    top, bottom = max(up, least) * 1.4, max(down, least) * 1.1
    shorts = piece.bars(flow, short, "shorts", "--up", 0.8, **_end(flow, rows, "short", top / 2, "--up"))
    longs = piece.bars(flow, -long, "longs", "--down", 0.8, **_end(flow, rows, "long", -bottom / 2, "--down"))
    longs[0]["customdata"] = long
    traces = shorts + longs
    layout = piece.layout_of(flow, showticklabels=True) | {"yaxis": {"range": [-bottom, top]}}
    layout["shapes"].append(piece.rule("y", 0.0))
    layout["annotations"] += piece.cut_off(flow, short, top) + piece.cut_off(flow, long, bottom, below=True)
    piece.add_unheard(layout, flow, "liq_long_usd", "y", "liquidations not heard")
    return traces, layout


def _end(flow: Flow, rows: Sequence[Died], side: str, at: float, ink: str) -> dict[str, Any]:
    """The sum of one side over the stretch, at the end of its bars."""
    total = flow.sum_of(f"liq_{side}_usd")
    whole = all(row.tells == "all" for row in rows if np.isfinite(row.long_usd))
    told = f"{'' if whole else f'at least{NBSP}'}{money(total)}" if np.isfinite(total) else "none heard"
    return {"end": f"{side}s", "told": told, "at": at, "ink": ink, "why": "not heard"}


def restarted(flow: Flow) -> tuple[Floats, Floats]:
    """CVD as a line that breaks where it begins anew, and there starts at 0: instants (UTC ms) and USD."""
    x, y = flow.middle_ms, flow.columns["cvd"]
    at = np.flatnonzero((flow.begins == MIDNIGHT) | (flow.begins == AGAIN))
    # Before the slot in which it begins: an end of the line, then 0.
    x = np.insert(x, np.repeat(at, 2), np.repeat(flow.t0[at] / NS_MS, 2))
    return x, np.insert(y, np.repeat(at, 2), np.tile([np.nan, 0.0], len(at)))
