"""Dispersion as a table: a row a coin, its venues as ticks from the cheapest to the dearest."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fbkit.dashboard.table import Table
from fbkit.dashboard.venues.spreads import ENOUGH, MINUTES, Spread
from fbkit.widgets import GridColumn
from fbkit.widgets.format import NBSP, signed

COLUMNS = [
    GridColumn("coin", "coin"),
    GridColumn("range", "range", "number", more=1, about="largest less smallest mark over their median, bp"),
    GridColumn("venues", "venues", "strip", about="each venue's mark, from the cheapest to the dearest"),
    GridColumn("dearest", "dearest"),
    GridColumn("cheapest", "cheapest"),
    GridColumn("z", "Z", "z", heat=True, about=f"of the range against the {MINUTES} minutes before"),
]


def spreads_table(spreads: Sequence[Spread]) -> Table:
    """The newest spreads."""
    table = Table(COLUMNS, [], [one.coin for one in spreads], {}, {}, {})
    least = math.ceil(ENOUGH * MINUTES)
    for row, one in enumerate(spreads):
        marks = [list(mark) for mark in one.marks] or None
        table.rows.append([one.coin, one.range_bp, marks, one.dearest or None, one.cheapest or None, one.z])
        table.reasons.update({(row, key): one.reason or "gap" for key in ("range", "venues", "dearest", "cheapest")})
        table.reasons[row, "z"] = one.reason or (f"{one.n}/{least}" if one.n < least else "zero var")
        largest = sorted(one.marks, key=lambda mark: -mark[1])
        table.notes[row, "venues"] = ", ".join(f"{venue} {signed(bp, 1)}{NBSP}bp" for venue, bp in largest)
        table.notes[row, "z"] = f"{one.n} of {MINUTES} minutes behind it"
    return table
