"""The two lists beside the panes: who was forced out where, and the largest trades of the last minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fbkit.dashboard.flow.told import Died
from fbkit.model import NS_MIN, NS_MS
from fbkit.widgets import Grid, GridColumn

#: How far back the largest trades are looked for, and how many are listed.
BACK, LISTED = 5 * NS_MIN, 20

DIED = (
    GridColumn("venue", "venue", venue=True),
    GridColumn("long", "longs USD", "usd", about="Longs liquidated in the span, USD"),
    GridColumn("short", "shorts USD", "usd", about="Shorts liquidated in the span, USD"),
    GridColumn("net", "net USD", "usd_signed", tone=True, about="Shorts minus longs: forced buying above zero, USD"),
    GridColumn(
        "tells", "tells", about="Whether the venue tells of every liquidation; where not, sums are lower bounds"
    ),
)


def show_died(grid: Grid, rows: Sequence[Died], window: str) -> None:
    """A row a venue, the sum below where there are several."""
    cells: list[list[Any]] = [
        [row.venue, row.long_usd, row.short_usd, row.short_usd - row.long_usd, row.tells] for row in rows
    ]
    reasons = {
        (at, key): "no feed" if row.tells == "no feed" else "not heard"
        for at, row in enumerate(rows) if not np.isfinite(row.long_usd) for key in ("long", "short", "net")
    }  # fmt: skip  # a mapping
    told = [row for row in rows if np.isfinite(row.long_usd)]
    if len(told) > 1:
        long, short = (float(sum(getattr(row, f"{side}_usd") for row in told)) for side in ("long", "short"))
        whole = "all" if all(row.tells == "all" for row in rows) else "at least"
        cells.append([f"{len(told)} venues", long, short, short - long, whole])
    grid.sub = f"liquidated in {window}"
    grid.show(DIED, cells, reasons=reasons, foot_rows=len(cells) - len(rows))


def show_largest(grid: Grid, trades: Sequence[tuple[int, str, float, float]], tick: float | None) -> None:
    """The largest first: when, where, at which price, USD with the taker's sign."""
    columns = [
        GridColumn("at", "time", "clock"),
        GridColumn("venue", "venue", venue=True),
        GridColumn("price", "price", "price", tick),
        GridColumn("usd", "USD, + bought", "usd_signed", tone=True, about="Price × size; above zero the taker bought"),
    ]
    rows = [[ts / NS_MS, name.partition(":")[0], price, usd] for ts, name, price, usd in trades]
    grid.show(columns, rows)
