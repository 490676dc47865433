"""A matrix of correlations: every pair a cell, its size in steps of ink, its sign as a digit and as stripes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Heat(Panel):
    """Rows × columns of numbers from −1 to 1, each with its 95 % interval and the pairs behind it.

    The shade is ink, a step each tenth of the size; below 0 it is striped. Teal and coral mean
    direction and blue and amber mean unusual: a correlation is neither. A missing number (NaN) is hatched and says how
    many pairs there are. Hover or focus tells a cell, arrows walk, Enter and a press choose its pair.

    Examples
    --------
    >>> heat = Heat(title="Correlation of returns", sub="1h, 48 h")
    >>> heat.show(["BTC", "ETH"], [[1.0, 0.7], [0.7, 1.0]], low=[[1, 0.5]] * 2, high=[[1, 0.8]] * 2, n=[[47, 47]] * 2)
    >>> heat.cells[0]
    [1.0, 0.7]
    """

    _esm = module("heat.js")

    title = traitlets.Unicode("", help="What is compared").tag(sync=True)
    sub = traitlets.Unicode("", help="Bars, window, coverage").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited while there is no matrix").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="Names of rows and columns, in order").tag(sync=True)
    cells = traitlets.List(traitlets.List(), help="r by row and column").tag(sync=True)
    low = traitlets.List(traitlets.List(), help="Lower ends of the 95 % intervals").tag(sync=True)
    high = traitlets.List(traitlets.List(), help="Upper ends of the 95 % intervals").tag(sync=True)
    counts = traitlets.List(traitlets.List(), help="Pairs of numbers behind each r").tag(sync=True)
    chosen = traitlets.List(traitlets.Unicode(), help="The two names of the pair that was chosen").tag(sync=True)
    opened = traitlets.Int(0, help="Counts choices, so that the same one again is heard").tag(sync=True)

    def show(self, names: Sequence[str], r: ArrayLike, *, low: ArrayLike, high: ArrayLike, n: ArrayLike) -> None:
        """Show this matrix; NaN where there is no number."""
        with self.hold_sync():
            self.names = list(names)
            self.cells, self.low, self.high = _plain(r), _plain(low), _plain(high)
            self.counts = np.asarray(n).tolist()


def _plain(matrix: ArrayLike) -> list[list[Any]]:
    """Rows as JSON knows them, to four digits: no more is ever shown."""
    rows = np.asarray(matrix, np.float64)
    return [[round(v, 4) if np.isfinite(v) else None for v in row] for row in rows.tolist()]
