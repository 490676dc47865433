"""Which coins are the largest, and how far the store has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fbkit.across.contracts import DOLLARS
from fbkit.clock import SystemClock

if TYPE_CHECKING:
    from fbkit.store import Store


def newest(store: Store) -> int:
    """The instant (UTC ns) up to which a store has heard: its last beat, else now."""
    beat = store.last_beat()
    return beat.ts_recv if beat is not None else SystemClock().now()


def largest(store: Store, count: int) -> list[str]:
    """So many coins of perpetuals in dollars, by open interest over all venues, then by volume, at the newest bars."""
    frame = store.rows("summary", tf="1m")
    perpetual = {
        one.name: one.base for one in store.instruments().values() if one.expiry is None and one.quote in DOLLARS
    }
    frame = frame[frame["instrument"].isin(perpetual.keys())]
    sums = frame.groupby(frame["instrument"].map(perpetual))[["oi_usd", "vol_usd"]].sum()
    order = (
        sums.rename_axis("coin")
        .reset_index()
        .sort_values(["oi_usd", "vol_usd", "coin"], ascending=[False, False, True])
    )
    return [str(coin) for coin in order["coin"].head(count)]
