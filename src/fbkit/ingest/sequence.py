"""Sequence: whether an event is news, and whether something is missing before it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Hashable
from struct import Struct
from typing import NamedTuple

from fbkit.ingest.seen import SeenIds, SeenKeys
from fbkit.model import (
    NS_MIN,
    NS_S,
    TIMEFRAMES,
    Bar,
    Day,
    Event,
    Liquidation,
    Listing,
    Mark,
    OpenInterest,
    Quote,
    Ratio,
    Trade,
    channel_of,
)

#: An event this far ahead of our skew-corrected clock cannot be true.
FUTURE_NS = 5 * NS_S

#: A hole stays fillable this long after its backfill ended.
FILLABLE_NS = 600 * NS_S


class Verdict(enum.IntEnum):
    """What sequence makes of an event."""

    NEWS = 0
    DUPLICATE = 1
    UNCHANGED = 2


# A member looked up through its class costs as much as a comparison of ids.
_NEWS, _DUPLICATE = Verdict.NEWS, Verdict.DUPLICATE


class Hole(NamedTuple):
    """Missing trades ``first … last`` of an instrument, between ``t0`` and ``t1`` (UTC ns, event time)."""

    instrument: str
    first: int
    last: int
    t0: int
    t1: int


def is_old(quote: Quote, before: Quote) -> bool:
    """Whether a quote repeats, or comes from before, one that was taken.

    A lower id at a later instant of the venue is neither: its counter began anew (Bybit's ``u: 1``, OKX's ``seqId``).

    >>> quote = lambda ts, number: Quote("bybit:BTC-USDT-PERP", ts, ts, number, 1.0, 1.0, 2.0, 1.0)
    >>> is_old(quote(6, 9), quote(5, 9)), is_old(quote(6, 1), quote(6, 9)), is_old(quote(7, 1), quote(6, 9))
    (True, True, False)
    """
    if quote.venue_id == before.venue_id:
        return True
    return quote.venue_id < before.venue_id and quote.ts_event <= before.ts_event


class Sequence:
    """Duplicates and holes, per instrument and channel.

    Where a venue's trade ids count one by one (``counted``), a hole is known by its ids; elsewhere they only tell
    repetitions. Quote ids only rise, so the highest is enough; one that falls while the venue's clock goes on is a
    venue that began anew. Closed bars and ratios count one by one in time. Everything else is known by what it says.
    """

    def __init__(self, counted: Collection[str] = frozenset({"binance"})) -> None:
        self._counted = counted
        #: Where trade ids count one by one: those seen, by instrument.
        self.trades: dict[str, SeenIds] = {}
        self._loose_trades: dict[str, SeenKeys] = {}
        #: The newest quote taken, by instrument.
        self.quotes: dict[str, Quote] = {}
        self._depths: dict[tuple[str, int], Quote] = {}
        self._bars: dict[tuple[str, str], SeenIds] = {}
        self._ratios: dict[tuple[str, str, int], SeenIds] = {}
        self._listings: dict[str, Listing] = {}
        self._marks: dict[str, SeenKeys] = {}
        self._keys: dict[tuple[str, str], SeenKeys] = {}
        self._fresh_holes: list[tuple[int, Hole]] = []
        self._verdicts: dict[type, Callable[..., Verdict]] = {
            Trade: self.judge_trade,
            Quote: self.judge_quote,
            Mark: self.judge_mark,
            Bar: self._bar,
            Liquidation: self._liquidation,
            Ratio: self._ratio,
            Listing: self._listing,
        }

    def judge(self, event: Event, beat: int) -> Verdict:
        """Whether the event is news. ``beat`` is the number of the last Beat, from which a hole's patience counts."""
        verdict = self._verdicts.get(type(event))
        if verdict is None:
            return self._key(event, event.ts_event)
        return verdict(event, beat)

    def last_trade_id(self, instrument: str) -> int | None:
        """The highest trade id seen."""
        seen = self.trades.get(instrument)
        return None if seen is None else seen.last

    def reload(self, instrument: str, trade_ids: list[int], ts_event: int) -> None:
        """Know an earlier run's last trades again; where they count one by one, what lies below them is settled."""
        if not self._counts(instrument):
            loose = self._loose_trades[instrument] = SeenKeys()
            for number in trade_ids:
                loose.add(number, ts_event)
        elif trade_ids:
            seen = self.trades[instrument] = SeenIds(closed_below=trade_ids[0])
            for number in trade_ids:
                seen.add(number)
            seen.forget_holes()
            seen.ts = ts_event

    def reload_bars(self, instrument: str, tf: str, ts: list[int]) -> None:
        """Know an earlier run's closed bars again."""
        length = TIMEFRAMES[tf]
        seen = self._bars[instrument, tf] = SeenIds()
        for t1 in sorted(ts):
            seen.add(t1 // length)

    def overdue(self, beat: int, waits: Callable[[str], bool] = lambda _venue: False) -> list[Hole]:
        """Holes still open at the second Beat after they were noticed; each is told once.

        Where a venue ``waits`` for what a silence missed, its holes do, too: they are that silence, told already.
        """
        ripe = [hole for born, hole in self._fresh_holes if beat >= born + 2 and not waits(_venue_of(hole.instrument))]
        if ripe:
            told = set(ripe)
            self._fresh_holes = [pair for pair in self._fresh_holes if pair[1] not in told]
        return [hole for hole in ripe if self.missing(hole)]

    def missing(self, hole: Hole) -> int:
        """How many trades of a hole are still missing."""
        return self.trades[hole.instrument].missing(hole.first, hole.last)

    def judge_trade(self, trade: Trade, beat: int) -> Verdict:
        """:meth:`judge` for who knows that it is a trade."""
        name, number = trade.instrument, trade.venue_id
        seen = self.trades.get(name)
        if seen is None:
            if not self._counts(name):
                return self._loose_trade(trade)
            seen = self.trades[name] = SeenIds()
        last = seen.last
        if not seen.add(number):
            return _DUPLICATE
        if last is None or number > last:
            if last is not None and number > last + 1:
                self._fresh_holes.append((beat, Hole(name, last + 1, number - 1, seen.ts, trade.ts_event)))
            seen.ts = trade.ts_event
        return _NEWS

    def _counts(self, instrument: str) -> bool:
        return _venue_of(instrument) in self._counted

    def _loose_trade(self, trade: Trade) -> Verdict:
        seen = self._loose_trades.get(trade.instrument)
        if seen is None:
            seen = self._loose_trades[trade.instrument] = SeenKeys()
        return _NEWS if seen.add(trade.venue_id, trade.ts_recv) else _DUPLICATE

    def judge_quote(self, quote: Quote, _beat: int) -> Verdict:
        """:meth:`judge` for who knows that it is a quote."""
        levels = quote.levels
        if levels:
            key = (quote.instrument, levels)
            before = self._depths.get(key)
            if before is not None and quote.venue_id <= before.venue_id and is_old(quote, before):
                return _DUPLICATE
            self._depths[key] = quote
        else:
            name = quote.instrument
            before = self.quotes.get(name)
            if before is not None and quote.venue_id <= before.venue_id and is_old(quote, before):
                return _DUPLICATE
            self.quotes[name] = quote
        return _NEWS

    def judge_mark(self, mark: Mark, _beat: int) -> Verdict:
        """:meth:`judge` for who knows that it is a mark."""
        seen = self._marks.get(mark.instrument)
        if seen is None:
            seen = self._marks[mark.instrument] = SeenKeys(0)
        return _NEWS if seen.add(mark.ts_event, mark.ts_recv) else _DUPLICATE

    def _bar(self, bar: Bar, _beat: int) -> Verdict:
        key = (bar.instrument, bar.tf)
        seen = self._bars.get(key)
        if seen is None:
            seen = self._bars[key] = SeenIds()
        # An imported table may have bars of any length: the engine passes over them, and so their minutes count.
        return Verdict.NEWS if seen.add(bar.ts_event // TIMEFRAMES.get(bar.tf, NS_MIN)) else Verdict.DUPLICATE

    def _liquidation(self, event: Liquidation, _beat: int) -> Verdict:
        # As bytes: they come all day, and four objects and what holds them would take three times as much.
        told = _LIQUIDATION.pack(event.ts_event, event.liquidated == "long", event.price, event.size)
        return self._key(event, told)

    def _ratio(self, event: Ratio, _beat: int) -> Verdict:
        number, off = divmod(event.ts_event, event.period_s * NS_S)
        if off:
            return self._key(event, (event.ts_event, event.ratio_kind, event.period_s))
        key = (event.instrument, event.ratio_kind, event.period_s)
        seen = self._ratios.get(key)
        if seen is None:
            seen = self._ratios[key] = SeenIds()
        return Verdict.NEWS if seen.add(number) else Verdict.DUPLICATE

    def _listing(self, event: Listing, _beat: int) -> Verdict:
        before = self._listings.get(event.instrument)
        self._listings[event.instrument] = event
        if before is not None and _facts(before) == _facts(event):
            return Verdict.UNCHANGED
        return Verdict.NEWS

    def _key(self, event: Event, key: Hashable) -> Verdict:
        stream = (event.instrument, channel_of(event))
        seen = self._keys.get(stream)
        if seen is None:
            seen = self._keys[stream] = SeenKeys(_AT_LEAST.get(type(event), 4096))
        return Verdict.NEWS if seen.add(key, event.ts_recv) else Verdict.DUPLICATE


#: When, whose, at which price, how much.
_LIQUIDATION = Struct("<q?dd")

#: Of days, as of marks, which come every second, ten minutes are enough to remember. Of open interest, two days of
#: fetched history; polled every fifteen seconds, 4096 of them would still be filling memory after half a day.
_AT_LEAST: dict[type, int] = {Day: 0, OpenInterest: 600}


def _venue_of(instrument: str) -> str:
    return instrument.partition(":")[0]


_WHEN = {"ts_event", "ts_recv", "seq", "origin"}


def _facts(listing: Listing) -> tuple[object, ...]:
    """What a listing says, apart from when it said so."""
    return tuple(getattr(listing, name) for name in listing.__struct_fields__ if name not in _WHEN)
