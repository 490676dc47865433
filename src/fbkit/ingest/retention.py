"""What retention would remove, why, and what must stay: pure, out of what is held where.

The oldest goes first, and in this order: what is too old for the settings; then, while the database is over its
budget, events, 1m bars with their metrics, Beats of that time, and at last metrics above 1m, which can be computed
again from their bars. Bars above 1m, alerts, gaps, settings and listings stay for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from fbkit.clock import iso
from fbkit.model import BASE_TIMEFRAME, NS_DAY, NS_HOUR, floor_to
from fbkit.store.log import Held

EVENTS, SLOTS, BEATS, METRICS = "events", "bars 1m", "beats", "metrics"

#: Kinds of events that go: the others say what we know of the rest, and are few.
GOING = ("trade", "quote", "mark", "funding", "open_interest", "liquidation", "ratio", "day", "bar")

#: Bytes of a row on disk, its keys in every index included; a chunk's part of its last page. Measured.
_BAR, _METRIC, _BEAT = 330, 480, 70
_PAGES = 1.15

#: The newest of each that no budget takes: the dashboard's day, uptime's week.
_NEWEST = {EVENTS: NS_HOUR, SLOTS: NS_DAY, BEATS: 8 * NS_DAY, METRICS: 7 * NS_DAY}


class HeldRows(NamedTuple):
    """Rows of a table (``bars metrics beats``) and timeframe that close in a UTC day (its start)."""

    table: str
    tf: str
    day: int
    n: int


class Census(NamedTuple):
    """What a database holds, in bytes and rows. ``settled``: the UTC ns of its newest checkpoint, 0 before the first.

    ``archived``: where the archive begins, whose days a replay wants the Beats of.
    """

    size: int
    events: Sequence[Held]
    rows: Sequence[HeldRows]
    settled: int
    archived: int | None = None


class Limits(NamedTuple):
    """What is to be kept: up to so many bytes, events and 1m bars of so many ns. 0: no bound."""

    now: int
    max_bytes: int = 0
    events_ns: int = 0
    minutes_ns: int = 0


class Going(msgspec.Struct):
    """Something that goes: all of it before an instant (UTC ns), about so many rows and bytes."""

    what: str
    before: int
    rows: int
    bytes: int
    why: str


class Plan(msgspec.Struct):
    """What goes, and in words what stays and why. ``over``: bytes over the budget that stay all the same."""

    going: list[Going]
    staying: list[str]
    over: int = 0

    @property
    def borders(self) -> dict[str, int]:
        """Up to where what goes."""
        return {one.what: one.before for one in self.going}


class _Pile(NamedTuple):
    """What goes at once: it ends at an instant."""

    end: int
    n: int
    bytes: int


def plan(census: Census, limits: Limits) -> Plan:
    """What would go.

    >>> held = [Held("trade", hour * NS_HOUR, 1000, 9_000) for hour in range(48)]
    >>> census = Census(432_000, held, (), settled=48 * NS_HOUR)
    >>> found = plan(census, Limits(now=48 * NS_HOUR, max_bytes=400_000))
    >>> [(one.what, one.before // NS_HOUR, one.rows, one.why) for one in found.going]
    [('events', 4, 4000, 'over the budget of 0.4 MB')]
    """
    borders = _by_age(limits)
    piles = _piles(census)
    borders = {what: min(border, _ceiling(what, census, limits, borders)) for what, border in borders.items()}
    whys = dict.fromkeys(borders, "older than the settings keep")
    excess = census.size - limits.max_bytes if limits.max_bytes else 0
    excess -= sum(_below(piles[what], border).bytes for what, border in borders.items())
    for what, own in piles.items():
        ceiling = _ceiling(what, census, limits, borders)
        for pile in own:
            if excess > 0 and borders.get(what, 0) < pile.end <= ceiling:
                excess -= pile.bytes
                borders[what] = pile.end
                whys[what] = f"over the budget of {limits.max_bytes / 1e6:,.1f} MB"
    going = []
    for what, border in borders.items():
        sum_ = _below(piles[what], border)
        if sum_.n:
            going.append(Going(what, border, sum_.n, sum_.bytes, whys[what]))
    return Plan(going, _staying(census, limits, excess), max(0, excess))


def _by_age(limits: Limits) -> dict[str, int]:
    borders = {}
    if limits.events_ns:
        borders[EVENTS] = limits.now - limits.events_ns
    if limits.minutes_ns:
        borders[SLOTS] = floor_to(limits.now - limits.minutes_ns, NS_DAY)
    return borders


def _ceiling(what: str, census: Census, limits: Limits, borders: dict[str, int]) -> int:
    """How far a border may be moved."""
    ceiling = limits.now - _NEWEST[what]
    if what == EVENTS:
        return min(ceiling, census.settled)
    if what == BEATS:
        # Without Beats nothing can be replayed: they go where events are gone, and stay for the archive.
        reach = (borders.get(EVENTS, 0), census.archived)
        return floor_to(min(ceiling, *(one for one in reach if one is not None)), NS_DAY)
    return floor_to(ceiling, NS_DAY)


def _piles(census: Census) -> dict[str, list[_Pile]]:
    """What could go, oldest first, in the order of giving up."""
    events = [_Pile(one.hour + NS_HOUR, one.n, int(one.bytes * _PAGES)) for one in census.events if one.kind in GOING]
    slots, beats, metrics = [], [], []
    for row in census.rows:
        end = row.day + NS_DAY
        if row.table == "beats":
            beats.append(_Pile(end, row.n, row.n * _BEAT))
        elif row.tf == BASE_TIMEFRAME:
            slots.append(_Pile(end, row.n, row.n * (_BAR if row.table == "bars" else _METRIC)))
        elif row.table == "metrics":
            metrics.append(_Pile(end, row.n, row.n * _METRIC))
    return {EVENTS: _merged(events), SLOTS: _merged(slots), BEATS: _merged(beats), METRICS: _merged(metrics)}


def _merged(piles: Iterable[_Pile]) -> list[_Pile]:
    found: dict[int, _Pile] = {}
    for pile in piles:
        had = found.get(pile.end, _Pile(pile.end, 0, 0))
        found[pile.end] = _Pile(pile.end, had.n + pile.n, had.bytes + pile.bytes)
    return [found[end] for end in sorted(found)]


def _below(piles: Sequence[_Pile], border: int) -> _Pile:
    own = [pile for pile in piles if pile.end <= border]
    return _Pile(border, sum(pile.n for pile in own), sum(pile.bytes for pile in own))


def _staying(census: Census, limits: Limits, excess: int) -> list[str]:
    staying = ["bars above 1m, alerts, gaps, settings and listings stay for ever"]
    if not census.settled:
        staying.append(
            "no event goes before the first checkpoint, which a collector writes each hour and when it stops"
        )
    else:
        staying.append(f"events after the newest checkpoint ({iso(census.settled)}) stay: a start needs them")
    if census.archived is not None:
        staying.append(f"Beats since {iso(census.archived)[:10]} stay: archived days are replayed with them")
    if excess > 0 and limits.max_bytes:
        staying.append(f"about {excess / 1e6:,.1f} MB over the budget stay: what is left is too new, or stays for ever")
    return staying
