"""What a ticker says of a contract: mark, open interest and day, each at its own pace."""

from __future__ import annotations

import msgspec

from fbkit.feeds.decoding import malformed
from fbkit.feeds.gate.wire import TickerRow, moment_ns
from fbkit.feeds.instruments import Known
from fbkit.feeds.pace import CADENCE, Pace, too_early
from fbkit.model import Day, Ignored, Item, Mark, OpenInterest

#: Open interest and the day are not kept more often, and are not looked at either (ns).
_SELDOM = CADENCE[Day]


class Ticking:
    """Reads tickers. With ``open_interest`` flipped, ``total_size`` counts both sides."""

    def __init__(self, flipped: frozenset[str] = frozenset()) -> None:
        self._pace = Pace()
        self._looked: dict[str, int] = {}
        self._sides = 2.0 if "open_interest" in flipped else 1.0

    def item(self, row: TickerRow, known: Known, ts: int, ts_recv: int) -> Item:
        """What a row is worth telling, as of ``ts`` (UTC ns)."""
        if not (row.mark_price or row.last):
            return malformed("mark", msgspec.json.encode(row), known.name)
        said: list[Mark | OpenInterest | Day | None] = []
        if not self._pace.is_early(known.name, Mark, ts):
            said.append(_mark(row, known, ts, ts_recv))
        if not too_early(self._looked.get(known.name), ts, _SELDOM):
            self._looked[known.name] = ts
            said += (self._interest(row, known, ts, ts_recv), _day(row, known, ts, ts_recv))
        due = tuple(event for event in said if event is not None and self._pace.due(event))
        if not due:
            return Ignored("mark", "within_cadence")
        return due if len(due) > 1 else due[0]

    def forget(self, known: Known) -> None:
        """A connection was cut: the next word is news."""
        self._pace.forget(known.name)
        self._looked.pop(known.name, None)

    def _interest(self, row: TickerRow, known: Known, ts: int, ts_recv: int) -> OpenInterest | None:
        """``total_size``, in contracts; an inverse one's coins are at the mark price."""
        size, price = row.total_size, row.mark_price or row.last
        if size == "" or not price:
            return None
        return OpenInterest(known.name, ts, ts_recv, known.coins(float(size), float(price)) / self._sides)


def _mark(row: TickerRow, known: Known, ts: int, ts_recv: int) -> Mark | None:
    """``funding_rate`` is of the period that runs, and settles at ``funding_next_apply``."""
    if not row.mark_price:
        return None
    hours = row.funding_interval / 3600 if row.funding_interval else known.funding_hours
    funded = row.funding_rate != ""
    return Mark(
        known.name,
        ts,
        ts_recv,
        float(row.mark_price) / known.unit_mult,
        float(row.index_price) / known.unit_mult if row.index_price else None,
        float(row.funding_rate) if funded else None,
        hours if funded else None,
        moment_ns(row.funding_next_apply) or None if funded else None,
    )


def _day(row: TickerRow, known: Known, ts: int, ts_recv: int) -> Day | None:
    """``volume_24h`` counts contracts; ``volume_24h_base`` is the same in coins, cut to whole ones."""
    if not row.last:
        return None
    last, contracts, coins = float(row.last), row.volume_24h, row.volume_24h_base
    vol_base = float(coins) * known.unit_mult if coins != "" else None
    if contracts != "" and not (known.instrument.assumed and vol_base):
        vol_base = known.coins(float(contracts), last)
    change, usd = row.change_percentage, row.volume_24h_quote
    return Day(
        known.name,
        ts,
        ts_recv,
        last / known.unit_mult,
        float(change) / 100.0 if change != "" else None,
        vol_base,
        float(usd) if usd != "" else None,
    )
