"""Is the collector there, are its streams well, how much of the time was it up: judged from what is stored.

Nothing is asked of a process (a pid proves nothing): a collector that runs writes a beat a second.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.errors import FbkitError
from fbkit.health import HEARTBEAT_NS, standing, uptime
from fbkit.health.standing import Standing, stands
from fbkit.model.rows import HealthRow
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
    return _backend(stands(store, now))


def unreachable(error: FbkitError) -> Backend:
    """The backend when its database cannot be read."""
    return _backend(standing.unreachable(error))


def _backend(found: Standing) -> Backend:
    verdict, up = found.whole, found.uptime
    return Backend(
        verdict.state,
        verdict.running,
        tuple(Reason(one.where, one.state, one.code, one.sentence) for one in verdict.reasons),
        {name: None if percent is None else percent / 100 for name, percent in up.percent.items()},
        up.as_of,
        verdict.streams,
    )


def heartbeats(store: Store, since: int, until: int) -> NDArray[np.int64]:
    """Instants (UTC ns of ``ts_recv``) of the heartbeats that can cover ``[since, until)``."""
    return np.array(store.heartbeats(since - 2 * HEARTBEAT_NS, until), np.int64)


def first_heartbeat(store: Store) -> int | None:
    """The database's first heartbeat, UTC ns: what lies before it is unknown."""
    return store.first_heartbeat()


def share_up(beats: NDArray[np.int64], since: int, until: int, first: int | None) -> float | None:
    """The share of ``[since, until)`` covered by heartbeats, in [0, 1]; ``None`` when all of it is unknown."""
    percent = uptime(beats.tolist(), since, until, first=first)
    return None if percent is None else percent / 100
