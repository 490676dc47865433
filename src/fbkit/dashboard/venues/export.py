"""What the tab "Across venues" shows, as rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fbkit.dashboard.venues.rates import History, Rates, judged
from fbkit.dashboard.venues.rates_table import yearly
from fbkit.dashboard.venues.spreads import Spread


def across_rows(
    rates: Sequence[Rates], spreads: Sequence[Spread], histories: Mapping[str, History]
) -> Iterator[dict[str, Any]]:
    """One row a coin and venue at the newest minute, units in the names, and one of the coin over all its venues."""
    for one, spread in zip(rates, spreads, strict=True):
        past = histories.get(one.coin)
        for venue in one.rates:
            yield _row(one, venue, past)
        z, n = judged(one, past)
        interest = [usd for usd in one.oi_usd.values() if math.isfinite(usd)]
        yield {
            "coin": one.coin, "venue": "all", "venues": one.weighed, "oi_usd": sum(interest) if interest else math.nan,
            "funding_8h": one.weighted, "funding_apr": yearly(one.weighted), "funding_z": z, "funding_hours": n,
            "dispersion_bp": spread.range_bp, "dispersion_z": spread.z, "dispersion_minutes": spread.n,
        }  # fmt: skip  # a row


def _row(one: Rates, venue: str, past: History | None) -> dict[str, Any]:
    rate = one.rates[venue]
    z, n = judged(one, past, venue)
    return {
        "coin": one.coin, "venue": venue, "perpetual": rate.contract, "oi_usd": one.oi_usd.get(venue, math.nan),
        "funding_8h": rate.value, "funding_apr": yearly(rate.value), "funding_z": z, "funding_hours": n,
        "missing": rate.reason, "mark_usd": one.mark_usd.get(venue, math.nan),
        "premium_bp": one.premium_bp.get(venue, math.nan), "coverage": one.coverage.get(venue, math.nan),
    }  # fmt: skip  # a row
