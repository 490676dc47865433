"""How much of the time we were up: from heartbeats alone, never from the age of a process (metrics reference 11)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from fbkit.model import NS_DAY, NS_HOUR, NS_S

#: A heartbeat comes this often, and speaks for at most twice as long.
HEARTBEAT_NS = 10 * NS_S

WINDOWS = {"1h": NS_HOUR, "24h": NS_DAY, "7d": 7 * NS_DAY}


class Uptime(NamedTuple):
    """Percent by window (``None``: unknown), and the instant (UTC ns) the windows end at."""

    percent: dict[str, float | None]
    as_of: int | None


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
    # Two heartbeats before the window at most can reach into it: the later of them ends the earlier.
    place = max(0, bisect_left(heartbeats, since) - 1)
    covered = 0
    for i in range(place, len(heartbeats)):
        t = int(heartbeats[i])
        if t >= until:
            break
        end = t + 2 * every
        if i + 1 < len(heartbeats):
            end = min(end, int(heartbeats[i + 1]))
        covered += max(0, min(end, until) - max(t, since))
    return covered / (until - since) * 100.0


def uptime_windows(
    heartbeats: Sequence[int], as_of: int | None, *, first: int | None = None, every: int = HEARTBEAT_NS
) -> Uptime:
    """:func:`uptime` over 1 h, 24 h and 7 d, ending at ``as_of``.

    That is now while a collector runs or the market is LIVE, else the last Beat; ``None`` before the first.

    >>> uptime_windows([0, 10 * NS_S], 20 * NS_S).percent
    {'1h': 100.0, '24h': 100.0, '7d': 100.0}
    """
    if as_of is None:
        return Uptime(dict.fromkeys(WINDOWS), None)
    percent = {
        name: uptime(heartbeats, as_of - length, as_of, first=first, every=every) for name, length in WINDOWS.items()
    }
    return Uptime(percent, as_of)
