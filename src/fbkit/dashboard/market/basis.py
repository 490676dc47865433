"""The basis of a coin in three months, now and a day ago, out of its dated futures at all venues."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fbkit.errors import UnknownName
from fbkit.model import NS_DAY, NS_MIN, Span

if TYPE_CHECKING:
    from fbkit.store import Store

#: The newest slot within so much counts as now.
_NOW = 15 * NS_MIN


class Basis(NamedTuple):
    """Fractions per year, NaN where there is no curve; ``dated`` futures are listed at ``venues``."""

    coin: str
    three_months: float
    day_before: float
    extrapolated: bool
    dated: int
    venues: tuple[str, ...]


def basis_of(store: Store, coin: str, min_coverage: float) -> Basis | None:
    """Ask a store; ``None`` where the coin is not listed at all."""
    from fbkit.across import curve, venues_of
    from fbkit.dashboard.largest import newest

    end = newest(store)
    try:
        now, before = (venues_of(store, coin, "1m", Span(ts - _NOW, ts), min_coverage) for ts in (end, end - NS_DAY))
    except UnknownName:
        return None
    told = curve(now)
    venues = tuple(dict.fromkeys(told.loc[told["basis_ann"].notna(), "venue"]))
    return Basis(
        coin, told.attrs["basis_3m"], curve(before).attrs["basis_3m"], told.attrs["extrapolated"],
        int((~now.perpetual).sum()), venues,
    )  # fmt: skip  # an answer
