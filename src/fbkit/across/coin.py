"""The bars of one coin's contracts at all its venues, on one grid of slots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fbkit.across.contracts import contracts_of, in_order
from fbkit.across.tables import Bools, Ints, columnwise, joined, mean_where, total
from fbkit.model import Instrument, Span
from fbkit.quant.formulas.numbers import Floats
from fbkit.store import Store

if TYPE_CHECKING:
    import pandas as pd

#: What is read of a bar.
COLUMNS = (
    "vol_usd", "mark", "index", "premium", "funding_8h", "funding_apr", "oi_base", "oi_usd", "liq_long_usd",
    "liq_short_usd", "coverage",
)  # fmt: skip


class Coin(NamedTuple):
    """A coin across its venues: for each column of :data:`COLUMNS` a table of slots × contracts, NaN where missing.

    ``t1`` are the ends (UTC ns, rising) of the slots of which any contract has a bar. ``there`` says of each slot and
    contract whether it existed: from its first bar to its expiry, or all along if nothing was heard of it.
    """

    tf: str
    contracts: tuple[Instrument, ...]
    t1: Ints
    columns: dict[str, Floats]
    there: Bools
    min_coverage: float

    @property
    def times(self) -> pd.DatetimeIndex:
        """The ends of the slots as the index of a frame."""
        import pandas as pd  # who asks for numbers alone does without

        return pd.DatetimeIndex(self.t1.view("M8[ns]"), tz="UTC", name="time")

    @property
    def venues(self) -> tuple[str, ...]:
        """The venues of its contracts, in name order."""
        return tuple(dict.fromkeys(one.venue for one in self.contracts))

    @property
    def perpetual(self) -> Bools:
        """Which contracts are perpetuals."""
        return np.array([one.expiry is None for one in self.contracts], np.bool_)

    def newest(self, count: int = 1) -> Coin:
        """The same of its last slots only."""
        return self._where(np.arange(len(self.t1)) >= len(self.t1) - count)

    def until(self, ts: int) -> Coin:
        """The same of the slots that end by an instant (UTC ns)."""
        return self._where(self.t1 <= ts)

    def _where(self, keep: Bools) -> Coin:
        columns = {name: values[keep] for name, values in self.columns.items()}
        return self._replace(t1=self.t1[keep], columns=columns, there=self.there[keep])

    def fresh(self, column: str) -> Floats:
        """A column where it counts: the bar has a finite value and its coverage reaches ``min_coverage``."""
        values = self.columns[column]
        counts = np.isfinite(values) & (self.coverage >= self.min_coverage) & self.there
        return np.where(counts, values, np.nan)

    @property
    def coverage(self) -> Floats:
        """Coverage of every bar; 0 where there is none."""
        return np.nan_to_num(self.columns["coverage"], nan=0.0)

    def covered(self) -> Floats:
        """Of each slot: the mean coverage of the contracts that existed, NaN where none did."""
        return mean_where(self.coverage, self.there)

    def covered_by_venue(self) -> Floats:
        """The same of each venue's contracts: slots × venues."""
        each = [(self.coverage[:, places], self.there[:, places]) for places in map(self.at, self.venues)]
        return columnwise([mean_where(values, there) for values, there in each], len(self.t1))

    def at(self, venue: str) -> list[int]:
        """The places of a venue's contracts."""
        return [place for place, one in enumerate(self.contracts) if one.venue == venue]

    def by_venue(self, values: Floats) -> Floats:
        """Slots × contracts summed up to slots × venues; NaN where a venue has no value."""
        return columnwise([total(values[:, self.at(venue)]) for venue in self.venues], len(self.t1))

    def main(self) -> dict[str, int]:
        """The place of each venue's main perpetual: the one of the most volume over all slots, of equals the first."""
        volume = np.nan_to_num(total(self.fresh("vol_usd").T), nan=0.0)
        found = {venue: [at for at in self.at(venue) if self.perpetual[at]] for venue in self.venues}
        return {venue: max(places, key=lambda at: volume[at]) for venue, places in found.items() if places}

    def names_where(self, there: Bools) -> list[str]:
        """Of each slot: the venues that have a contract where ``there`` is true."""
        words = self.venues
        each = columnwise([np.any(there[:, self.at(venue)], axis=1) for venue in words], len(self.t1), np.bool_)
        return joined(words, each)


def venues_of(store: Store, coin: str, tf: str, span: Span = Span(), min_coverage: float = 0.8) -> Coin:  # noqa: B008 - frozen
    """Read the bars of a coin at all its venues.

    Parameters
    ----------
    coin : str
        A coin, a symbol (that contract at each venue) or a full name.
    span : Span
        Of the ends: ``since < t1 <= until``.
    min_coverage : float
        What a bar's coverage must reach for its values to count.

    Raises :class:`~fbkit.errors.UnknownName`.
    """
    contracts = contracts_of(store, coin)
    wanted = ("t1", *COLUMNS)
    bars = {one.name: store.columns("bars", wanted, instrument=one.name, tf=tf, span=span) for one in contracts}
    return gathered(bars, contracts, tf, min_coverage)


def gathered(
    bars: Mapping[str, Mapping[str, Any]], contracts: Iterable[Instrument], tf: str, min_coverage: float = 0.8
) -> Coin:
    """The same from bars by name: columns ``t1`` (UTC ns, rising) and :data:`COLUMNS`, as arrays or frames."""
    contracts = in_order(contracts)
    ends = [np.asarray(bars[one.name]["t1"], np.int64) for one in contracts]
    t1 = np.unique(np.concatenate([np.empty(0, np.int64), *ends]))
    columns = {name: np.full((len(t1), len(contracts)), np.nan) for name in COLUMNS}
    for place, (one, end) in enumerate(zip(contracts, ends, strict=True)):
        rows = np.searchsorted(t1, end)
        for name, column in columns.items():
            column[rows, place] = np.asarray(bars[one.name][name], np.float64)
    there = np.ones((len(t1), len(contracts)), np.bool_)
    for place, (one, end) in enumerate(zip(contracts, ends, strict=True)):
        there[:, place] = _existed(one, t1, end)
    return Coin(tf, tuple(contracts), t1, columns, there, min_coverage)


def _existed(one: Instrument, t1: Ints, heard: Ints) -> Bools:
    since = heard[0] if len(heard) else (0 if one.status == "trading" else 2**63 - 1)
    until = 2**63 - 1 if one.expiry is None else one.expiry
    existed: Bools = (t1 >= since) & (t1 < until)
    return existed
