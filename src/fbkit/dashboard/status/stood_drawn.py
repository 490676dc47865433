"""The strips of the Status tab: the process and each venue, slot by slot, with their shares of 24 h, 1 h and 7 d."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fbkit.clock import iso
from fbkit.dashboard.scene import size_of
from fbkit.dashboard.status.kpis import percent_down
from fbkit.dashboard.status.stood import (
    SLOTS,
    Past,
    Slot,
    available,
    process_slots,
    told,
    venue_slots,
    venues_of,
    whole_of,
)
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_MS
from fbkit.widgets import TimeLine, TimeSlot

HEADS = ("24 h %", "1 h %", "7 d %")

LEGEND = "tall ok, middle degraded, low down, hatched process off"

_ORDER = ("24h", "1h", "7d")

_ABOUT = "Time in which a collector ran, from heartbeats alone"
_VENUE = "Time in which it was ok or degraded: the worst of its trade, quote and mark"


def strips(past: Past, window: str, venues: Sequence[str]) -> list[TimeLine]:
    """A line for the process, and one for each of these venues that was ever judged."""
    lines = [_line("process", process_slots(past, window), whole_of(past).percent, _ABOUT)]
    known = sorted(set(venues_of(past)) & set(venues), key=size_of)
    return lines + [_line(name, venue_slots(past, window, name), available(past, name), _VENUE) for name in known]


def over(window: str) -> str:
    """How long a slot is, in words.

    >>> over("24h"), over("1h"), over("7d")
    ('half hours', 'minutes', 'slots of 3 h')
    """
    _, slot = SLOTS[window]
    return {30 * NS_MIN: "half hours", NS_MIN: "minutes"}.get(slot, f"slots of {slot // NS_HOUR} h")


def _line(name: str, slots: Sequence[Slot], shares: Mapping[str, float | None], about: str) -> TimeLine:
    drawn = tuple(TimeSlot(one.t0 / NS_MS, one.t1 / NS_MS, one.state, told(one, name, _clock(one))) for one in slots)
    ends = tuple((_share(shares[window]), "strong" if at == 0 else "") for at, window in enumerate(_ORDER))
    return TimeLine(name, slots=drawn, ends=ends, about=f"{name}: {about}")


def _share(share: float | None) -> str:
    return "unknown" if share is None else percent_down(share)


def _clock(slot: Slot) -> str:
    begin, end = iso(slot.t0), iso(slot.t1)
    day = f"{begin[5:10]} " if slot.t1 - slot.t0 >= NS_HOUR or begin[:10] != end[:10] else ""
    last = f"{end[5:10]} {end[11:16]}" if slot.t1 - slot.t0 >= NS_DAY // 2 else end[11:16]
    return f"{day}{begin[11:16]} to {last} UTC"
