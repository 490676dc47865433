"""A picture as paper has it: a PNG in the light tokens of the page, for wherever no widget lives."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from fbkit.desk.drawing import Drawing, Floats, Line
from fbkit.model import NS_MS
from fbkit.reports.pictures.look import INK, INK3, LINE2, canvas, numbers, png_of, quiet, say, times
from fbkit.widgets import style

_WIDTH, _DPI = 9.6, 96.0
_DASHES: dict[str, Any] = {"": "solid", "dash": (0, (4, 3)), "dot": (0, (1, 2)), "dashdot": (0, (4, 2, 1, 2))}


@cache
def tokens() -> dict[str, str]:
    """Every colour of the light theme, by its token.

    >>> tokens()["--up"]
    '#007378'
    """
    light = style().partition('[data-fbkit-theme="light"]')[2].partition("}")[0]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", light))


def png(drawing: Drawing) -> bytes:
    """The picture as PNG."""
    height = drawing.height / _DPI + 0.3
    figure = canvas(_WIDTH, height)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.02, right=0.84, top=1 - 0.52 / height, bottom=0.36 / height)
    quiet(axes)
    if any(line.how == "across" for line in drawing.lines):
        _lying(axes, drawing)
    else:
        _standing(axes, drawing)
    top = 1 + 0.32 / (height - 0.88)
    say(axes, 0.0, top, drawing.title, color=INK, fontweight="bold")
    say(axes, 0.0, 1 + 0.1 / (height - 0.88), drawing.sub, color=INK3, fontsize=8)
    return png_of(figure)


def _standing(axes: Axes, drawing: Drawing) -> None:
    below: Floats | None = None
    ends: list[tuple[float, str, str]] = []
    for line in drawing.lines:
        x = np.arange(len(line.y), dtype=np.float64) if isinstance(line.x, list) else np.asarray(line.x)
        if line.how == "area":
            below = np.zeros(len(line.y)) if below is None else below
            top = below + np.nan_to_num(line.y)
            axes.fill_between(x, below, top, color=_colour(line), alpha=0.13, linewidth=0)
            axes.plot(x, top, color=_colour(line), linewidth=1.0)
            ends.append((float((below[-1] + top[-1]) / 2), line.name, _colour(line)))
            below = top
            continue
        _line(axes, line, x)
        known = np.flatnonzero(np.isfinite(line.y))
        if len(known) and line.how in {"line", "step"}:
            ends.append((float(line.y[known[-1]]), line.name, _colour(line)))
    for value in drawing.rules:
        axes.axhline(value, color=LINE2, linewidth=0.8, linestyle="solid" if abs(value) >= 3 or not value else "dotted")
    _x_axis(axes, drawing)
    numbers(axes, drawing.measure.text)
    _named(axes, ends)


def _line(axes: Axes, line: Line, x: Floats) -> None:
    colour = _colour(line)
    if line.how == "bar":
        step = float(np.diff(x).min()) if len(x) > 1 else 1.0
        axes.bar(x, np.nan_to_num(line.y), width=0.8 * step, color=colour)
    elif line.how == "dots":
        axes.plot(x, line.y, "o", color=colour, markersize=5)
    else:
        drawn = "steps-post" if line.how == "step" else "default"
        axes.plot(x, line.y, color=colour, linewidth=1.0, linestyle=_DASHES[line.dash], drawstyle=drawn)
    if line.low is not None and line.high is not None:
        axes.vlines(x, line.low, line.high, color=INK3, linewidth=0.8)


def _lying(axes: Axes, drawing: Drawing) -> None:
    for line in drawing.lines:
        y = np.asarray(line.x, dtype=np.float64)
        step = float(np.diff(y).min()) if len(y) > 1 else 1.0
        axes.barh(y, line.y, height=0.8 * step, color=_colour(line))
    axes.axvline(0.0, color=LINE2, linewidth=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: drawing.measure.text(value))
    numbers(axes, lambda value: f"{value:,.6g}")


def _x_axis(axes: Axes, drawing: Drawing) -> None:
    first = drawing.lines[0].x if drawing.lines else []
    if drawing.x == "words":
        axes.margins(x=0.08)
        axes.set_xticks(range(len(first)), list(map(str, first)))
    elif drawing.x == "time" and len(first) > 1:
        every = np.concatenate([np.asarray(line.x, dtype=np.float64) for line in drawing.lines])
        since, until = int(every.min()), int(every.max())
        _clocks(axes, since * NS_MS, until * NS_MS)


def _clocks(axes: Axes, since: int, until: int) -> None:
    """Ticks of instants in ns, set where the lines have ms."""
    times(axes, since, until)
    places = [tick / NS_MS for tick in axes.get_xticks()]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    axes.set_xlim(since / NS_MS, until / NS_MS)
    axes.set_xticks(places, labels)


def _named(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names at the right ends of lines, pushed apart, outside of the numbers of the axis."""
    low, high = axes.get_ylim()
    least = 0.075 * (high - low)
    place = -np.inf
    for value, name, colour in sorted(ends) if len(ends) > 1 else []:
        place = max(value, place + least)
        say(axes, 1.075, (place - low) / (high - low), name, color=colour, fontsize=8, va="center")


def _colour(line: Line) -> str:
    return tokens().get(line.colour, INK3)
