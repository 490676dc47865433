"""Price, volume and taker delta of one instrument, with its gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from fbkit.reports import words
from fbkit.reports.pictures.look import (
    DOWN,
    INK,
    INK3,
    LINE2,
    SURFACE,
    UP,
    canvas,
    family,
    numbers,
    png_of,
    quiet,
    say,
    shade,
    times,
)

_MOST_CANDLES = 200


def price_picture(
    bars: pd.DataFrame, title: str, tick: float | None, window: tuple[int, int], gaps: Sequence[tuple[int, int]]
) -> bytes:
    """A PNG of bars (rows of one instrument by ``t1``) over ``window`` (UTC ns), gaps shaded."""
    figure = canvas(9.6, 4.1)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.15))
    figure.subplots_adjust(left=0.022, right=0.92, top=0.93, bottom=0.075, hspace=0.09)
    for axes in (upper, lower):
        quiet(axes)
        shade(axes, gaps)
    if len(bars) <= _MOST_CANDLES:
        _candles(upper, bars)
    else:
        upper.plot(bars["t1"], bars["close"], color=INK, linewidth=1.0)
    _volume(lower, bars)
    last = float(bars["close"].dropna().iloc[-1])
    upper.axhline(last, color=INK3, linewidth=0.6, linestyle=(0, (3, 3)))
    upper.annotate(
        words.price(last, tick),
        (1.0, last),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        family=family(),
        fontsize=8,
        color=SURFACE,
        bbox={"boxstyle": "square,pad=0.25", "facecolor": INK, "edgecolor": "none"},
        zorder=5,
    )
    numbers(upper, lambda value: words.price(value, tick), most=6)
    numbers(lower, words.usd, most=3)
    times(lower, *window)
    # The tag stands where a tick near it would.
    low, high = upper.get_ylim()
    upper.set_yticks(
        [tick for tick in upper.get_yticks() if low < tick < high and abs(tick - last) > (high - low) * 0.045]
    )
    upper.tick_params(labelbottom=False)
    say(upper, 0.0, 1.03, title, color=INK, fontweight="bold")
    say(lower, 0.0, 0.97, "volume, USD · taker buys minus sells", va="top", fontsize=8)
    return png_of(figure)


def _candles(axes: Axes, bars: pd.DataFrame) -> None:
    whole = bars.dropna(subset=["open", "high", "low", "close"])
    middle = (whole["t0"] + whole["t1"]).to_numpy() / 2
    half = (whole["t1"] - whole["t0"]).to_numpy() * 0.34
    rose = (whole["close"] >= whole["open"]).to_numpy()
    colours = np.where(rose, UP, DOWN)
    low, high = whole["low"].to_numpy(), whole["high"].to_numpy()
    bottom = whole[["open", "close"]].min(axis=1).to_numpy()
    top = whole[["open", "close"]].max(axis=1).to_numpy()
    stems = [((x, lo), (x, b)) for x, lo, b in zip(middle, low, bottom, strict=True)]
    stems += [((x, t), (x, hi)) for x, t, hi in zip(middle, top, high, strict=True)]
    axes.add_collection(LineCollection(stems, colors=[*colours, *colours], linewidths=0.8))
    for x, w, b, t, up, colour in zip(middle, half, bottom, top, rose, colours, strict=True):
        ground = SURFACE if up else colour
        axes.add_patch(Rectangle((x - w, b), 2 * w, t - b, facecolor=ground, edgecolor=colour, linewidth=0.8, zorder=3))
    room = (float(high.max()) - float(low.min())) * 0.06 or 1.0
    axes.set_ylim(float(low.min()) - room, float(high.max()) + room)


def _volume(axes: Axes, bars: pd.DataFrame) -> None:
    middle = (bars["t0"] + bars["t1"]).to_numpy() / 2
    width = (bars["t1"] - bars["t0"]).to_numpy() * 0.72
    delta = bars["delta"].fillna(0.0).to_numpy()
    axes.bar(middle, bars["vol_usd"].fillna(0.0), width, color=LINE2)
    axes.bar(middle, delta, width * 0.6, color=np.where(delta >= 0, UP, DOWN).tolist())
    axes.axhline(0, color=LINE2, linewidth=0.6)
