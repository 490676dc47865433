"""How a picture on paper looks: the light tokens of the page, square axes, ticks on the right, no boxes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from fbkit.model.timeframe import NS_HOUR, NS_S

INK, INK2, INK3 = "#13181c", "#48535c", "#5f6a74"
LINE, LINE2, HATCH, SURFACE = "#e0e5e8", "#cbd2d7", "#dbe1e5", "#ffffff"
UP, DOWN = "#007378", "#c03b1f"
OK, WARN, BAD, MODE = "#1d7a55", "#8a5c00", "#c4231f", "#9b3d87"
Z_BELOW = ("#ffffff", "#e8f1f9", "#c8e0f4", "#98c6ec", "#5ba6e2")
Z_ABOVE = ("#ffffff", "#fcf2dd", "#f7dfab", "#efc066", "#e09a1a")

_DPI = 150
_FAMILIES = ("Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "Helvetica Neue", "Arial", "DejaVu Sans")
SMALL, NORMAL = 8.0, 9.0


@cache
def family() -> str:
    """The first of the page's fonts that this machine has."""
    known = set(font_manager.get_font_names())
    return next((name for name in _FAMILIES if name in known), "DejaVu Sans")


def canvas(width: float, height: float) -> Figure:
    """An empty picture, sizes in inches."""
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor=SURFACE)
    FigureCanvasAgg(figure)
    return figure


def quiet(axes: Axes, *, grid: bool = True) -> None:
    """Axis on the right, hairline grid, no box."""
    axes.set_facecolor(SURFACE)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.yaxis.tick_right()
    axes.tick_params(length=0, labelsize=SMALL, colors=INK3, labelfontfamily=family(), pad=4)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(visible=True, color=LINE, linewidth=0.6)


def say(axes: Axes, x: float, y: float, text: str, **more: Any) -> None:
    """Words in the page's font; ``x`` and ``y`` in shares of the axes unless told otherwise."""
    style: dict[str, Any] = {"family": family(), "fontsize": NORMAL, "color": INK2, "transform": axes.transAxes} | more
    axes.text(x, y, text, **style)


def times(axes: Axes, since: int, until: int) -> None:
    """A time axis in UTC ns: hours, and the date in bold at midnight."""
    hours = max(1, (until - since) // NS_HOUR)
    step = next((s for s in (1, 2, 3, 6, 12, 24, 48, 96) if hours / s <= 9), 192) * NS_HOUR
    first = -(-since // step) * step
    places = list(range(first, until + 1, step))
    axes.set_xlim(since, until)
    axes.set_xticks(places, [_clock(ts) for ts in places])
    for label, ts in zip(axes.get_xticklabels(), places, strict=True):
        if ts % (24 * NS_HOUR) == 0:
            label.set_fontweight("bold")
            label.set_color(INK2)


def _clock(ts: int) -> str:
    moment = datetime.fromtimestamp(ts // NS_S, UTC)
    return f"{moment.day} {moment:%b}" if ts % (24 * NS_HOUR) == 0 else f"{moment:%H:%M}"


def numbers(axes: Axes, write: Any, *, most: int = 6) -> None:
    """Ticks of the value axis written by ``write(value) -> str``."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: str(write(value))))
    axes.locator_params(axis="y", nbins=most)


def shade(axes: Axes, spans: Sequence[tuple[int, int]]) -> None:
    """Stretches (UTC ns) in which we know that we do not know: hatch tone and dotted edges through the pane."""
    for t0, t1 in spans:
        axes.axvspan(t0, t1, facecolor=HATCH, edgecolor="none", alpha=0.8, zorder=0.5)
        for edge in (t0, t1):
            axes.axvline(edge, color=INK3, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0.6)


def z_colour(z: float) -> str:
    """The ground of a Z-score: whole steps, blue below, amber above.

    >>> z_colour(0.4), z_colour(3.2), z_colour(-9.0)
    ('#ffffff', '#efc066', '#5ba6e2')
    """
    return (Z_BELOW if z < 0 else Z_ABOVE)[min(4, int(abs(z)))]


def png_of(figure: Figure) -> bytes:
    """The picture as PNG, without the date and program that matplotlib would write into it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor=SURFACE, metadata={"Software": None})
    return buffer.getvalue()
