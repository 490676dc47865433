"""The key numbers of the Status tab."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fbkit.dashboard import health_words
from fbkit.dashboard.status.gaps_drawn import Hole, length, lost
from fbkit.dashboard.status.throughput import Throughput
from fbkit.health import Uptime
from fbkit.hub import Pulse
from fbkit.model import NS_DAY, NS_HOUR, NS_S
from fbkit.widgets import Kpi
from fbkit.widgets.format import NBSP, age, count

if TYPE_CHECKING:
    from fbkit.store import Store

Context = tuple[tuple[str, str], ...]

#: A line of fewer points says nothing.
_POINTS = 6

#: A database younger than this does not say how it grows.
_GROWN_NS = NS_HOUR


class Sizes(NamedTuple):
    """Bytes of a database and of its WAL, and how old its events are, ns."""

    db: int
    wal: int
    age: int


def sizes_of(store: Store) -> Sizes:
    """How large it is; its age is the time from its first heartbeat to its newest Beat."""
    found, begun, beat = store.sizes(), store.first_heartbeat(), store.last_beat()
    return Sizes(found["db"], found["wal"], beat.ts_recv - begun if beat and begun else 0)


class Known(NamedTuple):
    """What the numbers are made of; ``silent_s`` is how long the collector was silent, ``None`` while it speaks."""

    pulse: Pulse | None
    silent_s: float | None
    uptime: Uptime | None
    heard: Throughput
    sizes: Sizes | None
    holes: Sequence[Hole] | None
    window: str


def kpis(known: Known) -> list[Kpi]:
    """Seven of them; what is not known yet says what it waits for."""
    return [
        _health(known),
        _uptime(known.uptime),
        _events(known),
        _queue(known.pulse),
        _store(known.sizes),
        _gaps(known.holes, known.window),
        _lost(known.heard),
    ]


def _health(known: Known) -> Kpi:
    if known.silent_s is not None:
        silent: Context = ((f"collector stopped {age(known.silent_s)} ago", "warn"),)
        return Kpi("Health", "Down", context=silent, about="No heartbeat comes; live numbers are its last ones")
    if known.pulse is None:
        return Kpi("Health", None, missing="first heartbeat awaited")
    rows = health_words.own(known.pulse.health)
    states = Counter(row.state for row in rows)
    tones = {"ok": "", "degraded": "warn", "down": "warn"}
    told = [(f"{states[state]} {state}", tones[state]) for state in tones if states[state] or state == "ok"]
    pieces = [piece for one in told for piece in (one, (", ", ""))][:-1]
    state = health_words.system_state(known.pulse.health)
    return Kpi("Health", state.capitalize(), context=tuple(pieces), about="Down: no collector, nothing storable, or "
               "every venue down; degraded: anything not ok")  # fmt: skip


def _uptime(up: Uptime | None) -> Kpi:
    label, about = (
        "Uptime 24 h, from beats",
        "Time in which a collector ran, from heartbeats; before the first: unknown",
    )
    share = None if up is None else up.percent["24h"]
    if up is None or share is None:
        return Kpi(label, None, missing="heartbeats are counted" if up is None else "no heartbeat yet", about=about)
    available, well = up.available["24h"], up.ok["24h"]
    told = (
        "not judged" if available is None or well is None else f"of it {percent_down(available - well)}{NBSP}% degraded"
    )
    return Kpi(label, percent_down(share), "%", ((told, ""),), about=about)


def _events(known: Known) -> Kpi:
    rate, lag = known.heard.events_s(), known.heard.lag()
    if not math.isfinite(rate):
        return Kpi("Events", None, missing="first heartbeat awaited")
    late: Context = (("p95 lag ", ""), (f"{lag.p95:,.0f}{NBSP}ms", "l")) if math.isfinite(lag.p95) else ()
    about = "Items heard, mean of 10 s; lag: receive minus venue time, of a minute's heartbeats"
    return Kpi(
        "Events",
        count(rate),
        "/s",
        late,
        spark=tuple(known.heard.spark) if len(known.heard.spark) >= _POINTS else (),
        about=about,
    )


def _queue(pulse: Pulse | None) -> Kpi:
    if pulse is None:
        return Kpi("Write queue", None, missing="first heartbeat awaited")
    told: Context = ((f"{count(pulse.queue)} items wait", ""),)
    if pulse.spill_bytes:
        told += ((f", {_bytes(pulse.spill_bytes)} in a file beside", "warn"),)
    return Kpi(
        "Write queue", f"{100 * pulse.queue_share:.1f}", "%", told, about="How full the queue before the writer is"
    )


def _store(sizes: Sizes | None) -> Kpi:
    if sizes is None:
        return Kpi("Store", None, missing="being read")
    value, unit = _bytes(sizes.db).split(NBSP)
    if sizes.age < _GROWN_NS:
        grows = "growth is told after an hour"
    else:
        grows = f"+{_bytes(int(sizes.db * NS_DAY / sizes.age))} a day"
    about = f"The database file; growth: its size over its age of {age(sizes.age / NS_S)}"
    return Kpi("Store", value, unit, ((f"WAL {_bytes(sizes.wal)}, {grows}", ""),), about=about)


def _gaps(holes: Sequence[Hole] | None, window: str) -> Kpi:
    label = f"Gaps {window[:-1]} {window[-1]}"
    if holes is None:
        return Kpi(label, None, missing="being read")
    missed = lost(holes)
    minutes = length(missed) / NS_S / 60
    long = f"{minutes:,.0f} min" if minutes >= 2 or not missed else age(length(missed) / NS_S)
    told: Context = ((f"{count(len(missed))} not backfilled", "warn"), (f", {long}", "")) if missed else (
        ("all backfilled" if holes else "nothing was missed", ""),
    )  # fmt: skip
    return Kpi(label, count(len(holes)), "", told, about="Periods without data; alike at several instruments is one")


def _lost(heard: Throughput) -> Kpi:
    if not heard.accounts:
        return Kpi("Dropped", None, missing="first accounts awaited")
    dropped, duplicate, bad = (heard.summed(name) for name in ("dropped", "duplicate", "quarantined"))
    told: Context = ((f"{count(duplicate)} dup, ", ""), (f"{count(bad)} quarantined", "warn" if bad else ""))
    return Kpi(
        "Dropped", count(dropped), "items", told, about="Items of this run that were lost; heard twice; not believed"
    )


def percent_down(share: float) -> str:
    """Percent that never rounds up to what is not so: 99.997 is not 100.

    >>> percent_down(100.0), percent_down(99.997), percent_down(0.004), percent_down(99.31)
    ('100', '99.99', '0.00', '99.31')
    """
    return "100" if share >= 100.0 else f"{math.floor(share * 100.0 + 1e-9) / 100.0:.2f}"


def _bytes(n: int) -> str:
    """Bytes in three digits.

    >>> _bytes(6_820_000_000) == f"6.82{NBSP}GB", _bytes(41_234_567) == f"41.2{NBSP}MB", _bytes(0) == f"0{NBSP}B"
    (True, True, True)
    """
    size, unit = float(n), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000.0, larger
    return f"{size:.{0 if unit == 'B' or size >= 99.95 else 1 if size >= 9.995 else 2}f}{NBSP}{unit}"
