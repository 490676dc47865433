"""A coin across its venues, as HTTP tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fbkit.model import NS_DAY, TIMEFRAMES, Span
from fbkit.server.answer import Answer, newest
from fbkit.server.page import Page

if TYPE_CHECKING:
    from fbkit.store import Store

UNITS = {
    "oi_total_usd": "USD, one side",
    "funding_oiw_8h": "fraction / 8 h, weighted by open interest",
    "vol_usd": "USD",
    "mark_median_usd": "USD",
    "dispersion_bp": "bp between the highest mark and the lowest",
    "liq_long_usd": "USD of longs liquidated",
    "liq_short_usd": "USD of shorts liquidated",
    "coverage": "share outside gaps, mean over its contracts",
}

#: Bars of so long ago are the farthest that are looked at: every contract's are read.
_FARTHEST = 10_000


def across(store: Store, page: Page, coin: str, min_coverage: float) -> Answer:
    """One row a bar, newest first: what is summed, weighted and compared over the venues of a coin."""
    from fbkit import across as words  # pandas: a start need not wait for it

    contracts = words.contracts_of(store, coin)
    end = words.newest_end(store, contracts, page.tf) if page.span.until is None else page.span.until
    if end is None:
        return newest(store, page, [], UNITS, "t1", tf=page.tf, coin=contracts[0].base)
    length = TIMEFRAMES[page.tf]
    since = max(0, end - min(page.end, _FARTHEST) * length if page.span.since is None else page.span.since)
    # A day more is read before it, for what looks back.
    read = words.venues_of(store, coin, page.tf, Span(since - NS_DAY, end), min_coverage)
    frame = words.across(read)
    rows = [
        {"t1": int(ts)} | row for ts, row in zip(read.t1.tolist(), frame.to_dict("records"), strict=True) if ts > since
    ][-page.end :]
    return newest(store, page, rows, UNITS, "t1", tf=page.tf, coin=contracts[0].base)
