"""The collector, and what earlier ones left: runtime files, spill files, damaged databases set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from fbkit.cli.doctor.finding import Finding

GROUP = "collector"


class Running(NamedTuple):
    """What the collector of this database answered, and its health as the store has it."""

    pid: int
    since: str
    state: str
    reasons: Sequence[str] = ()


class Remains(NamedTuple):
    """What lies about. ``runtime`` are files whose process is gone, ``spill`` (file, bytes)."""

    runtime: Sequence[PurePath] = ()
    spill: Sequence[tuple[PurePath, int]] = ()
    corrupt: Sequence[PurePath] = ()
    lock_holder: str = ""


def collector(running: Running | None) -> Iterator[Finding]:
    """Whether one runs, and how it is."""
    if running is None:
        yield Finding(GROUP, "ok", "no collector runs for this database", "`fbkit up` or `fbkit collect` starts one")
        return
    said = f"a collector runs as pid {running.pid} since {running.since} UTC and is {running.state}"
    if running.state == "ok":
        yield Finding(GROUP, "ok", said)
    else:
        why = "; ".join(running.reasons[:3]) or "it has just started"
        yield Finding(GROUP, "warning", f"{said}: {why}", "`fbkit health` has all reasons")


def remains(left: Remains, *, runs: bool) -> Iterator[Finding]:
    """What is to be done about each."""
    for path in left.runtime:
        yield Finding(GROUP, "warning", f"{path} is of a collector that is gone", "delete it, or start a collector")
    if left.spill and not runs:
        size = sum(size for _, size in left.spill)
        sentence = (
            f"{len(left.spill)} spill files ({size / 1e6:,.1f} MB) hold events that an earlier run could not store"
        )
        yield Finding(GROUP, "warning", sentence, "start a collector: it stores them first")
    for path in left.corrupt:
        then = f"`sqlite3 {path} .recover` reads what is left; delete it when you have what you want"
        yield Finding(GROUP, "warning", f"a damaged database was set aside as {path}", then)
    if left.lock_holder and not runs:
        sentence = f"the database is locked by {left.lock_holder}, and no collector answers"
        yield Finding(GROUP, "warning", sentence, "wait for it, or end that process")
