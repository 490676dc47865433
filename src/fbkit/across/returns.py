"""Changes of many contracts (log returns, or of open interest) on one grid of slots without holes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.across.tables import finite
from fbkit.errors import UnknownName
from fbkit.model import TIMEFRAMES, Instrument, Span
from fbkit.quant.formulas.numbers import Floats
from fbkit.store import Store

#: Columns of a bar that may be correlated: changes. Levels go up together whatever they are.
CHANGES = ("ret", "oi_dlog")


class Returns(NamedTuple):
    """Slots × contracts: ``change`` as stored, ``coverage`` of the bar, 0 where there is none.

    ``t1`` are the ends (UTC ns) of every slot from the first to the last, also of those that nobody has a bar of.
    ``volume`` is each contract's volume (USD) over all of them.
    """

    tf: str
    contracts: tuple[Instrument, ...]
    t1: NDArray[np.int64]
    change: Floats
    coverage: Floats
    volume: Floats
    min_coverage: float

    @property
    def fresh(self) -> Floats:
        """``change`` where the bar's coverage is enough, else NaN."""
        return np.where(self.coverage >= self.min_coverage, self.change, np.nan)

    @property
    def times(self) -> pd.DatetimeIndex:
        """The ends of the slots as the index of a frame."""
        return pd.DatetimeIndex(self.t1.view("M8[ns]"), tz="UTC", name="time")

    def of(self, places: Sequence[int]) -> Returns:
        """The same of some contracts."""
        chosen = tuple(self.contracts[at] for at in places)
        return self._replace(
            contracts=chosen,
            change=self.change[:, places],
            coverage=self.coverage[:, places],
            volume=self.volume[list(places)],
        )


def returns_of(
    store: Store, contracts: Sequence[Instrument], tf: str, span: Span, min_coverage: float, column: str = "ret"
) -> Returns:
    """Read the returns of contracts, or another of :data:`CHANGES`."""
    if column not in CHANGES:
        raise UnknownName("column of changes", column, CHANGES)
    wanted = ("t1", column, "vol_usd", "coverage")
    bars = [store.columns("bars", wanted, instrument=one.name, tf=tf, span=span) for one in contracts]
    length = TIMEFRAMES[tf]
    slots = [np.asarray(one["t1"], np.int64) // length for one in bars]
    heard = [one for one in slots if len(one)]
    first, last = (min(one[0] for one in heard), max(one[-1] for one in heard)) if heard else (0, -1)
    shape = (int(last - first) + 1, len(contracts))
    change, coverage = np.full(shape, np.nan), np.zeros(shape)
    for place, (rows, one) in enumerate(zip(slots, bars, strict=True)):
        change[rows - first, place] = np.where(np.isfinite(one[column]), one[column], np.nan)
        coverage[rows - first, place] = np.nan_to_num(one["coverage"], nan=0.0)
    volume = np.array([np.nansum(finite(one["vol_usd"])) for one in bars], np.float64)
    return Returns(tf, tuple(contracts), np.arange(first, last + 1) * length, change, coverage, volume, min_coverage)
