"""Funding as a table: a row a coin, a column a venue, shaded by how unusual a rate is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fbkit.dashboard.table import Table
from fbkit.dashboard.venues.rates import NONE, History, Rate, Rates, judged
from fbkit.quant.formulas import funding as formulas
from fbkit.widgets import GridColumn
from fbkit.widgets.format import NBSP, funding, signed, zscore

_ABSENT = Rate(math.nan, NONE, "")


def yearly(rate: float) -> float:
    """A rate per 8 h as one per year, simple.

    >>> round(yearly(0.0001), 6)
    0.1095
    """
    return float(formulas.apr(rate, 8.0))


def rates_table(
    rates: Sequence[Rates], histories: Mapping[str, History], venues: Sequence[str], *, per_year: bool
) -> Table:
    """The newest rates of these venues, and the one weighted by open interest."""
    style = "apr" if per_year else "funding"
    columns = [
        GridColumn("coin", "coin"),
        *(GridColumn(venue, venue, style, mark=venue) for venue in venues),
        GridColumn("weighted", "OI-weighted", style, strong=True, about="weighted by open interest in USD"),
    ]
    table = Table(columns, [], [one.coin for one in rates], {}, {}, {})
    for row, one in enumerate(rates):
        _fill(table, row, one, histories.get(one.coin), venues)
    if per_year:
        table.rows[:] = [[coin, *map(yearly, values)] for coin, *values in table.rows]
    return table


def _fill(table: Table, row: int, one: Rates, past: History | None, venues: Sequence[str]) -> None:
    cells = {venue: one.rates.get(venue, _ABSENT) for venue in venues}
    for venue, rate in cells.items():
        z, n = judged(one, past, venue) if venue in one.rates else (math.nan, 0)
        table.reasons[row, venue] = rate.reason
        whose = f"{venue}:{rate.contract}, {one.kind(venue)}" if rate.contract else ""
        table.notes[row, venue] = _note(whose, rate.value, z, n, one.coverage.get(venue, math.nan))
        _shade(table, row, venue, z)
    z, n = judged(one, past)
    table.reasons[row, "weighted"] = "no OI"
    table.notes[row, "weighted"] = _note(f"{one.coin} over {one.weighed}", one.weighted, z, n, math.nan)
    _shade(table, row, "weighted", z)
    table.rows.append([one.coin, *(rate.value for rate in cells.values()), one.weighted])


def _shade(table: Table, row: int, key: str, z: float) -> None:
    # A cell within one standard deviation is as quiet as one without a Z.
    table.shades[row, key] = z if math.isfinite(z) else 0.0


def _note(whose: str, rate: float, z: float, n: int, coverage: float) -> str:
    if not math.isfinite(rate):
        return whose.partition(",")[0]
    told = f"{whose}: {funding(rate)}{NBSP}% per 8 h, {signed(100 * yearly(rate), 2)}{NBSP}% a year"
    told += f"; Z {zscore(z)} of {n} hours" if math.isfinite(z) else f"; no Z of {n} hours"
    return told + (f"; coverage {100 * coverage:.0f}{NBSP}%" if math.isfinite(coverage) else "")
