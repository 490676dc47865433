"""How the process and each venue stood, slot by slot: read in steps, counted by the functions of ``fbkit.health``."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fbkit.health import HEARTBEAT_NS, WINDOWS, Uptime, uptime, uptime_windows
from fbkit.health.judge import states_of_venues
from fbkit.health.streams import VITAL
from fbkit.health.uptime import States, shares_by_state
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, HealthRow, Market, Span

if TYPE_CHECKING:
    from fbkit.store import Store

#: Windows of the tab: length, and how long a slot of a strip is; ns.
SLOTS: dict[str, tuple[int, int]] = {
    "1h": (NS_HOUR, NS_MIN),
    "24h": (NS_DAY, 30 * NS_MIN),
    "7d": (7 * NS_DAY, 3 * NS_HOUR),
    "30d": (30 * NS_DAY, 12 * NS_HOUR),
}

#: A state is a slot's when it lasted so much of it; the worst of those.
LASTS = 1 / 30

#: So much of the past is read at once: a read stays short, however long the window.
_STEP = 7 * NS_DAY

#: Newest changes before a window that are looked through for each stream's state; four times as many, and again.
_BEFORE = 256

_WORST = ("off", "down", "degraded")

_MARKED = "*"


class Change(NamedTuple):
    """A stream's state from ``ts`` (UTC ns) on; the whole is the channel ``*`` of venue ``""``."""

    ts: int
    venue: str
    channel: str
    state: str


class Past(NamedTuple):
    """Heartbeats and changes of ``[since, until)``, UTC ns, in order; ``first`` is the first heartbeat ever."""

    since: int
    until: int
    first: int | None
    heartbeats: list[int]
    changes: list[Change]


class Slot(NamedTuple):
    """``[t0, t1)`` in UTC ns, its state, and the share of it by state; no shares where nothing was known yet."""

    t0: int
    t1: int
    state: str
    shares: dict[str, float]


def ends(store: Store, now: int, *, running: bool) -> int | None:
    """Where windows end (metrics reference 11): now while a collector runs or in a LIVE market, else the last Beat."""
    beat = store.last_beat()
    return None if beat is None else now if running or store.market is Market.LIVE else beat.ts_recv


def read(store: Store, since: int, until: int, known: Past | None = None) -> Past:
    """What is new since ``known`` was read, or a piece of its past; call again until ``since`` is reached.

    A page asks this again and again: of what it knows, nothing is read twice.
    """
    if known is None or until < known.since:
        begin = max(since, until - _STEP)
        return _piece(store, begin, until, store.first_heartbeat())
    if until > known.until:
        newer = _piece(store, known.until, until, known.first)
        return _joined(known, newer)
    if since < known.since:
        return _joined(_piece(store, max(since, known.since - _STEP), known.since, known.first), known)
    return known


def reached(past: Past, since: int) -> bool:
    """Whether all of a window that can be known was read."""
    return past.since <= since or (past.first is not None and past.since <= past.first)


def whole_of(past: Past) -> Uptime:
    """The process over 1 h, 24 h and 7 d; the same numbers as ``fbkit.health.standing.uptime_of``."""
    return uptime_windows(past.heartbeats, past.until, first=past.first, states=states_of(past, ""))


def states_of(past: Past, venue: str) -> States:
    """The states of a venue, the worst of its vital streams, at each change; of the whole for ``""``."""
    changes = [one for one in past.changes if one.venue == venue]
    if not venue:
        return [(one.ts, one.state) for one in changes if one.channel == _MARKED]
    rows: dict[str, HealthRow] = {}
    found: list[tuple[int, str]] = []
    for one in changes:
        if one.channel in VITAL:
            rows[one.channel] = HealthRow(one.ts, venue, one.channel, one.state, "", "")
            state = states_of_venues(rows.values())[venue]
            if not found or found[-1][1] != state:
                found.append((one.ts, state))
    return found


def venues_of(past: Past) -> list[str]:
    """Venues of which a vital stream was ever judged."""
    return sorted({one.venue for one in past.changes if one.venue and one.channel in VITAL})


def process_slots(past: Past, window: str) -> list[Slot]:
    """Whether a collector ran, slot by slot."""
    return [
        _slot(t0, t1, None if (up := _up(past, t0, t1)) is None else {"ok": up}) for t0, t1 in _grid(past.until, window)
    ]


def venue_slots(past: Past, window: str, venue: str) -> list[Slot]:
    """How a venue stood, slot by slot."""
    states = states_of(past, venue)
    return [_slot(t0, t1, _shares(past, states, t0, t1)) for t0, t1 in _grid(past.until, window)]


