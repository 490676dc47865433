"""How much of the market moves one way: shares of all perpetuals, bar by bar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_MS, TIMEFRAMES, Span
from fbkit.widgets.format import NBSP, percent

if TYPE_CHECKING:
    from fbkit.store import Store

Floats = NDArray[np.float64]

#: Bars of the mean that a price stands above, and of the baseline of its return's Z.
WINDOW = 60


class Breadth(NamedTuple):
    """Per slot (its end in UTC ms): shares of the fresh perpetuals, the median log return, how many are fresh.

    ``rising`` have a return above 0; ``above`` stand above the mean log price of 60 bars; ``loud_up`` and
    ``loud_down`` moved by two standard deviations or more (:func:`fbkit.across.breadth`), of ``judged``.
    """

    t_ms: Floats
    rising: Floats
    above: Floats
    median: Floats
    loud_up: Floats
    loud_down: Floats
    fresh: NDArray[np.int64]
    judged: NDArray[np.int64]
    coverage: float
    tf: str


@np.errstate(all="ignore")
def breadth_of(store: Store, tf: str, span: Span, min_coverage: float) -> Breadth:
    """Read every perpetual once, and its 60 bars before the span."""
    from fbkit.across.breadths import of_returns
    from fbkit.across.contracts import perpetuals
    from fbkit.across.returns import returns_of

    since = span.since or 0
    read = returns_of(store, perpetuals(store), tf, Span(since - WINDOW * TIMEFRAMES[tf], span.until), min_coverage)
    loud, fresh = of_returns(read), read.fresh
    keep, n = read.t1 > since, np.isfinite(fresh).sum(axis=1)
    rising, over = _share((fresh > 0).sum(axis=1), n), above(fresh)
    coverage = loud["coverage"].to_numpy(np.float64)[keep]
    return Breadth(
        read.t1[keep] / NS_MS, rising[keep], over[keep], medians(fresh)[keep],
        loud["up_share"].to_numpy(np.float64)[keep], loud["down_share"].to_numpy(np.float64)[keep],
        n[keep], loud["n"].to_numpy(np.int64)[keep], float(coverage.mean()) if len(coverage) else math.nan, tf,
    )  # fmt: skip  # an answer


def _share(count: NDArray[np.int64], n: NDArray[np.int64]) -> Floats:
    share: Floats = np.divide(count, n, out=np.full(len(n), np.nan), where=n > 0)
    return share


def medians(fresh: Floats) -> Floats:
    """The median of each row over what is there; NaN where nothing is.

    >>> medians(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]]))
    array([ 2., nan])
    """
    there = np.isfinite(fresh).any(axis=1)
    found = np.full(len(fresh), np.nan)
    found[there] = np.nanmedian(fresh[there], axis=1)
    return found


def above(fresh: Floats, window: int = WINDOW) -> Floats:
    """Of each row, the share of columns whose log price stands above its mean of ``window`` bars.

    A column counts where four fifths of the window's returns are there and the newest is; a missing one moves nothing.

    >>> above(np.array([[0.1, -0.1]] * 3), window=2)
    array([nan, 0.5, 0.5])
    """
    share = np.full(len(fresh), np.nan)
    if len(fresh) < window:
        return share
    there = np.isfinite(fresh)
    level = np.cumsum(np.where(there, fresh, 0.0), axis=0)
    windows = np.lib.stride_tricks.sliding_window_view
    known = windows(there, window, axis=0).sum(axis=-1) >= math.ceil(0.8 * window)
    counts = known & there[window - 1 :]
    over = (level[window - 1 :] > windows(level, window, axis=0).mean(axis=-1)) & counts
    share[window - 1 :] = _share(over.sum(axis=1), counts.sum(axis=1))
    return share


def breadth_drawn(found: Breadth) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and axes: shares above, the median return below as bars up and down."""
    inks = ["--up" if value >= 0 else "--down" for value in found.median.tolist()]
    line = {"type": "scatter", "mode": "lines", "x": found.t_ms}
    traces: list[dict[str, Any]] = [
        line | {"y": found.rising, "name": "rising", "line": {"color": "--ink3", "width": 1}, "opacity": 0.5,
                "meta": {"format": "share", "end": "rising", "told": _percent(found.rising)}},
        line | {"y": found.above, "name": "above mean", "line": {"color": "--ink", "width": 1.5},
                "meta": {"format": "share", "end": "above mean", "told": _percent(found.above)}},
        {"type": "bar", "x": found.t_ms, "y": found.median, "yaxis": "y2", "name": "median return",
         "width": 0.8 * TIMEFRAMES[found.tf] / NS_MS,
         "marker": {"color": inks}, "meta": {"format": "percent", "tone": True}},
    ]  # fmt: skip  # traces
    axes = {
        "xaxis": {"anchor": "y2"},
        "yaxis": {"domain": [0.34, 1], "range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1],
                  "ticktext": [f"{part}{NBSP}%" for part in (0, 25, 50, 75, 100)]},
        "yaxis2": {"domain": [0, 0.26], "zeroline": True, "zerolinecolor": "--line2"},
    }  # fmt: skip  # axes
    return traces, axes


def _percent(share: Floats) -> str:
    there = share[np.isfinite(share)]
    return f"{100 * there[-1]:.0f}{NBSP}%" if len(there) else ""


def loud_told(found: Breadth) -> str:
    """The heading's numbers: the newest median, and how many moved by two standard deviations or more."""
    if not len(found.t_ms) or not math.isfinite(found.median[-1]):
        return ""
    told = f"median {percent(float(found.median[-1]))}{NBSP}%"
    judged = int(found.judged[-1])
    if not judged:
        return told
    up, down = (round(float(share[-1]) * judged) for share in (found.loud_up, found.loud_down))
    return f"{told} \u00b7 {up} up, {down} down by 2 sd or more, of {judged}"
