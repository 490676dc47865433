"""One coin's perpetual at every venue, a row each, and what they are together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from fbkit.dashboard.scene import size_of
from fbkit.hub import LiveRow
from fbkit.model import NS_S, Instrument
from fbkit.quant.formulas import funding
from fbkit.widgets import GridColumn
from fbkit.widgets.format import NBSP, age

#: A venue not heard for longer is left out of medians and sums, as the table calls it stale.
STALE_S = 10.0

COLUMNS = (
    GridColumn("venue", "venue", venue=True),
    GridColumn("last", "last", "price", about="Last price, USD a coin"),
    GridColumn("bp", "bp", "bp", about="Last price from the median of the fresh venues, basis points"),
    GridColumn("oi", "OI USD", "usd", about="Open interest, one side, USD"),
    GridColumn("funding", "8h %", "funding", about="Predicted funding, % per 8 h"),
    GridColumn("z", "Z vol", "z", heat=True, about="Z of the volume of the newest closed bar"),
)


class VenueRow(NamedTuple):
    """A venue's perpetual: USD a coin, USD, fraction per 8 h, Z; how long ago it was heard (NaN: of a closed bar)."""

    name: str
    venue: str
    last: float
    oi_usd: float
    funding_8h: float
    z_vol: float
    age_s: float

    @property
    def fresh(self) -> bool:
        """Whether its price counts."""
        return isfinite(self.last) and not self.age_s > STALE_S


class Together(NamedTuple):
    """All fresh venues: how many, their median price, sum of open interest, funding weighted by it."""

    n: int
    median: float
    oi_usd: float
    funding_8h: float


def perpetuals(known: Iterable[Instrument], chosen: Instrument, sizes: Mapping[str, float]) -> list[str]:
    """The coin's perpetual at each venue, the largest venue first: the chosen one, else the one of most interest.

    ``sizes`` is open interest by name; where it is unknown, the name decides.
    """
    by_venue: dict[str, list[Instrument]] = {}
    for one in known:
        if one.base == chosen.base and one.expiry is None:
            by_venue.setdefault(one.venue, []).append(one)
    found = {}
    for venue, some in by_venue.items():
        mine = [one for one in some if one.name == chosen.name]
        found[venue] = (mine or sorted(some, key=lambda one: (-sizes.get(one.name, 0.0), one.name)))[0].name
    return [found[venue] for venue in sorted(found, key=size_of)]


def row_of(name: str, live: LiveRow | None, bar: Mapping[str, Any], z_vol: float, now: int) -> VenueRow:
    """A row from live values, and from the newest closed bar where nothing is heard; ``now`` in UTC ns."""
    heard = live if live is not None else LiveRow(name)

    def value(field: str, column: str) -> float:
        known = getattr(heard, field)
        return float(bar.get(column, nan)) if known is None else float(known)

    since = nan if heard.ts_event is None else (now - heard.ts_event) / NS_S
    at = value("last", "close"), value("oi_usd", "oi_usd"), value("funding_8h", "funding_8h")
    return VenueRow(name, name.partition(":")[0], *at, z_vol, since)


def together(rows: Iterable[VenueRow]) -> Together:
    """Median, sum and weighted mean over the rows that are fresh; the weights are their open interest."""
    fresh = [row for row in rows if row.fresh]
    if not fresh:
        return Together(0, nan, nan, nan)
    oi = np.array([row.oi_usd for row in fresh])
    rates = np.array([row.funding_8h for row in fresh])
    total = float(np.nansum(oi)) if np.isfinite(oi).any() else nan
    return Together(
        len(fresh), float(np.median([row.last for row in fresh])), total, float(funding.oi_weighted(oi, rates))
    )


def cells(rows: list[VenueRow], tick: float | None) -> tuple[list[GridColumn], list[list[Any]], dict[Any, str]]:
    """Columns, rows (the last one of all together) and reasons, as a Grid takes them."""
    all_of = together(rows)
    reasons: dict[tuple[int, str], str] = {}
    shown = [_cells(i, row, all_of.median, reasons) for i, row in enumerate(rows)]
    shown.append([f"{all_of.n} fresh", all_of.median, None, all_of.oi_usd, all_of.funding_8h, None])
    reasons |= {(len(rows), "bp"): "none", (len(rows), "z"): "none"}
    return [_with_tick(column, tick) for column in COLUMNS], shown, reasons


def _cells(i: int, row: VenueRow, median: float, reasons: dict[tuple[int, str], str]) -> list[Any]:
    reasons |= {(i, "oi"): "no feed", (i, "funding"): "no feed", (i, "z"): "warm-up", (i, "last"): "awaited"}
    reasons[i, "bp"] = "none"
    if not row.fresh and isfinite(row.last):
        reasons[i, "last"] = f"stale{NBSP}{age(row.age_s)}"
    last = row.last if row.fresh else nan
    return [row.venue, last, last / median - 1.0, row.oi_usd, row.funding_8h, row.z_vol]


def _with_tick(column: GridColumn, tick: float | None) -> GridColumn:
    return GridColumn("last", "last", "price", tick, about=column.about) if column.key == "last" else column
