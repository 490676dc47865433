"""Is the collector there, are its streams well, how much of the time was it up: judged from what is stored.

Nothing is asked of a process (a pid proves nothing): a collector that runs writes a beat a second.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.clock import iso
from fbkit.errors import FbkitError
from fbkit.health import HEARTBEAT_NS, WINDOWS, uptime
from fbkit.health.judge import judge_system
from fbkit.model.market import Market, Span
from fbkit.model.rows import HealthRow
from fbkit.model.timeframe import NS_DAY, NS_MIN
from fbkit.store import Store


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
    # A run that ended well says so in its last beat; one that was killed falls silent.
    running = beat is not None and not beat.last and abs(now - beat.ts_recv) < 2 * HEARTBEAT_NS
    end = None if beat is None else now if running or store.market is Market.LIVE else beat.ts_recv
    # The row of the whole ("*") says again what the others say; it is judged anew, from those and the beat.
    streams = tuple(row for row in store.latest_health() if row.venue or row.channel != "*")
    reasons = [_stopped(store, None if beat is None else beat.ts_recv)] if not running else []
    reasons += [Reason(_where(row), row.state, row.reason, row.sentence) for row in streams if row.state != "ok"]
    state = judge_system(streams).state if running else "down"
    return Backend(state, running, tuple(reasons), _shares(store, end), end, streams)


def unreachable(error: FbkitError) -> Backend:
    """The backend when its database cannot be read."""
    reason = Reason("database", "down", "unreachable", str(error))
    return Backend("down", running=False, reasons=(reason,), uptime=dict.fromkeys(WINDOWS), as_of=None)


def _shares(store: Store, end: int | None) -> dict[str, float | None]:
    if end is None:
        return dict.fromkeys(WINDOWS)
    beats = heartbeats(store, end - max(WINDOWS.values()), end)
    first = first_heartbeat(store)
    return {name: share_up(beats, end - length, end, first) for name, length in WINDOWS.items()}


def heartbeats(store: Store, since: int, until: int) -> NDArray[np.int64]:
    """Instants (UTC ns of ``ts_recv``) of the heartbeats that can cover ``[since, until)``."""
    found = []
    # A day at a time: a week of beats at once would be half a gigabyte on the way. They lie by the venue's clock:
    # a minute more at both ends, then cut by ours.
    for day in range(since - NS_MIN, until + NS_MIN, NS_DAY):
        beats = store.read("beat", None, Span(day, min(day + NS_DAY, until + NS_MIN)))
        found.append(beats["ts_recv"][beats["n"] % 10 == 0])
    ts = np.sort(np.concatenate(found))
    return ts[(ts >= since - 2 * HEARTBEAT_NS) & (ts < until)]


def first_heartbeat(store: Store) -> int | None:
    """The database's first heartbeat ever, UTC ns: what lies before it is unknown."""
    runs = store.runs()
    if not runs:
        return None
    began = min(run.ts_start for run in runs)
    found = heartbeats(store, began, began + 10 * NS_MIN)
    return int(found[0]) if len(found) else None


def share_up(beats: NDArray[np.int64], since: int, until: int, first: int | None) -> float | None:
    """The share of ``[since, until)`` covered by heartbeats, in [0, 1]; ``None`` when all of it is unknown."""
    percent = uptime(beats.tolist(), since, until, first=first)
    return None if percent is None else percent / 100


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
    return f"{row.venue or 'fbkit'} {row.channel}"
