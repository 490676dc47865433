"""What a database holds beside what the same market says in memory: the same events, whichever way they came.

``python -m tests.conformance.content sqlite:///path/to/simulated.db`` compares a run of the simulated market (quotes
unconflated: ``FBKIT_CADENCE_MS=0``) with the same seed and span over the in-memory transport, instrument by instrument,
and exits 1 where anything differs.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from fbkit.clock import iso
from fbkit.model import NS_S, Event, Listing, Origin, Quote, Span, Trade, channel_of
from fbkit.store import Store, open_store
from tests.conformance.contract import events_of
from tests.conformance.listening import listen

#: Channels that are pushed and known by an id or an instant of the venue's.
COMPARED = ("trade", "quote", "depth", "mark", "liquidation", "day", "open_interest", "bar")

#: OKX tells funding on a channel of its own, once on subscribing: what a mark takes along depends on when that was.
_APART = {("okx", "mark"): {"funding_rate"}}

#: Fields that say when and where we heard it, not what was said.
_OURS = {"ts_recv", "seq", "origin"}

Content = dict[tuple[str, str], dict[tuple[Any, ...], tuple[Any, ...]]]


class Compared(NamedTuple):
    """Of one instrument and channel: events both saw, events that differ, and trades that the database lacks.

    Trades count wherever they came from, the stream or a page fetched after a cut; not those of the first and last 3 s.
    """

    instrument: str
    channel: str
    both: int
    different: list[tuple[Any, ...]]
    lost: int


def content(events: Iterable[Event]) -> Content:
    """Events by (instrument, channel), then by what identifies them at the venue."""
    found: Content = defaultdict(dict)
    for event in events:
        channel = channel_of(event)
        if channel in COMPARED and (event.origin is Origin.LIVE or channel == "trade"):
            apart = _APART.get((event.instrument.partition(":")[0], channel), set())
            names = [name for name in event.__struct_fields__ if name not in _OURS | apart]
            says = tuple(getattr(event, name) for name in names)
            key = (
                (event.venue_id,)
                if isinstance(event, Trade | Quote)
                else says
                if channel == "liquidation"
                else (event.ts_event,)
            )
            found[event.instrument, channel][key] = says
    return found


def stored(store: Store, span: Span) -> Content:
    """What a database holds of a span of event time."""
    kinds = [channel for channel in COMPARED if channel != "depth"]
    return content(event for kind in kinds for event in store.events(kind, span=span))


def compare(left: Content, right: Content, since: int, until: int) -> list[Compared]:
    """``left`` is the database, heard from ``since`` to ``until`` (UTC ns), ``right`` the memory."""
    found = []
    for key in sorted(left.keys() | right.keys()):
        ours, theirs = left.get(key, {}), right.get(key, {})
        both = ours.keys() & theirs.keys()
        different = [(one, ours[one], theirs[one]) for one in sorted(both) if ours[one] != theirs[one]]
        lost = [theirs[one] for one in theirs.keys() - ours.keys()] if key[1] == "trade" and ours else []
        missing = sum(since + 3 * NS_S < says[1] < until - 3 * NS_S for says in lost)
        found.append(Compared(*key, len(both), different, missing))
    return found


def heard(store: Store, venue: str) -> tuple[int, int]:
    """From when to when a venue spoke live, by its quotes (UTC ns): nobody sends those again on subscribing."""
    quotes = [store.read("quote", name)["ts_event"] for name in store.instruments() if name.startswith(f"{venue}:")]
    return min(int(ts.min()) for ts in quotes if len(ts)), max(int(ts.max()) for ts in quotes if len(ts))


def in_memory(venue: str, seed: int, instruments: int, since: int, until: int) -> Content:
    """The same market over the in-memory transport, from a little before to a little after."""
    begin = since // NS_S * NS_S - 2 * NS_S
    heard = listen(venue, seconds=(until - begin) / NS_S + 3, instruments=instruments, seed=seed, start=begin)
    return content(event for item, _ in heard.items for event in events_of([item]) if not isinstance(event, Listing))


def main(url: str) -> int:
    """Compare a database with the memory and say how it went."""
    store = open_store(url)
    names = store.instruments()
    venues = sorted({one.venue for one in names.values()})
    instruments = max(sum(one.venue == venue for one in names.values()) for venue in venues)
    wrong = 0
    for venue in venues:
        since, until = heard(store, venue)
        there = in_memory(venue, store.seed or 0, instruments, since, until)
        here = stored(store, Span(since, until))
        ours = {key: value for key, value in here.items() if key[0].startswith(f"{venue}:")}
        told = compare(ours, there, since, until)
        by_channel: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for one in told:
            by_channel[one.channel][0] += one.both
            by_channel[one.channel][1] += len(one.different)
            wrong += len(one.different)
            for example in one.different[:2]:
                sys.stdout.write(f"  {one.instrument} {one.channel}: {example}\n")
        words = ", ".join(f"{channel} {both:,} ({bad} differ)" for channel, (both, bad) in sorted(by_channel.items()))
        lost = sum(one.lost for one in told)
        sys.stdout.write(f"{venue} {iso(since)} to {iso(until)}: {words}; {lost} trades lacking\n")
    sys.stdout.write(f"{'the same content' if not wrong else f'{wrong} events differ'}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
