"""Tickers put together: a snapshot, then only what changed of it.

``cs``, the number of a ticker, jumps: a delta that is lost goes unnoticed, and the field it changed stays old until
it changes again. A snapshot comes with every subscription.

Source: Bybit v5 docs, "Ticker".
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from fbkit.feeds.bybit.wire import Text, Ticker
from fbkit.feeds.decoding import number, positive
from fbkit.feeds.instruments import Known
from fbkit.feeds.pace import CADENCE, Pace, too_early
from fbkit.model import NS_MS, Day, Event, Mark, OpenInterest

_FIELDS = tuple(field for field in Ticker.__struct_fields__ if field != "symbol")
_values = attrgetter(*_FIELDS)

#: What is not due yet is not even made (ns): marks, and the slower ones.
_MARK, _SLOW = CADENCE[Mark], min(CADENCE[OpenInterest], CADENCE[Day])

#: The furthest instant of a settlement we believe (ms).
_MOST_MS = 9_000_000_000_000


class Tickers:
    """What each symbol's ticker says by now, and when it was last looked at for a mark and for the rest."""

    def __init__(self) -> None:
        self._said: dict[str, Ticker] = {}
        self._newest: dict[str, tuple[int, int]] = {}
        self._marked: dict[str, int] = {}
        self._rested: dict[str, int] = {}
        self._pace = Pace()

    def is_late(self, symbol: str, cs: int, ts: int) -> bool:
        """Whether a ticker is older, by number and by instant, than what was said already: another connection lags."""
        last_cs, last_ts = self._newest.get(symbol, (0, 0))
        return cs < last_cs and ts < last_ts

    def start(self, symbol: str, snapshot: Ticker, cs: int = 0, ts: int = 0) -> Ticker:
        """Begin a symbol's ticker, or replace it; its number and instant (ms)."""
        self._said[symbol], self._newest[symbol] = snapshot, (cs, ts)
        return snapshot

    def merge(self, symbol: str, delta: Ticker, cs: int = 0, ts: int = 0) -> Ticker | None:
        """The whole ticker with what changed, ``""`` included; ``None`` before its snapshot."""
        said = self._said.get(symbol)
        if said is None:
            return None
        self._newest[symbol] = (cs, ts)
        for field, value in zip(_FIELDS, _values(delta), strict=True):
            if value is not None:
                setattr(said, field, value)
        return said

    def due(self, said: Ticker, known: Known, ts_event: int, ts_recv: int) -> list[Event]:
        """The events that are due at ``ts_event`` (UTC ns): mark, open interest, day."""
        if not _over(self._marked, known.name, ts_event, _MARK):
            return []
        made: list[Event | None] = [mark_of(said, known, ts_event, ts_recv)]
        if _over(self._rested, known.name, ts_event, _SLOW):
            made += [interest_of(said, known, ts_event, ts_recv), day_of(said, known, ts_event, ts_recv)]
        return [event for event in made if event is not None and self._pace.due(event)]

    def forget(self, symbols: Iterable[str], names: Iterable[str]) -> None:
        """Discard tickers: their connection was cut, and the next snapshot's words are news."""
        for symbol in symbols:
            self._said.pop(symbol, None)
            self._newest.pop(symbol, None)
        for name in names:
            self._marked.pop(name, None)
            self._rested.pop(name, None)
            self._pace.forget(name)


def _over(looked: dict[str, int], name: str, ts_event: int, cadence: int) -> bool:
    """Whether a cadence is over since the last look, and if so, that it was looked at now."""
    if too_early(looked.get(name), ts_event, cadence):
        return False
    looked[name] = ts_event
    return True


def mark_of(said: Ticker, known: Known, ts_event: int, ts_recv: int) -> Mark | None:
    """Mark, index and the rate of the period that runs; dated contracts have an empty rate and no settlement."""
    mark, index = positive(said.markPrice), positive(said.indexPrice)
    if mark is None:
        return None
    settles = number(said.nextFundingTime)
    rate = number(said.fundingRate) if settles is not None and 0 < settles <= _MOST_MS else None
    funded = rate is not None and settles is not None
    return Mark(
        known.name,
        ts_event,
        ts_recv,
        mark / known.unit_mult,
        None if index is None else index / known.unit_mult,
        rate,
        (positive(said.fundingIntervalHour) or known.funding_hours) if funded else None,
        int(settles) * NS_MS if funded and settles is not None else None,
    )


def interest_of(said: Ticker, known: Known, ts_event: int, ts_recv: int) -> OpenInterest | None:
    """One side of the open interest, as the venue states it since 2026-06-11, else half of both."""
    coins = one_side(said.singleOpenInterest, said.openInterest)
    if coins is None:
        return None
    usd = one_side(said.singleOpenInterestValue, said.openInterestValue)
    return OpenInterest(known.name, ts_event, ts_recv, coins * known.size_mult, usd)


def day_of(said: Ticker, known: Known, ts_event: int, ts_recv: int) -> Day | None:
    """The last 24 hours; ``price24hPcnt`` is a fraction already."""
    last = positive(said.lastPrice)
    if last is None:
        return None
    volume, turnover = _amount(said.volume24h), _amount(said.turnover24h)
    return Day(
        known.name,
        ts_event,
        ts_recv,
        last / known.unit_mult,
        number(said.price24hPcnt),
        None if volume is None else volume * known.size_mult,
        turnover,
    )


def one_side(single: Text, both: Text) -> float | None:
    """Open interest of one side.

    >>> one_side("29945.866", "59891.732"), one_side("", "59891.732"), one_side(None, "")
    (29945.866, 29945.866, None)
    """
    stated = _amount(single)
    if stated is not None:
        return stated
    doubled = _amount(both)
    return None if doubled is None else doubled / 2.0


def _amount(text: Text) -> float | None:
    found = number(text)
    return found if found is not None and found >= 0 else None
