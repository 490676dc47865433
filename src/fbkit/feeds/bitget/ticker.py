"""A ticker carries mark, open interest and the day; each is kept as often as its pace allows."""

from __future__ import annotations

from fbkit.feeds.bitget import of_2022
from fbkit.feeds.bitget.wire import Ticker, TickerV3
from fbkit.feeds.decoding import number, positive
from fbkit.feeds.instruments import Known
from fbkit.feeds.pace import Pace
from fbkit.model import NS_MS, Day, Event, Mark, OpenInterest

Said = Ticker | TickerV3 | of_2022.Ticker


class Tickers:
    """What is due of a ticker. ``halved``: open interest is read as both sides' sum."""

    def __init__(self, *, halved: bool) -> None:
        self._pace = Pace()
        self._sides = 2.0 if halved else 1.0

    def due(self, said: Said, known: Known, ts_event: int, ts_recv: int) -> list[Event]:
        """Mark, open interest and day, as far as the ticker says them and it is time."""
        name, is_early = known.name, self._pace.is_early
        events = (
            None if is_early(name, Mark, ts_event) else _mark(said, known, ts_event, ts_recv),
            None if is_early(name, OpenInterest, ts_event) else self._open_interest(said, known, ts_event, ts_recv),
            None if is_early(name, Day, ts_event) else _day(said, known, ts_event, ts_recv),
        )
        return [event for event in events if event is not None and self._pace.due(event)]

    def forget(self, name: str) -> None:
        """The next word of an instrument is news."""
        self._pace.forget(name)

    def _open_interest(self, said: Said, known: Known, ts_event: int, ts_recv: int) -> OpenInterest | None:
        coins = number(said.holdingAmount)
        if coins is None or coins < 0:
            return None
        return OpenInterest(known.name, ts_event, ts_recv, coins * known.size_mult / self._sides)


def _mark(said: Said, known: Known, ts_event: int, ts_recv: int) -> Mark | None:
    """``nextFundingTime`` 0 or empty: nothing is scheduled (dated contracts)."""
    mark, index = positive(said.markPrice), positive(said.indexPrice)
    if mark is None:
        return None
    next_ms = positive(said.nextFundingTime)
    funded = next_ms is not None and next_ms < 9e12
    return Mark(
        known.name,
        ts_event,
        ts_recv,
        mark / known.unit_mult,
        None if index is None else index / known.unit_mult,
        number(said.fundingRate) if funded else None,
        known.funding_hours if funded else None,
        int(next_ms) * NS_MS if next_ms is not None and funded else None,
    )


def _day(said: Said, known: Known, ts_event: int, ts_recv: int) -> Day | None:
    last, base, usd = positive(said.lastPr), number(said.baseVolume), number(said.quoteVolume)
    if last is None:
        return None
    return Day(
        known.name,
        ts_event,
        ts_recv,
        last / known.unit_mult,
        number(said.change24h),
        None if base is None or base < 0 else base * known.size_mult,
        None if usd is None or usd < 0 else usd,
    )
