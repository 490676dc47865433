"""The newest minute of the largest coins: funding and dispersion of each over the venues that are chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fbkit.dashboard.among import among
from fbkit.dashboard.largest import largest, newest
from fbkit.dashboard.venues.rates import Rates, rates_of
from fbkit.dashboard.venues.spreads import MINUTES, Spread, spread_of
from fbkit.model import NS_MIN, Span

if TYPE_CHECKING:
    from fbkit.store import Store

#: Coins that are rows.
ROWS = 20


class Minute(NamedTuple):
    """Coins, the largest first, and what each has in the minute that ended at ``end`` (UTC ns; 0: there is none)."""

    coins: list[str]
    end: int
    rates: list[Rates]
    spreads: list[Spread]


def minute_of(store: Store, venues: Collection[str], min_coverage: float, unfed: Sequence[str]) -> Minute:
    """Read the minutes behind it, too: a range is judged against those; ``unfed`` venues tell no funding."""
    from fbkit.across import venues_of

    now, coins = newest(store), largest(store, ROWS)
    span = Span(now - (MINUTES + 1) * NS_MIN, now)
    read = {coin: among(venues_of(store, coin, "1m", span, min_coverage), venues) for coin in coins}
    end = max((int(coin.t1[-1]) for coin in read.values() if len(coin.t1)), default=0)
    rates = [rates_of(name, coin, end, unfed) for name, coin in read.items()]
    return Minute(coins, end, rates, [spread_of(name, coin, end) for name, coin in read.items()])
