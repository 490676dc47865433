"""At which prices takers traded: the profile of a tape, and how it is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fbkit.clock import iso
from fbkit.dashboard.flow.tape import Tape
from fbkit.model import TIMEFRAMES, Span
from fbkit.quant.formulas.profile import Profile, round_width, volume_profile
from fbkit.widgets.format import NBSP, price

if TYPE_CHECKING:
    from fbkit.store import Store

#: More bins than these are not told apart on a screen.
BINS = 64

#: Whose ATR a bin is a tenth of, over how many bars it settles.
_TF, _ATR_BARS = "15m", 300


class Traded(NamedTuple):
    """A profile; from when (UTC ns) and of how many trades it is; how much of that time was heard; a bin's width."""

    profile: Profile
    since: int
    n: int
    coverage: float
    width: float
    width_from: str


def traded(store: Store, tape: Tape, now: int) -> Traded:
    """Of all trades on a tape; bins of a tenth of the ATR, or as many times wider as a screen asks for."""
    from fbkit.store.coverage import Ledger

    trades = tape.together()
    width, source = _width(store, tape.names[0], trades.price)
    ledger = Ledger(store, Span(trades.since, now))
    heard = [ledger.coverage(name, "trade") for name in tape.names]
    found = volume_profile(trades.price, trades.usd, width)
    first = int(trades.ts.min()) if len(trades.ts) else now
    return Traded(found, max(trades.since, first), len(trades.ts), float(np.mean(heard)), width, source)


def _width(store: Store, name: str, prices: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, str]:
    from fbkit.quant.frames import atr

    if not len(prices):
        return float("nan"), ""
    beat = store.last_beat()
    end = beat.ts_recv if beat else 0
    bars = store.columns(
        "bars", ("high", "low", "close"), instrument=name, tf=_TF, span=Span(end - _ATR_BARS * TIMEFRAMES[_TF])
    )
    ranges = atr(bars["high"], bars["low"], bars["close"], 14)
    known = ranges[np.isfinite(ranges)]
    span = float(np.ptp(prices))
    width, source = (
        (round_width(float(known[-1])), f"ATR(14) of {_TF} / 10")
        if len(known)
        else (round_width(span / 3), "range / 30")
    )
    return wide_enough(width, span), source


def wide_enough(width: float, span: float) -> float:
    """The width, or the next rounder one with which a span of prices has no more than 64 bins.

    >>> wide_enough(1.0, 50.0), wide_enough(1.0, 200.0), wide_enough(0.02, 5.0)
    (1.0, 5.0, 0.1)
    """
    while width > 0 and span / width > BINS:
        width = round_width(20.0 * width)
    return width


def profile_drawn(found: Traded) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Horizontal bars, buys then sells, fainter outside the value area; its ends and the fullest price as tags."""
    profile = found.profile
    if not len(profile.buy):
        return [], {}
    middles = (profile.edges[:-1] + profile.edges[1:]) / 2
    inside = (profile.edges[:-1] >= profile.low) & (profile.edges[1:] <= profile.high)
    traces = [
        {"type": "bar", "orientation": "h", "y": middles, "x": values, "name": name, "width": 0.86 * found.width,
         "marker": {"color": ink, "opacity": np.where(inside, 1.0, 0.45), "line": {"width": 0}},
         "meta": {"format": "usd"}}
        for name, values, ink in (("buys", profile.buy, "--up"), ("sells", profile.sell, "--down"))
    ]  # fmt: skip  # traces
    top = float((profile.buy + profile.sell).max())
    marks = (("POC", profile.poc, "strong"), ("high", profile.high, ""), ("low", profile.low, ""))
    traces += [_mark(name, value, top, tone, found.width) for name, value, tone in marks if np.isfinite(value)]
    pad = 1.5 * found.width
    return traces, {
        "barmode": "stack", "xaxis": {"range": [0.0, top * 1.04]}, "margin": {"r": 92, "t": 22},
        "yaxis": {"range": [float(profile.edges[0]) - pad, float(profile.edges[-1]) + pad]},
    }  # fmt: skip  # a layout


def step_of(width: float) -> float:
    """The tick with which bins and their middles are written.

    >>> step_of(50.0), step_of(1.0), step_of(0.02)
    (1, 0.1, 0.001)
    """
    return float(f"1e{math.floor(math.log10(width)) - 1}") if width < 10 else 1


def _mark(name: str, value: float, reach: float, tone: str, width: float) -> dict[str, Any]:
    line = {"color": "--ink" if tone else "--ink2", "width": 1, "dash": "solid" if tone else "2px,3px"}
    return {
        "type": "scatter", "mode": "lines", "x": [0.0, reach * 1.04], "y": [value, value], "line": line,
        "meta": {"silent": True, "tag": tone, "told": f"{name} {price(value, step_of(width))}"},
    }  # fmt: skip  # a trace


def profile_told(found: Traded) -> str:
    """What the heading says: from when, and how wide a bin."""
    if not found.n:
        return "taker USD by price"
    since = iso(found.since)
    return f"USD since {since[5:10]}{NBSP}{since[11:16]}, bins of {price(found.width, min(found.width, 1.0))}"