def available(past: Past, venue: str) -> dict[str, float | None]:
    """Percent of 1 h, 24 h and 7 d in which a venue was ok or degraded; ``None`` where nothing is known."""
    states, found = states_of(past, venue), dict[str, float | None]()
    for name, length in WINDOWS.items():
        shares = _shares(past, states, past.until - length, past.until)
        found[name] = None if shares is None else shares.get("ok", 0.0) + shares.get("degraded", 0.0)
    return found


def _grid(until: int, window: str) -> Iterable[tuple[int, int]]:
    """Slots on whole multiples of their length; the newest ends now."""
    length, slot = SLOTS[window]
    begin = -(-(until - length) // slot) * slot
    return ((t0, min(t0 + slot, until)) for t0 in range(begin, until, slot))


def _near(past: Past, t0: int, t1: int) -> list[int]:
    """The heartbeats that can say anything of ``[t0, t1)``."""
    low = bisect_left(past.heartbeats, t0 - 2 * HEARTBEAT_NS)
    return past.heartbeats[low : bisect_left(past.heartbeats, t1) + 1]


def _up(past: Past, t0: int, t1: int) -> float | None:
    return uptime(_near(past, t0, t1), t0, t1, first=past.first)


def _shares(past: Past, states: States, t0: int, t1: int) -> dict[str, float] | None:
    # From the state on that the first heartbeat which reaches into the slot told.
    at = bisect_left(states, (t0 - 2 * HEARTBEAT_NS, ""))
    return shares_by_state(_near(past, t0, t1), states[max(0, at - 1) :], t0, t1)


def _slot(t0: int, t1: int, shares: dict[str, float] | None) -> Slot:
    """The worst state that lasted.

    >>> _slot(0, 1, {"ok": 96.0, "degraded": 4.0}).state, _slot(0, 1, {"ok": 98.0}).state, _slot(0, 1, None).state
    ('degraded', 'ok', 'unknown')
    """
    if shares is None:
        return Slot(t0, t1, "unknown", {})
    shares = shares | {"off": max(0.0, 100.0 - sum(shares.values()))}
    state = next((name for name in _WORST if shares.get(name, 0.0) >= 100.0 * LASTS), "ok")
    return Slot(t0, t1, state, shares)


def _joined(older: Past, newer: Past) -> Past:
    # The newer piece brings along what reaches into it from before: the older one has that already.
    cut = bisect_left(older.heartbeats, newer.heartbeats[0]) if newer.heartbeats else len(older.heartbeats)
    changes = [*older.changes, *(one for one in newer.changes if one.ts >= older.until)]
    beats = older.heartbeats[:cut] + newer.heartbeats
    return Past(older.since, newer.until, newer.first or older.first, beats, changes)


def _piece(store: Store, since: int, until: int, first: int | None) -> Past:
    """One stretch, with the heartbeats just before it that reach into it and the state each stream came with."""
    within = _changes(store, Span(since, until))
    beats = store.heartbeats(since - 2 * HEARTBEAT_NS, until)
    return Past(since, until, first, beats, [*_before(store, since, within), *within])


def _before(store: Store, since: int, within: Sequence[Change]) -> list[Change]:
    """The last change of each stream before an instant."""
    wanted, last = {(row.venue, row.channel) for row in store.latest_health()}, _BEFORE
    wanted |= {(one.venue, one.channel) for one in within} | {("", _MARKED)}
    while True:
        rows = _changes(store, Span(None, since), last)
        newest: dict[tuple[str, str], Change] = {(one.venue, one.channel): one for one in rows}
        if len(rows) < last or wanted <= newest.keys():
            return sorted(newest.values())
        last *= 4


def _changes(store: Store, span: Span, last: int | None = None) -> list[Change]:
    found = store.rows("health_history", span=span, last=last)
    columns = (found[name].tolist() for name in ("ts", "venue", "channel", "state"))
    return [Change(int(ts), venue or "", channel, state) for ts, venue, channel, state in zip(*columns, strict=True)]


def told(slot: Slot, name: str, clock: str) -> str:
    """A slot in words.

    >>> told(Slot(0, 1, "degraded", {"ok": 90.0, "degraded": 10.0}), "okx", "14:00 to 14:30")
    'okx, 14:00 to 14:30: 90.00 % ok, 10.00 % degraded'
    """
    if not slot.shares:
        return f"{name}, {clock}: nothing is known, no collector had run yet"
    words = defaultdict(str, off="process off")
    parts = [f"{share:.2f} % {words[state] or state}" for state, share in slot.shares.items() if share >= 0.005]
    return f"{name}, {clock}: {', '.join(parts)}"
