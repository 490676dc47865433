"""Gaps as lines over time: a line a stream, or an instrument where it was the only one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fbkit.clock import iso
from fbkit.dashboard.scene import size_of
from fbkit.model import NS_MS, NS_S, Gap, Span
from fbkit.widgets import TimeLine, TimeMark
from fbkit.widgets.format import age, count

if TYPE_CHECKING:
    from fbkit.store import Store

#: More lines than these are not told apart at a glance: what was lost comes first.
LINES = 14

#: The legend of the drawing.
LEGEND = "filled: lost, outline: backfilled, hatched: process off"


class Hole(NamedTuple):
    """Gaps alike in all but their instrument: how many instruments (0: all of the stream), and ``[t0, t1)``, UTC ns."""

    gap: Gap
    instruments: int
    t0: int
    t1: int

    @property
    def kind(self) -> str:
        """``off`` where the process was, ``filled`` where what was missed was fetched, ``open``, else ``lost``."""
        if self.gap.phase == "backfilled":
            return "filled"
        if self.gap.phase == "opened":
            return "open"
        return "off" if not self.gap.venue and self.gap.channel == "*" else "lost"


def read(store: Store, since: int) -> list[Gap]:
    """Every gap that reaches over an instant (UTC ns), or began later."""
    frame = store.gaps(Span(since=since))
    names = ("gap_id", "venue", "channel", "phase", "cause", "t0", "t1", "instrument")
    rows = frame[list(names)].astype(object).where(frame[list(names)].notna(), None).itertuples(index=False)
    return [
        Gap(
            str(name or ""),
            int(t0),
            0,
            int(number),
            venue,
            channel,
            phase,
            cause,
            int(t0),
            None if t1 is None else int(t1),
        )
        for number, venue, channel, phase, cause, t0, t1, name in rows
    ]


def holes(gaps: Iterable[Gap], since: int, until: int) -> list[Hole]:
    """Gaps that reach into ``[since, until)``, the newest phase of each, cut to it; an open one lasts until its end."""
    newest = {gap.gap_id: gap for gap in gaps}
    alike: dict[tuple[object, ...], list[Gap]] = {}
    for gap in newest.values():
        if gap.t0 < until and (gap.t1 is None or gap.t1 > since):
            key = (gap.venue, gap.channel, gap.phase, gap.cause, gap.t0 // NS_S, gap.t1 and gap.t1 // NS_S)
            alike.setdefault(key, []).append(gap)
    found = []
    for same in alike.values():
        first = same[0]
        end = until if first.t1 is None else min(first.t1, until)
        found.append(Hole(first, len(same) if first.instrument else 0, max(first.t0, since), end))
    return sorted(found, key=lambda hole: (hole.t0, hole.gap.venue, hole.gap.channel))


def length(found: Iterable[Hole]) -> int:
    """Nanoseconds that lie in at least one hole."""
    from fbkit.store.coverage import joined_ns  # live numbers do not wait for the store

    return joined_ns((hole.t0, hole.t1) for hole in found)


def lost(found: Iterable[Hole]) -> list[Hole]:
    """Holes that were not filled."""
    return [hole for hole in found if hole.kind != "filled"]


def summed(found: Sequence[Hole], window: str) -> str:
    """How many, how long, how much of it came back.

    >>> summed([], "24h")
    'none in 24 h'
    """
    over = f"{window[:-1]} {window[-1]}"
    if not found:
        return f"none in {over}"
    filled = [hole for hole in found if hole.kind == "filled"]
    told = f"{count(len(found))} in {over}, {_long(length(found))}"
    return f"{told}, {_long(length(filled))} of it backfilled" if filled else told


def lines(found: Sequence[Hole]) -> tuple[list[TimeLine], str]:
    """Lines, the largest venue's first, and what is said of those that have no room."""
    off = [hole for hole in found if hole.kind == "off"]
    named: dict[tuple[str, str], list[Hole]] = {}
    for hole in found:
        named.setdefault(_place(hole), []).append(hole)
    wanted = sorted(named, key=lambda place: (not lost(named[place]), -length(named[place])))[:LINES]
    drawn = sorted(wanted, key=lambda place: (place[0] != "", *size_of(place[0]), place[1]))
    left = len(named) - len(drawn)
    said = f"{count(left)} more streams had gaps, the shorter ones; Export has all of them" if left else ""
    return [_line(place, named[place], off) for place in drawn], said


def _place(hole: Hole) -> tuple[str, str]:
    """Venue and what of it."""
    gap = hole.gap
    if hole.instruments == 1:
        return gap.venue, f"{gap.instrument.partition(':')[2].partition('-')[0]} {_channel(gap)}".strip()
    return gap.venue, _channel(gap) or "all"


def _channel(gap: Gap) -> str:
    return "" if gap.channel == "*" else gap.channel.replace("_", " ")


def _line(place: tuple[str, str], mine: Sequence[Hole], off: Sequence[Hole]) -> TimeLine:
    venue, what = place
    name = f"{venue} {what}" if venue else "collector"
    behind = [hole for hole in off if hole not in mine]
    marks = tuple(_mark(hole, name) for hole in [*behind, *mine])
    return TimeLine(name, marks=marks, ends=(_end(mine),), about=f"{name}: {count(len(mine))} gaps")


def _end(mine: Sequence[Hole]) -> tuple[str, str]:
    missed = lost(mine)
    if not missed:
        return f"{age(length(mine) / NS_S)}, backfilled", "quiet"
    if any(hole.kind == "open" for hole in missed):
        return f"{age(length(missed) / NS_S)}, open", "bad"
    return f"{age(length(missed) / NS_S)}, not filled", "warn"


def _mark(hole: Hole, name: str) -> TimeMark:
    gap = hole.gap
    ended = "open" if gap.t1 is None else iso(gap.t1)[11:19]
    how = {"filled": "backfilled", "lost": "not filled", "open": "still open", "off": "the process was off"}[hole.kind]
    many = f", {count(hole.instruments)} instruments" if hole.instruments > 1 else ""
    when = f"{iso(gap.t0)[5:19].replace('T', ' ')} to {ended} UTC"
    where = "collector" if hole.kind == "off" else name
    about = f"{where}{many}, {gap.cause or 'cause unknown'}, {when}, {age((hole.t1 - hole.t0) / NS_S)}, {how}"
    return TimeMark(hole.t0 / NS_MS, hole.t1 / NS_MS, hole.kind, about)


def _long(ns: int) -> str:
    """A sum of lengths, in minutes.

    >>> _long(81 * 60 * NS_S), _long(20 * NS_S)
    ('81 min', '20 s')
    """
    return f"{ns // NS_S} s" if ns < 120 * NS_S else f"{round(ns / 60 / NS_S)} min"
