"""When the collector was up, and where the gaps lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from fbkit.reports import words
from fbkit.reports.pictures.look import INK, INK3, LINE, OK, SURFACE, WARN, canvas, png_of, quiet, say, times

#: ``(t0, t1, filled)``, UTC ns.
Stretch: TypeAlias = tuple[int, int, bool]

_SURELY = 0.999
#: A gap so much of the window has room for its length inside.
_WIDE = 0.12


def timeline_picture(
    shares: Sequence[float | None],
    lanes: Sequence[tuple[str, Sequence[Stretch]]],
    window: tuple[int, int],
) -> bytes:
    """A PNG: ``shares`` of uptime in equal pieces of the window, and a lane of gaps (t0, t1, filled) each."""
    height = 0.62 + 0.25 * (1 + len(lanes))
    figure = canvas(9.6, height)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.14, right=0.985, top=1 - 0.06 / height, bottom=0.32 / height)
    quiet(axes, grid=False)
    axes.grid(visible=True, axis="x", color=LINE, linewidth=0.6)
    since, until = window
    piece = (until - since) / len(shares)
    for place, share in enumerate(shares):
        _piece(axes, since + place * piece, piece, share)
    axes.set_xlim(since, until)
    for lane, (_, holes) in enumerate(lanes, 1):
        for t0, t1, filled in holes:
            _hole(axes, t0, t1, lane, (until - since) / 400, filled=filled)
    axes.yaxis.tick_left()
    axes.set_yticks(range(len(lanes) + 1), ["collector", *(name for name, _ in lanes)])
    axes.set_ylim(len(lanes) + 0.5, -0.55)
    times(axes, since, until)
    return png_of(figure)


def _piece(axes: Axes, start: float, length: float, share: float | None) -> None:
    """Tall for up, lower for partly up, hatched for not up, nothing where it is not known."""
    if share is None:
        return
    place = (start + length * 0.06, 0.34)
    if share <= 0:
        axes.add_patch(
            Rectangle(
                (place[0], -0.34), length * 0.88, 0.68, facecolor=SURFACE, edgecolor=INK3, hatch="/////", linewidth=0
            )
        )
        return
    tall = 0.68 if share >= _SURELY else 0.2 + 0.4 * share
    colour = OK if share >= _SURELY else WARN
    axes.add_patch(Rectangle((place[0], place[1] - tall), length * 0.88, tall, facecolor=colour, linewidth=0))


def _hole(axes: Axes, t0: int, t1: int, lane: int, least: float, *, filled: bool) -> None:
    style: dict[str, Any] = {"facecolor": SURFACE if filled else WARN, "edgecolor": WARN, "linewidth": 0.9}
    axes.add_patch(Rectangle((t0, lane - 0.3), max(t1 - t0, least), 0.6, **style, zorder=3))
    window = 400 * least
    text, colour = words.duration(t1 - t0), INK3 if filled else INK
    if t1 - t0 > _WIDE * window:
        place, side, colour = (t0 + t1) / 2, "center", INK3 if filled else SURFACE
    elif axes.get_xlim()[1] - t1 < _WIDE * window:
        place, side = t0 - 2 * least, "right"
    else:
        place, side = max(t1, t0 + least) + 2 * least, "left"
    say(axes, place, lane, text, transform=axes.transData, va="center", ha=side, fontsize=7.5, color=colour, zorder=4)
