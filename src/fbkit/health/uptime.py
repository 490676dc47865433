"""How much of the time we were up: from heartbeats alone, never from the age of a process (metrics reference 11)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fbkit.health.streams import DEGRADED, OK
from fbkit.model import NS_DAY, NS_HOUR, NS_S

#: A heartbeat comes this often, and speaks for at most twice as long.
HEARTBEAT_NS = 10 * NS_S

WINDOWS = {"1h": NS_HOUR, "24h": NS_DAY, "7d": 7 * NS_DAY}


#: The state of the whole at an instant (UTC ns), until the next.
States = Sequence[tuple[int, str]]


class Uptime(NamedTuple):
    """Percent by window (``None``: unknown), and the instant (UTC ns) the windows end at.

    ``percent`` is the time in which a collector ran; ``available`` that in which it was ok or degraded, ``ok`` that in
    which all was well. The last two are unknown before anything was judged, and in what was not collected live.
    """

    percent: dict[str, float | None]
    as_of: int | None
    available: dict[str, float | None]
    ok: dict[str, float | None]


def uptime(
    heartbeats: Sequence[int], since: int, until: int, *, first: int | None = None, every: int = HEARTBEAT_NS
) -> float | None:
    """The share of ``[since, until)`` in which heartbeats say we were up, in percent.

    Parameters
    ----------
    heartbeats : sequence of int
        UTC ns; those of the window, and the last one before it, suffice. A machine whose clock was set back has told
        some times twice: they count once.
    since, until : int
        The window, UTC ns.
    first : int, optional
        The database's first heartbeat ever, where ``heartbeats`` does not begin with it. What lies before it is
        unknown and left out of the window.
    every : int
        H: a heartbeat covers ``[t, min(next, t + 2 H))``.

    Returns
    -------
    0 to 100, or ``None`` where the whole window is unknown.

    Examples
    --------
    >>> beats = [s * NS_S for s in (0, 10, 20, 60, 70)]
    >>> uptime(beats, 0, 80 * NS_S)
    75.0
    >>> uptime([], 0, 80 * NS_S) is None
    True
    """
    heartbeats = sorted(heartbeats)
    if first is None:
        first = heartbeats[0] if heartbeats else until
    since = max(since, first)
    if since >= until:
        return None
    covered = sum(end - begin for _, begin, end in _covered(heartbeats, since, until, every))
    return covered / (until - since) * 100.0


def _covered(heartbeats: Sequence[int], since: int, until: int, every: int) -> Iterator[tuple[int, int, int]]:
    """Each heartbeat that covers some of ``[since, until)``, and ``[begin, end)`` of what it covers."""
    # Two heartbeats before the window at most can reach into it: the later of them ends the earlier.
    for i in range(max(0, bisect_left(heartbeats, since) - 1), len(heartbeats)):
        t = int(heartbeats[i])
        if t >= until:
            return
        end = t + 2 * every
        if i + 1 < len(heartbeats):
            end = min(end, int(heartbeats[i + 1]))
        if min(end, until) > max(t, since):
            yield t, max(t, since), min(end, until)


def shares_by_state(
    heartbeats: Sequence[int], states: States, since: int, until: int, *, every: int = HEARTBEAT_NS
) -> dict[str, float] | None:
    """The share of ``[since, until)`` in which heartbeats say we were up, in percent, apart by the state they told.

    ``states`` are the changes (UTC ns, state), in order. What lies before the first of them is unknown and left out of
    the window; ``None`` where all of it is.

    >>> beats = [s * NS_S for s in (0, 10, 20, 60, 70)]
    >>> shares_by_state(beats, [(0, "ok"), (20 * NS_S, "degraded"), (70 * NS_S, "down")], 0, 80 * NS_S)
    {'ok': 25.0, 'degraded': 37.5, 'down': 12.5}
    """
    states = sorted(states)
    since = max(since, states[0][0] if states else until)
    if since >= until:
        return None
    covered: defaultdict[str, int] = defaultdict(int)
    at = 0
    for t, begin, end in _covered(sorted(heartbeats), since, until, every):
        while at + 1 < len(states) and states[at + 1][0] <= t:
            at += 1
        covered[states[at][1]] += end - begin
    return {state: length / (until - since) * 100.0 for state, length in covered.items()}


def uptime_windows(
    heartbeats: Sequence[int],
    as_of: int | None,
    *,
    first: int | None = None,
    every: int = HEARTBEAT_NS,
    states: States = (),
) -> Uptime:
    """:func:`uptime` over 1 h, 24 h and 7 d, ending at ``as_of``; by ``states``, what of it was ok and available.

    That is now while a collector runs or the market is LIVE, else the last Beat; ``None`` before the first.

    >>> uptime_windows([0, 10 * NS_S], 20 * NS_S).percent
    {'1h': 100.0, '24h': 100.0, '7d': 100.0}
    """
    unknown: dict[str, float | None] = dict.fromkeys(WINDOWS)
    if as_of is None:
        return Uptime(unknown, None, dict(unknown), dict(unknown))
    percent, available, well = dict(unknown), dict(unknown), dict(unknown)
    for name, length in WINDOWS.items():
        percent[name] = uptime(heartbeats, as_of - length, as_of, first=first, every=every)
        shares = shares_by_state(heartbeats, states, as_of - length, as_of, every=every)
        if shares is not None:
            well[name] = shares.get(OK, 0.0)
            available[name] = shares.get(OK, 0.0) + shares.get(DEGRADED, 0.0)
    return Uptime(percent, as_of, available, well)
