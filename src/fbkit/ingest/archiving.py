"""Closed days leave the database for Parquet files, file by file; whoever writes meanwhile waits for one short step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from fbkit.clock import iso
from fbkit.model import NS_DAY, floor_to
from fbkit.store import Writer
from fbkit.store.archive import duck, moving
from fbkit.store.archive.moving import Day
from fbkit.store.kinds import get_kind

T = TypeVar("T")


class Do(Protocol):
    """Does a short piece of work with the writer, in turn with whoever else writes."""

    def __call__(self, work: Callable[[Writer], T], /) -> T:
        """Do it and return what it returns: ``WriterThread.ask(work).result()``."""
        ...


#: Events that came after their day was archived stay in the database, until they are worth a file.
_LATE_EVENTS = 10_000

#: Free bytes given back at a stretch.
_SHRINK = 16 * 2**20


class ArchivedDay(msgspec.Struct):
    """A day of one kind: how many events it has below the newest checkpoint, about or (once moved) exactly."""

    kind: str
    day: str
    events: int
    files: int = 0
    bytes: int = 0


class Archived(msgspec.Struct):
    """What was moved, or would be: each day and kind, and in sum."""

    before: str
    dry_run: bool
    days: list[ArchivedDay] = []
    events: int = 0
    files: int = 0
    bytes: int = 0
    sentence: str = ""


def alone(writer: Writer) -> Do:
    """How work is done where nobody else writes."""
    return lambda work: work(writer)


def archive(
    writer: Writer,
    *,
    before: int,
    do: Do | None = None,
    dry_run: bool = False,
    told: Callable[[float, str], None] = lambda _done, _sentence: None,
    fault: moving.Fault = lambda _step: None,
) -> Archived:
    """Move every UTC day that ended by ``before`` (UTC ns) into Parquet files. Blocks; call it from a thread.

    ``do`` is how the writer is asked (``lambda work: thread.ask(work).result()``); everything else reads. ``told``
    hears how many days are done, and of which. What lies above the newest checkpoint stays. May be killed at any
    moment and called again.
    """
    done = Archived(iso(floor_to(before, NS_DAY)), dry_run)
    settled = writer.tiers.settled
    days = _days(writer, floor_to(before, NS_DAY))
    if not dry_run and days:
        duck.library("fbkit archive")
        moving.claim(writer.tiers.folder, writer.id)
    for number, (day, about) in enumerate(days):
        one = ArchivedDay(day.kind.name, iso(day.start)[:10], about)
        told(number, f"{one.kind} of {one.day}")
        if not dry_run:
            one = _move(writer, do or alone(writer), day, about, settled, fault)
        if one.events:
            done.days.append(one)
    while done.days and not dry_run and (do or alone(writer))(partial(Writer.shrink, limit=_SHRINK)):
        pass
    done.events = sum(one.events for one in done.days)
    done.files = sum(one.files for one in done.days)
    done.bytes = sum(one.bytes for one in done.days)
    done.sentence = _sentence(done, settled)
    return done


def _sentence(done: Archived, settled: int) -> str:
    if not settled:
        return "nothing may be archived before the first checkpoint: a collector writes one each hour and when it stops"
    if not done.days:
        return f"no day before {done.before[:10]} is left to archive"
    if done.dry_run:
        return f"about {done.events:,} events of {len({one.day for one in done.days})} days would be moved"
    return (
        f"{done.events:,} events moved into {done.files} files of {done.bytes / 1e6:,.1f} MB, each read again and equal"
    )


def _days(writer: Writer, before: int) -> list[tuple[Day, int]]:
    """What may be worth moving, oldest first, with about how many events."""
    found: dict[tuple[int, str], int] = {}
    names = {kind.name for kind in moving.KINDS}
    for held in writer.tiers.held():
        if held.kind in names:
            last = floor_to(held.hour, NS_DAY)
            first = last if held.first is None else floor_to(held.first, NS_DAY)
            # What it holds may lie in any of its days; it counts in the last.
            for start in range(first, min(last + NS_DAY, before), NS_DAY):
                weight = held.n if start == last else 0
                found[start, held.kind] = found.get((start, held.kind), 0) + weight
    numbers = dict.fromkeys(found, 0)
    for part in writer.tiers.parts():
        key = (part.day, _name(part.kind))
        numbers[key] = max(numbers.get(key, 0), part.part)
    return [(Day(get_kind(kind), start, numbers[start, kind]), n) for (start, kind), n in sorted(found.items())]


def _name(number: int) -> str:
    return next(kind.name for kind in moving.KINDS if kind.number == number)


def _move(
    writer: Writer,
    do: Do,
    day: Day,
    about: int,
    settled: int,
    fault: moving.Fault,
) -> ArchivedDay:
    done = ArchivedDay(day.kind.name, iso(day.start)[:10], 0)
    number = day.parts
    for arrays in moving.pieces(writer.tiers.hot, day, settled, about):
        if day.parts and len(arrays["seq"]) < _LATE_EVENTS:
            continue
        number += 1
        part = moving.write(writer.tiers.folder, day, number, arrays, writer.tiers.names(), fault)
        do(partial(Writer.archive, part=part))
        fault("noted")
        done.events, done.files, done.bytes = done.events + part.n, done.files + 1, done.bytes + part.bytes
    return done
