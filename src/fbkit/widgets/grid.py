"""A table of a few hundred rows that changes now and then; for the whole market there is MarketTable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class GridColumn(msgspec.Struct, frozen=True):
    """A column.

    ``format`` is a name of ``formatting.js`` (text price usd percent share bp funding apr z count age clock instant
    number signed), ``more`` its tick or decimals; or ``strip``: the cell is pairs of a venue and a number, drawn as
    ticks from the least to the largest. ``tone`` colours by sign (up and down), ``heat`` shades by the size of the
    value itself, which is a Z-score. ``venue`` puts the venue's mark before a name, ``mark`` that of a venue before
    the head. ``strong`` sets the column in bold.
    """

    key: str
    label: str
    format: str = "text"
    more: float | None = None
    about: str = ""
    tone: bool = False
    heat: bool = False
    venue: bool = False
    mark: str = ""
    strong: bool = False
    width: str = ""


class Grid(Panel):
    """Rows of raw numbers, formatted in the browser by the one formatter; units belong into the labels.

    A cell that is missing (``None``, NaN) is drawn with its reason: ``reasons`` has a text for it by (row, column key),
    ``"no feed"`` and ``"none"`` plain, all else hatched. ``shades`` has the Z-score of a cell that is shaded by one
    which is not its value, ``notes`` what is said of a cell that is pointed at.

    Examples
    --------
    >>> grid = Grid(title="Dispersion", sub="premium across venues, bp")
    >>> grid.show([GridColumn("coin", "coin"), GridColumn("range", "range", "bp")], [["BTC", 1.9e-4], ["ETH", np.nan]])
    >>> grid.rows
    [['BTC', 0.00019], ['ETH', None]]
    """

    _esm = module("grid.js")

    title = traitlets.Unicode("", help="What is listed").tag(sync=True)
    sub = traitlets.Unicode("", help="Unit, window, source").tag(sync=True)
    value = traitlets.Unicode("", help="A number about all of it, at the right of the heading").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited while there are no rows").tag(sync=True)
    columns = traitlets.List(traitlets.Dict(), help="One GridColumn each").tag(sync=True)
    rows = traitlets.List(traitlets.List(), help="Cells in the order of columns").tag(sync=True)
    names = traitlets.List(traitlets.Unicode(), help="A name each row, told when it is chosen").tag(sync=True)
    reasons = traitlets.Dict(help='Why a cell is missing, by "row:key"').tag(sync=True)
    shades = traitlets.Dict(help='Z-score that shades a cell, by "row:key"').tag(sync=True)
    notes = traitlets.Dict(help='What is said of a cell that is pointed at, by "row:key"').tag(sync=True)
    scale = traitlets.Bool(False, help="Show the scale of Z at the right of the heading").tag(sync=True)
    foot_rows = traitlets.Int(0, help="So many rows at the end are sums: they stay there when sorted").tag(sync=True)
    sort = traitlets.Unicode("", help='Key sorted by, "-" before it for largest first; empty: as given').tag(sync=True)
    chosen = traitlets.Unicode("", help="Name of the row that was chosen").tag(sync=True)
    opened = traitlets.Int(0, help="Counts choices, so that the same one again is heard").tag(sync=True)

    def show(
        self,
        columns: Sequence[GridColumn],
        rows: Sequence[Sequence[Any]],
        *,
        names: Sequence[str] = (),
        reasons: dict[tuple[int, str], str] | None = None,
        shades: dict[tuple[int, str], float] | None = None,
        notes: dict[tuple[int, str], str] | None = None,
        foot_rows: int = 0,
    ) -> None:
        """Show these rows."""
        with self.hold_sync():
            self.columns = [msgspec.to_builtins(column) for column in columns]
            self.rows = [[_plain(cell) for cell in row] for row in rows]
            self.names = list(names)
            self.reasons = {f"{row}:{key}": text for (row, key), text in (reasons or {}).items()}
            self.shades = {f"{row}:{key}": float(z) for (row, key), z in (shades or {}).items() if np.isfinite(z)}
            self.notes = {f"{row}:{key}": text for (row, key), text in (notes or {}).items()}
            self.foot_rows = foot_rows


def _plain(cell: Any) -> Any:
    if isinstance(cell, np.generic):
        cell = cell.item()
    return None if isinstance(cell, float) and not np.isfinite(cell) else cell
