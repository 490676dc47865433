"""What is fetched again passes through here: the store's own is left out and counted, the rest goes on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

from fbkit.feeds.sink import Sink
from fbkit.ingest.pipeline import Pipeline
from fbkit.model import NS_HOUR, TIMEFRAMES, Bar, Event, Funding, Item, OpenInterest, Ratio, Span, Trade, channel_of
from fbkit.store import Store

#: Kinds with a past that sequence does not know again after a start.
_FORGOTTEN = ("open_interest", "funding", "ratio")

_KEYED = (OpenInterest, Funding, Ratio, Bar)


def known_past(store: Store, venue: str, span: Span) -> set[Hashable]:
    """Keys of what the store has of a venue's past in a span, and an hour around it."""
    since = None if span.since is None else span.since - NS_HOUR
    until = None if span.until is None else span.until + NS_HOUR
    known: set[Hashable] = set()
    for kind in _FORGOTTEN:
        for event in store.events(kind, None, Span(since, until)):
            if event.instrument.startswith(f"{venue}:"):
                known.add(_key(event))
    return known


class Sieve:
    """A sink in front of another, which hears everything but ``take`` unsifted. ``new`` and ``known`` count by channel.

    ``lost`` counts, by instrument, trades that the store has not and sequence took for old.
    """

    def __init__(self, sink: Sink, pipeline: Pipeline, known: set[Hashable]) -> None:
        self._sink, self._pipeline, self._keys = sink, pipeline, known
        self._trades: dict[str, set[int]] = {}
        self._earliest: dict[tuple[str, str], int] = {}
        self._came_since: dict[str, int] = {}
        self.new: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        self.lost: defaultdict[str, int] = defaultdict(int)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    def take(self, venue: str, items: Sequence[Item], ts_recv: int) -> None:
        """Items of one page: what is new of them goes on."""
        self._sink.take(venue, [], ts_recv)  # the Beats due before: what follows is these items' doing alone
        for item in items:
            events = item if isinstance(item, tuple) else (item,)
            event = events[0] if events else None
            if not isinstance(event, Trade | OpenInterest | Funding | Ratio | Bar):
                self._sink.take(venue, [item], ts_recv)
                continue
            channel = channel_of(event)
            self._note(event, channel)
            if self._is_known(event):
                account = self._pipeline.accounts[venue, channel]
                account.received += 1
                account.duplicate += 1
                self.known[channel] += 1
            else:
                self._pass(venue, channel, item, event, ts_recv)

    def _pass(self, venue: str, channel: str, item: Item, event: Event, ts_recv: int) -> None:
        account = self._pipeline.accounts[venue, channel]
        before = account.duplicate + account.quarantined
        self._sink.take(venue, [item], ts_recv)
        if account.duplicate + account.quarantined > before:
            self.known[channel] += 1
            self.lost[event.instrument] += isinstance(event, Trade)
            return
        self.new[channel] += 1
        if isinstance(event, Bar):
            begin = event.ts_event - TIMEFRAMES[event.tf]
            self._came_since[event.instrument] = min(begin, self._came_since.get(event.instrument, begin))

    def _note(self, event: Event, channel: str) -> None:
        at = event.ts_event - TIMEFRAMES[event.tf] if isinstance(event, Bar) else event.ts_event
        key = (event.instrument, channel)
        self._earliest[key] = min(at, self._earliest.get(key, at))

    def _is_known(self, event: Event) -> bool:
        if isinstance(event, Trade):
            return event.venue_id in self._trades.get(event.instrument, ())
        return isinstance(event, _KEYED) and _key(event) in self._keys

    def know_trades(self, store: Store, name: str, span: Span) -> None:
        """Trades of a gap will be asked for: know those the store has, and let the others pass, old as they are."""
        self._trades[name] = set(store.read("trade", name, span)["venue_id"].tolist())
        seen = self._pipeline.order.trades.get(name)
        if seen is not None:
            seen.closed_below = None

    def came_since(self, instrument: str) -> int | None:
        """The begin (UTC ns) of the oldest new bar of an instrument."""
        return self._came_since.get(instrument)

    def earliest(self, channel: str) -> int | None:
        """The oldest instant (UTC ns) that came of a channel, over all instruments."""
        return min((at for (_, one), at in self._earliest.items() if one == channel), default=None)

    def reaches(self, instrument: str, channel: str, since: int) -> bool:
        """Whether what came of an instrument reaches back to an instant, give or take the bar it lies in."""
        at = self._earliest.get((instrument, channel))
        return at is not None and at <= since + TIMEFRAMES["1m"]


def _key(event: Event) -> Hashable:
    if isinstance(event, Ratio):
        return (type(event), event.instrument, event.ts_event, event.ratio_kind, event.period_s)
    return (type(event), event.instrument, event.ts_event)
