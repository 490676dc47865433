"""The collector as a process of this machine: how much of it it takes."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from fbkit.hub import Hello
from fbkit.model import NS_S
from fbkit.widgets.format import age

#: A process that began this much after the collector said it started is another one with its number.
_SLACK_S = 5.0


class Process(NamedTuple):
    """Share of one core since the look before (``None``: first look), resident bytes, sockets (``None``: unseen)."""

    core: float | None
    rss: int
    sockets: int | None
    #: When it was looked at (monotonic s), and the processor seconds it had taken by then.
    seen: tuple[float, float]


def look(hello: Hello, before: Process | None) -> Process | None:
    """A look at the collector; ``None`` where it does not run on this machine, or its process cannot be seen.

    >>> look(Hello(1, "LIVE", None, "", "", 2**22 + 7, 0), None) is None
    True
    """
    import psutil

    try:
        process = psutil.Process(hello.pid)
        if process.create_time() > hello.started / NS_S + _SLACK_S:
            return None
        with process.oneshot():
            times, rss = process.cpu_times(), process.memory_info().rss
        seen = time.monotonic(), times.user + times.system
        core = None if before is None else (seen[1] - before.seen[1]) / max(1e-3, seen[0] - before.seen[0])
        return Process(core, rss, _sockets(process), seen)
    except psutil.Error:
        return None


def _sockets(process: Any) -> int | None:
    import psutil

    try:
        return int(sum(one.status == psutil.CONN_ESTABLISHED for one in process.net_connections("tcp")))
    except psutil.Error:
        return None


def process_told(seen: Process | None, hello: Hello | None, now: int) -> list[tuple[str, str]]:
    """What is known of it, a line each.

    >>> process_told(None, None, 0)
    []
    """
    if hello is None:
        return []
    told = [("up", f"{age((now - hello.started) / NS_S)}, process {hello.pid}, writer epoch {hello.epoch}")]
    if seen is None:
        return [*told, ("processor and memory", "not seen from here: it runs elsewhere, or another user's")]
    core = "known in a moment" if seen.core is None else f"{100 * seen.core:.0f} % of one core"
    told += [("processor", core), ("memory", f"{seen.rss / 1e6:,.0f} MB")]
    return told if seen.sockets is None else [*told, ("sockets", f"{seen.sockets} open, viewers counted in")]
