"""How a database and its collector stand: the one source of everything that shows health.

Who has heard the collector hands its rows over; who has not asks what is stored. Both are judged by the same function.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from fbkit.clock import iso
from fbkit.errors import FbkitError
from fbkit.health.uptime import HEARTBEAT_NS, WINDOWS, Uptime, uptime_windows
from fbkit.health.whole import Reason, Whole, whole
from fbkit.model import Beat, HealthRow, Market

if TYPE_CHECKING:
    from fbkit.store import Store  # pandas and SQLAlchemy: half a second that a server's start need not wait for

_START = {
    Market.RECORDED: "the recording ends there; read another one with `fbkit collect --recording FILE`",
    Market.SIMULATED: "start one with `fbkit up`",
    Market.LIVE: "start one with `fbkit up --venues binance`",
}


class Standing(msgspec.Struct, frozen=True):
    """The verdict, and how much of the time there was one: :class:`Whole` and :class:`Uptime`."""

    whole: Whole
    uptime: Uptime


def stands(store: Store, now: int, *, live: Iterable[HealthRow] | None = None, running: bool | None = None) -> Standing:
    """How it stands at ``now`` (UTC ns).

    Parameters
    ----------
    live : iterable of HealthRow, optional
        What the collector itself said last. Without it the newest heartbeat of the store speaks.
    running : bool, optional
        Whether a collector answers, where that was asked. Without it, one runs while Beats come: a pid proves nothing.
    """
    verdict = judged(store, now, live=live, running=running)
    return Standing(verdict, uptime_of(store, now, running=verdict.running))


def judged(store: Store, now: int, *, live: Iterable[HealthRow] | None = None, running: bool | None = None) -> Whole:
    """The verdict alone: :func:`stands` without counting uptime."""
    beat = store.last_beat()
    if live is not None:
        return whole(live)
    if running is None:
        running = is_beating(beat, now)
    return whole(_newest(store, running=running), "" if running else absence(store.market, beat))


def is_beating(beat: Beat | None, now: int) -> bool:
    """Whether Beats come: a run that ended well says so in its last one, and one that was killed falls silent."""
    return beat is not None and not beat.last and abs(now - beat.ts_recv) < 2 * HEARTBEAT_NS


def absence(market: Market, beat: Beat | None) -> str:
    """That no collector runs, since when, and what to do."""
    if beat is None:
        return "nothing was ever collected here; start with `fbkit up`."
    return f"no collector runs; the last beat is of {iso(beat.ts_recv)}: {_START[market]}."


def unreachable(error: FbkitError) -> Standing:
    """How it stands where the database cannot be read."""
    reason = Reason("", "database", "down", "unreachable", str(error))
    return Standing(Whole("down", running=False, reasons=(reason,)), uptime_windows([], None))


def uptime_of(store: Store, now: int, *, running: bool) -> Uptime:
    """Uptime over 1 h, 24 h and 7 d, up to now while a collector runs or the market is LIVE, else to the last Beat."""
    beat = store.last_beat()
    end = None if beat is None else now if running or store.market is Market.LIVE else beat.ts_recv
    if end is None:
        return uptime_windows([], None)
    since = end - max(WINDOWS.values())
    beats = store.heartbeats(since - 2 * HEARTBEAT_NS, end)
    return uptime_windows(beats, end, first=store.first_heartbeat(), states=store.states(since, end))


def _newest(store: Store, *, running: bool) -> list[HealthRow]:
    """Rows of the newest heartbeat; a collector that has just started has told none, and an earlier one's are old."""
    rows = store.latest_health()
    runs = store.runs() if running else []
    return [row for row in rows if not runs or row.ts >= runs[-1].ts_start]


def told(standing: Standing) -> dict[str, Any]:
    """The same as plain values, with units in the names and instants in UTC: what ``--json`` and HTTP answer.

    >>> facts = told(unreachable(FbkitError("no such file")))
    >>> facts["state"], facts["reasons"][0]["reason"], facts["uptime_percent"]["1h"]
    ('down', 'unreachable', None)
    """
    verdict, up = standing.whole, standing.uptime
    return {
        "state": verdict.state,
        "running": verdict.running,
        "reasons": [_plain(one) for one in verdict.reasons],
        "notes": [_plain(one) for one in verdict.notes],
        "venues": dict(verdict.venues),
        "as_of": None if verdict.judged is None else iso(verdict.judged, millis=True),
        "uptime_percent": dict(up.percent),
        "available_percent": dict(up.available),
        "ok_percent": dict(up.ok),
        "uptime_as_of": None if up.as_of is None else iso(up.as_of, millis=True),
    }


def _plain(one: Reason) -> dict[str, str]:
    return {
        "venue": one.venue,
        "channel": one.channel,
        "where": one.where,
        "state": one.state,
        "reason": one.code,
        "sentence": one.sentence,
    }
