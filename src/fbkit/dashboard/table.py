"""Rows of a grid with everything that is said of their cells."""

from __future__ import annotations

from typing import Any, NamedTuple

from fbkit.widgets import Grid, GridColumn

Cell = tuple[int, str]


class Table(NamedTuple):
    """What a :class:`~fbkit.widgets.Grid` shows; cells by row and column key."""

    columns: list[GridColumn]
    rows: list[list[Any]]
    names: list[str]
    reasons: dict[Cell, str]
    shades: dict[Cell, float]
    notes: dict[Cell, str]

    def show_in(self, grid: Grid) -> None:
        """Hand it to a grid."""
        grid.show(self.columns, self.rows, names=self.names, reasons=self.reasons, shades=self.shades, notes=self.notes)
