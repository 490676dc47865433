"""Is the collector there, are its streams well, how much of the time was it up: judged from what is stored.

Nothing is asked of a process (a pid proves nothing): a collector that runs writes a beat a second.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.clock import iso
from fbkit.errors import FbkitError
from fbkit.model.market import Market, Span
from fbkit.model.rows import HealthRow
from fbkit.model.timeframe import NS_DAY, NS_HOUR, NS_S
from fbkit.store.reader import Store

WINDOWS = {"1h": NS_HOUR, "24h": NS_DAY, "7d": 7 * NS_DAY}

HEARTBEAT_NS = 10 * NS_S


def uptime(heartbeats: Sequence[int], since: int, until: int) -> float:
    covered = 0
    for place, ts in enumerate(heartbeats):
        end = min(heartbeats[place + 1] if place + 1 < len(heartbeats) else until, ts + 2 * HEARTBEAT_NS, until)
        covered += max(0, end - max(ts, since))
    return covered / (until - since)


_CRITICAL = frozenset({"trade", "quote", "mark"})
_RANK = {"ok": 0, "degraded": 1, "down": 2}


class Reason(msgspec.Struct, frozen=True):
    """Why something is not ok: where (``venue channel``), state, code, and the sentence a person reads."""

    where: str
    state: str
    code: str
    sentence: str


class Backend(msgspec.Struct, frozen=True):
    """The state of the collector and its streams.

    ``uptime`` is a share in [0, 1] by window, ``None`` where no heartbeat was ever heard. ``as_of`` (UTC ns) is where
    the windows end: now while a collector runs or the market is LIVE, else the last beat; ``None`` before the first.
    """

    state: str
    running: bool
    reasons: tuple[Reason, ...]
    uptime: dict[str, float | None]
    as_of: int | None
    streams: tuple[HealthRow, ...] = ()


def judge(store: Store, now: int) -> Backend:
    """The backend as ``store`` tells it at the instant ``now`` (UTC ns)."""
    beat = store.last_beat()
    running = beat is not None and abs(now - beat.ts_recv) < 2 * HEARTBEAT_NS
    end = None if beat is None else now if running or store.market is Market.LIVE else beat.ts_recv
    streams = tuple(store.latest_health())
    reasons = [_stopped(store, None if beat is None else beat.ts_recv)] if not running else []
    reasons += [Reason(_where(row), row.state, row.reason, row.sentence) for row in streams if row.state != "ok"]
    shares = {name: share_up(store, end - length, end) if end else None for name, length in WINDOWS.items()}
    return Backend(system_state(streams, running=running), running, tuple(reasons), shares, end, streams)


def unreachable(error: FbkitError) -> Backend:
    """The backend when its database cannot be read."""
    reason = Reason("database", "down", "unreachable", str(error))
    return Backend("down", running=False, reasons=(reason,), uptime=dict.fromkeys(WINDOWS), as_of=None)


def system_state(streams: Sequence[HealthRow], *, running: bool) -> str:
    """The state of the whole (metrics reference 11): down without a collector or when every venue is down.

    >>> row = HealthRow(0, "binance", "ratio", "down", "stale", "…")
    >>> system_state([row], running=True), system_state([row], running=False)
    ('degraded', 'down')
    """
    if not running:
        return "down"
    venues: dict[str, list[str]] = {}
    for row in streams:
        if not row.venue and row.state == "down":  # the store or the collector itself
            return "down"
        if row.venue and row.channel in _CRITICAL:
            venues.setdefault(row.venue, []).append(row.state)
    worst = [max(states, key=_RANK.__getitem__) for states in venues.values()]
    if worst and all(state == "down" for state in worst):
        return "down"
    return "degraded" if any(row.state != "ok" for row in streams) else "ok"


def heartbeats(store: Store, since: int, until: int) -> NDArray[np.int64]:
    """Instants (UTC ns of ``ts_recv``) of the heartbeats that can cover ``[since, until)``."""
    found = store.read("beat", None, Span(since - 6 * HEARTBEAT_NS, until + 6 * HEARTBEAT_NS))
    ts = found["ts_recv"][found["n"] % 10 == 0]
    return np.sort(ts[(ts >= since - 2 * HEARTBEAT_NS) & (ts < until)])


def share_up(store: Store, since: int, until: int) -> float | None:
    """The share of ``[since, until)`` covered by heartbeats; ``None`` when there was never one.

    Before the database's first run it is not known, so that time is left out of the window.
    """
    runs = store.runs()
    found = heartbeats(store, since, until)
    first = min((run.ts_start for run in runs), default=int(found[0]) if len(found) else until)
    since = max(since, first)
    return uptime(found.tolist(), since, until) if since < until else None


def _stopped(store: Store, last: int | None) -> Reason:
    if last is None:
        return Reason("collector", "down", "no_collector", "Nothing was ever collected here; start with `fbkit up`.")
    then = {
        Market.RECORDED: "the recording ends there; another one is read with `fbkit collect --recording FILE`",
        Market.SIMULATED: "start one with `fbkit up`",
        Market.LIVE: "start one with `fbkit up --venues binance`",
    }[store.market]
    return Reason("collector", "down", "no_collector", f"No collector runs; the last beat is of {iso(last)}: {then}.")


def _where(row: HealthRow) -> str:
    return f"{row.venue} {row.channel}".strip()
