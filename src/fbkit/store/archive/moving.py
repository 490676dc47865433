"""Moving a closed day out of the database: read, written apart, read again and compared, put in place, noted.

A file lies under its name before the database speaks of it, and events leave the database in the transaction that
notes their file. Whatever is killed in between leaves a file that nobody reads, which the next run writes over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from fbkit.errors import StoreError
from fbkit.model.market import Span
from fbkit.model.timeframe import NS_DAY, NS_HOUR
from fbkit.store.archive import parquet
from fbkit.store.archive.parts import Part, same_file
from fbkit.store.kinds import Kind, get_kind
from fbkit.store.log import Arrays, join, picked

#: What days are made of. Beats, gaps, settings, listings and the venues' bars are few, and asked for at every start.
KINDS = tuple(
    get_kind(name) for name in ("trade", "quote", "mark", "funding", "open_interest", "liquidation", "ratio", "day")
)

#: Events of one file, and so of one transaction.
PART_EVENTS = 262_144

#: Called between the steps, with the name of the one that was done; tests end the process there.
Fault = Callable[[str], None]

#: What a database holds itself of a kind and span, sorted by (``ts_event``, ``seq``).
Hot = Callable[[Kind, Span], Arrays]


class Day(NamedTuple):
    """A UTC day (its start in ns) of one kind, and how often it was archived before."""

    kind: Kind
    start: int
    parts: int = 0


def pieces(hot: Hot, day: Day, upto_seq: int, about: int) -> Iterator[Arrays]:
    """The events of a day up to a ``seq``, in pieces of :data:`PART_EVENTS` that follow one another in time.

    ``about``: how many events there may be, which decides how much is read at once.
    """
    step = max(NS_HOUR // 60, NS_DAY * PART_EVENTS // max(PART_EVENTS, about))
    held: list[Arrays] = []
    for at in range(day.start, day.start + NS_DAY, step):
        found = hot(day.kind, Span(at, min(at + step, day.start + NS_DAY)))
        held.append(picked(found, found["seq"] <= upto_seq))
        while sum(len(arrays["seq"]) for arrays in held) > PART_EVENTS:
            # Cut between two instants: a file is known by its span.
            whole = join(day.kind, held)
            ts = whole["ts_event"]
            end = int(np.searchsorted(ts, ts[PART_EVENTS])) or int(np.searchsorted(ts, ts[0], side="right"))
            yield {name: array[:end] for name, array in whole.items()}
            held = [{name: array[end:] for name, array in whole.items()}]
    rest = join(day.kind, held)
    if len(rest["seq"]):
        yield rest


def write(folder: Path, day: Day, number: int, arrays: Arrays, names: Mapping[int, str], fault: Fault) -> Part:
    """Write one file, look at it again, and put it in its place."""
    arrays = parquet.by_instrument(arrays)
    seq, ts = arrays["seq"], arrays["ts_event"]
    bounds = (int(seq.min()), int(seq.max()), int(ts.min()), int(ts.max()))
    part = Part(day.kind.number, day.start, number, len(seq), *bounds, 0, "", 0)
    final = folder / part.file
    final.parent.mkdir(parents=True, exist_ok=True)
    apart = final.with_name(f".{final.name}.part")
    apart.unlink(missing_ok=True)
    written = parquet.write(apart, day.kind, arrays, names)
    fault("written")
    if not parquet.same_bits(parquet.read([apart], day.kind), arrays) or not same_file(apart, written):
        raise StoreError(str(apart), "does not hold what was written", "nothing was removed; look at the disk")
    fault("verified")
    apart.replace(final)
    _sync(final.parent)
    fault("placed")
    return msgspec.structs.replace(part, bytes=written.bytes, sha256=written.sha256)


def claim(folder: Path, database_id: str) -> None:
    """Say whose archive a folder is, so that a new database of an old name writes over nothing of the old one's."""
    mark = folder / "database"
    folder.mkdir(parents=True, exist_ok=True)
    if not mark.is_file():
        mark.write_text(database_id + "\n", "utf-8")
    if mark.read_text("utf-8").strip() != database_id:
        raise StoreError(
            str(folder), "is the archive of another database", "move it away with the database it belongs to"
        )


def _sync(folder: Path) -> None:
    """See a new name on the disk; Windows has no such thing to ask for."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
