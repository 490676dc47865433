"""A matrix of correlations on paper and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fbkit.reports.pictures.look import HATCH, INK, INK3, SURFACE, canvas, png_of, quiet, say
from fbkit.widgets.format import signed

Floats = NDArray[np.float64]

#: Sizes of r from which the ink is darker, and how much of it there is.
_STEPS = ((0.2, 0.07), (0.4, 0.15), (0.6, 0.25), (0.8, 0.37), (0.9, 0.78))


def png_of_matrix(names: Sequence[str], r: Floats, title: str, sub: str) -> bytes:
    """A PNG of ``r``: the darker the larger, stripes below zero, as the live one has it."""
    height = 1.1 + 0.26 * len(names)
    figure = canvas(9.6, height)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.1, right=0.98, top=1 - 0.85 / height, bottom=0.08 / height)
    quiet(axes, grid=False)
    axes.set_xlim(0, len(names))
    axes.set_ylim(len(names), 0)
    axes.yaxis.tick_left()
    axes.xaxis.tick_top()
    middles = np.arange(len(names)) + 0.5
    axes.set_xticks(middles, names)
    axes.set_yticks(middles, names)
    for row, values in enumerate(r.tolist()):
        for column, value in enumerate(values):
            ground, ink, hatch = _cell(value, same=row == column)
            axes.add_patch(
                Rectangle((column, row), 1, 1, facecolor=ground, edgecolor=SURFACE, linewidth=0.8, hatch=hatch)
            )
            text = "" if row == column else signed(value, 2).removeprefix("+")
            say(
                axes,
                column + 0.5,
                row + 0.52,
                text,
                transform=axes.transData,
                ha="center",
                va="center",
                color=ink,
                fontsize=8,
            )
    top = 1 + 0.62 / max(0.3, height - 0.93)
    say(axes, -0.1, top, title, color=INK, fontweight="bold")
    say(axes, -0.1, 1 + 0.4 / max(0.3, height - 0.93), sub, color=INK3, fontsize=8)
    return png_of(figure)


def _cell(r: float, *, same: bool) -> tuple[str, str, str | None]:
    """Ground, ink and hatch of a cell."""
    if same:
        return HATCH, INK, None
    if not math.isfinite(r):
        return SURFACE, INK3, "////"
    share = max([0.0, *(ink for size, ink in _STEPS if abs(r) >= size)])
    dark = [int(INK[at : at + 2], 16) for at in (1, 3, 5)]
    ground = "#" + "".join(f"{round(255 + share * (one - 255)):02x}" for one in dark)
    return ground, SURFACE if share > 0.5 else INK, "//" if r < 0 else None


def text_of_matrix(names: Sequence[str], r: Floats, low: Floats, high: Floats, title: str) -> str:
    """The matrix in words: the pairs that go together most and least, with their intervals."""
    pairs = [
        (r[a, b], f"{names[a]} and {names[b]}: r {r[a, b]:+.2f} (95 % {low[a, b]:+.2f} to {high[a, b]:+.2f})")
        for a in range(len(names))
        for b in range(a + 1, len(names))
        if math.isfinite(r[a, b])
    ]
    if not pairs:
        return f"{title}\n  no pair of coins has 30 returns yet"
    said = [text for _, text in sorted(pairs, reverse=True)]
    return "\n".join([title, f"  most: {said[0]}", f"  least: {said[-1]}", f"  {len(pairs):,} pairs in all"])
