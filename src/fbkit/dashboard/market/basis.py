"""The basis of a coin in three months, now and a day ago, out of its dated futures at all venues."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from fbkit.errors import UnknownName
from fbkit.model import NS_DAY, NS_MIN, Span

if TYPE_CHECKING:
    from fbkit.model import Instrument
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
    from fbkit.across.basis import basis_of as told_by_slot
    from fbkit.across.basis import in_three_months
    from fbkit.across.coin import venues_of
    from fbkit.dashboard.largest import newest
    from fbkit.quant.formulas.basis import ThreeMonths

    end = newest(store)
    try:
        now, before = (
            venues_of(store, coin, "1m", Span(ts - _NOW, ts), min_coverage).newest() for ts in (end, end - NS_DAY)
        )
    except UnknownName:
        return None
    dated = told_by_slot(now)
    nothing = ThreeMonths(float("nan"), extrapolated=False)
    today, day_before = ((in_three_months(one) or [nothing])[-1] for one in (dated, told_by_slot(before)))
    curve = sorted(zip(now.contracts, dated.annualised.T.tolist(), strict=True), key=lambda at: _expiry(at[0]))
    venues = tuple(dict.fromkeys(one.venue for one, told in curve if any(map(isfinite, told))))
    return Basis(coin, today.value, day_before.value, today.extrapolated, int((~now.perpetual).sum()), venues)


def _expiry(one: Instrument) -> tuple[int, str]:
    """By which contracts stand on the curve."""
    return one.expiry or 0, one.name
