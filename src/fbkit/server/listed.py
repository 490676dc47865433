"""The instruments of a store as HTTP tells them: their price beside other venues', and what each venue offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fbkit.health import compare_prices
from fbkit.model import SummaryRow

if TYPE_CHECKING:
    from fbkit.store import Store

UNITS = {
    "tick": "USD a coin",
    "step": "coins",
    "contract_size": "coins or USD a contract",
    "price_ratio": "its price over other venues' of the same coin",
}


def listed(store: Store) -> list[dict[str, Any]]:
    """Every instrument by name.

    ``price_ratio`` is its newest price over that of its coin at other venues: far from 1, a unit was read wrongly;
    ``None`` where one venue alone has the coin.
    """
    prices = {row.instrument: row.last for row in store.row_structs(SummaryRow, tf="1m")}
    ratios = {one.instrument: one.ratio for one in compare_prices(prices)}
    known = store.instruments()
    return [{**msgspec.structs.asdict(one), "price_ratio": ratios.get(name)} for name, one in sorted(known.items())]


def offered(store: Store) -> dict[str, Any]:
    """By venue, each channel: how it comes, under which name, and whether its meaning is certain."""
    from fbkit.feeds.venues import offers  # every feed: a quarter of a second that a start need not wait for

    venues = sorted({one.venue for one in store.instruments().values()})
    return {venue: [one._asdict() for one in offers(venue).values()] for venue in venues}
