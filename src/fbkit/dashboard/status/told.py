"""The collector, and what became of all it heard, in the words of the Status tab."""

from __future__ import annotations

from fbkit.clock import iso
from fbkit.dashboard.status.process import Process, process_told
from fbkit.dashboard.status.throughput import Throughput
from fbkit.hub import Hello, Pulse
from fbkit.widgets.format import age, count

#: What becomes of an item, in the order in which it adds up to all that was heard.
_FATES = ("stored", "conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight")

#: Said even where there are none, and those that are bad news.
_ALWAYS, _BAD = frozenset({"stored", "dropped"}), frozenset({"quarantined", "dropped"})


def spaced(window: str) -> str:
    """A window as it is said.

    >>> spaced("24h")
    '24 h'
    """
    return f"{window[:-1]} {window[-1]}"


def stopped(silent_s: float) -> str:
    r"""How long the collector has been silent.

    >>> stopped(4.0)
    'collector stopped 4\xa0s ago'
    """
    return f"collector stopped {age(silent_s)} ago"


def began(hello: Hello, silent_s: float | None) -> str:
    """Which collector it is, since when, and whether it still speaks."""
    since = f"fbkit {hello.version}, since {iso(hello.started)[:19].replace('T', ' ')} UTC"
    return since if silent_s is None else f"{stopped(silent_s)}; {since}"


def facts(process: Process | None, hello: Hello, pulse: Pulse | None, now: int) -> list[tuple[str, str]]:
    """What it takes and how far it is, a line each."""
    told = process_told(process, hello, now)
    if pulse is not None:
        told += [("stored in this run", f"{count(pulse.stored)} events")]
        done = pulse.backfill
        told += [("history", str(done.get("sentence", "is fetched")) if done else "complete")]
    return told


def fates(heard: Throughput, silent_s: float | None) -> list[tuple[str, str, str]]:
    """What became of all that was heard, as a sum: label, number and tone of each part."""
    pieces = [("heard", count(heard.summed("received")), "")]
    for at, name in enumerate(_FATES):
        items = heard.summed(name)
        if items or name in _ALWAYS:
            tone = "warn" if items and name in _BAD else ""
            pieces.append((f"{'+' if at else '='} {name.replace('_', ' ')}", count(items), tone))
    return pieces if silent_s is None else [(stopped(silent_s), "", "warn"), *pieces]
