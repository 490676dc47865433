"""What moved most, both ways, and how the whole market is spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from fbkit.reports import words
from fbkit.reports.pictures.look import DOWN, INK, INK3, LINE2, UP, canvas, png_of, quiet, say


def movers_picture(moves: Sequence[tuple[str, float]], shown: int, title: str) -> bytes:
    """A PNG of changes (name, fraction): the ``shown`` largest each way, and all of them as a histogram."""
    ranked = sorted(moves, key=lambda move: move[1])
    ends = ranked if len(ranked) <= 2 * shown else [*ranked[:shown], *ranked[-shown:]]
    figure = canvas(9.6, 0.9 + 0.2 * max(8, len(ends)))
    left, right = figure.subplots(1, 2, width_ratios=(1.45, 1))
    figure.subplots_adjust(left=0.085, right=0.96, top=0.9, bottom=0.09, wspace=0.1)
    for axes in (left, right):
        quiet(axes, grid=False)
    _bars(left, ends)
    _spread(right, [change for _, change in moves])
    say(left, -0.13, 1.035, title, color=INK, fontweight="bold")
    say(right, 0.0, 1.035, f"all {len(moves)} instruments, % change", color=INK, fontweight="bold")
    return png_of(figure)


def _bars(axes: Axes, ends: Sequence[tuple[str, float]]) -> None:
    values = np.array([change * 100 for _, change in ends])
    places = np.arange(len(ends))
    axes.barh(places, values, height=0.66, color=np.where(values >= 0, UP, DOWN).tolist())
    axes.yaxis.tick_left()
    axes.set_yticks(places, [name for name, _ in ends])
    axes.set_xticks([])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.axvline(0, color=LINE2, linewidth=0.8)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    reach = max(1e-9, high - low)
    # Room for the numbers at the ends of the bars.
    axes.set_xlim(low - 0.19 * reach * (low < 0), high + 0.19 * reach * (high > 0))
    for place, value in enumerate(values.tolist()):
        side = "left" if value >= 0 else "right"
        x = value + reach * (0.015 if value >= 0 else -0.015)
        say(axes, x, place, words.signed(value, 2), transform=axes.transData, ha=side, va="center", fontsize=8)


def _spread(axes: Axes, changes: Sequence[float]) -> None:
    values = np.array(changes) * 100
    low, high = min(-0.1, float(values.min())), max(0.1, float(values.max()))
    edges = _edges(low, high, 2 * max(4, min(12, round(len(changes) ** 0.5))))
    counts, _ = np.histogram(values, edges)
    middles = (edges[1:] + edges[:-1]) / 2
    axes.bar(middles, counts, width=(edges[1] - edges[0]) * 0.86, color=np.where(middles >= 0, UP, DOWN).tolist())
    axes.axvline(float(np.median(values)), color=INK, linewidth=1.0, linestyle=(0, (3, 2)))
    middle = f"median {words.signed(float(np.median(values)), 2)}"
    say(axes, 0.02, 0.95, middle, fontsize=8, color=INK3, va="top")
    axes.locator_params(axis="y", integer=True, nbins=4)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: words.signed(value, 1))


def _edges(low: float, high: float, pieces: int) -> NDArray[np.float64]:
    """Equal steps of which one begins at 0, so that no bar holds rises and falls."""
    step = (high - low) / pieces
    return np.arange(math.floor(low / step), math.ceil(high / step) + 1, dtype=np.float64) * np.float64(step)
