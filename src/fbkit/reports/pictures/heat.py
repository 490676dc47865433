"""Z-scores of the newest bar: instruments by columns, whole steps of colour, missing hatched with its reason."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from fbkit.reports import words
from fbkit.reports.pictures.look import HATCH, INK, INK2, INK3, LINE2, SURFACE, canvas, png_of, quiet, say, z_colour


def heat_picture(
    names: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[tuple[float, str]]], title: str
) -> bytes:
    """A PNG of ``cells[row][column]`` = (Z, reason when there is none)."""
    height = 0.72 + 0.215 * len(names)
    figure = canvas(9.6, height)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.085, right=0.995, top=1 - 0.5 / height, bottom=0.06 / height)
    quiet(axes, grid=False)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(names), 0)
    axes.yaxis.tick_left()
    axes.xaxis.tick_top()
    axes.set_xticks([place + 0.5 for place in range(len(columns))], columns)
    axes.set_yticks([place + 0.5 for place in range(len(names))], names)
    for label in axes.get_yticklabels():
        label.set_color(INK)
    for row, line in enumerate(cells):
        for column, (z, reason) in enumerate(line):
            _cell(axes, column, row, z, reason)
    say(axes, -0.083, 1 + 0.3 / (0.215 * len(names)), title, color=INK, fontweight="bold")
    return png_of(figure)


def _cell(axes: Axes, column: int, row: int, z: float, reason: str) -> None:
    known = math.isfinite(z)
    ground = z_colour(z) if known else SURFACE
    hatch = None if known or reason == "unsupported" else "////"
    axes.add_patch(
        Rectangle((column, row), 1, 1, facecolor=ground, edgecolor=HATCH if hatch else LINE2, linewidth=0, hatch=hatch)
    )
    axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=LINE2, linewidth=0.4))
    step = min(4, int(abs(z))) if known else 0
    colour = (INK3, INK2, INK2, INK, INK)[step]
    text = words.signed(z, 1) if known else {"unsupported": "no feed", "zero_var": "zero var"}.get(reason, reason)
    weight = "bold" if step >= 3 else "normal"
    say(
        axes, column + 0.5, row + 0.52, text, transform=axes.transData, ha="center", va="center",
        fontsize=8 if known else 7, color=colour, fontweight=weight,
    )  # fmt: skip
