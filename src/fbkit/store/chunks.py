"""Folding: the tail's older rows become chunks, small chunks become larger ones. Both in bounded transactions.

A minute of a thin instrument is a handful of rows; those are packed as they are, quickly. When chunks of one (kind,
instrument) add up to :data:`CLOSED_ROWS` or to a day, they are merged into columns (:mod:`fbkit.store.codec`) and
closed. Until then :data:`FAN` of one level make one of the next, so that no row is moved often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, select

from fbkit.model.timeframe import NS_DAY
from fbkit.store import codec
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.schema import CHUNKS, TAILS
from fbkit.store.statements import Insert

#: A chunk of this many rows, or one that spans a day, is not merged again.
CLOSED_ROWS = 4096
#: The most rows one fold puts into one chunk, and the most one transaction moves.
CHUNK_ROWS = 16_384
FOLD_ROWS = 16_384
#: Chunks of one level that are merged into one of the next.
FAN = 16
CLOSED = -1

_INSERT = Insert(CHUNKS, leave_out=["id"])
_BY_NUMBER = {kind.number: kind for kind in KIND_TABLE.values()}


class Merge(NamedTuple):
    """Chunks of one (kind, instrument) to be made one: those of ``level``, or all open ones to be closed."""

    kind: int
    instrument: int
    level: int


def fold(connection: Connection, kind: Kind, before: int, limit: int = FOLD_ROWS) -> int:
    """Move up to ``limit`` of the tail's rows with ``ts_recv < before`` (UTC ns) into chunks, lowest ``seq`` first."""
    tail = TAILS[kind.name]
    rows = connection.execute(select(tail).where(tail.c.ts_recv < before).order_by(tail.c.seq).limit(limit)).fetchall()
    if not rows:
        return 0
    place = kind.names.index("seq")
    apart: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        apart[row[0]].append(row)
    flat: list[Any] = []
    for instrument, own in apart.items():
        for start in range(0, len(own), CHUNK_ROWS):
            flat += _chunk(kind, instrument, [tuple(row) for row in own[start : start + CHUNK_ROWS]], 0)
    _INSERT.run(connection, flat)
    connection.execute(delete(tail).where(tail.c.ts_recv < before, tail.c.seq <= rows[-1][place]))
    return len(rows)


def _chunk(kind: Kind, instrument: int, rows: Sequence[Sequence[Any]], level: int) -> tuple[Any, ...]:
    """One row of the chunks table out of rows in ``seq`` order."""
    place = kind.names.index("seq")
    times = [row[1] for row in rows]
    first, last = min(times), max(times)
    closed = len(rows) >= CLOSED_ROWS or last - first >= NS_DAY
    how, data = (codec.COLUMNS, codec.encode(kind.arrays(rows))) if closed else (codec.ROWS, codec.encode_rows(rows))
    level = CLOSED if closed else level
    return (kind.number, instrument, rows[0][place], rows[-1][place], first, last, len(rows), level, how, data)


def merges(connection: Connection) -> Iterator[Merge]:
    """What is worth merging now."""
    table = CHUNKS.c
    levels = connection.execute(
        select(
            table.kind, table.instrument, table.level, func.count(), func.sum(table.n),
            func.min(table.ts_min), func.max(table.ts_max),
        )
        .where(table.level >= 0)
        .group_by(table.kind, table.instrument, table.level)
    ).fetchall()  # fmt: skip  # the columns as they are unpacked below
    series: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in levels:
        series[row[0], row[1]].append(row)
    for (kind, instrument), open_levels in series.items():
        n = sum(row[4] for row in open_levels)
        days = max(row[6] for row in open_levels) - min(row[5] for row in open_levels) >= NS_DAY
        chunks = sum(row[3] for row in open_levels)
        if n >= CLOSED_ROWS or (days and chunks > 1):
            yield Merge(kind, instrument, CLOSED)
            continue
        yield from (Merge(kind, instrument, row[2]) for row in open_levels if row[3] >= FAN)


def merge(connection: Connection, what: Merge) -> int:
    """Make one chunk of several; returns the rows in it."""
    kind = _BY_NUMBER[what.kind]
    mine = (CHUNKS.c.kind == what.kind) & (CHUNKS.c.instrument == what.instrument)
    mine &= CHUNKS.c.level >= 0 if what.level == CLOSED else CHUNKS.c.level == what.level
    parts = connection.execute(select(CHUNKS.c.id, CHUNKS.c.data).where(mine).order_by(CHUNKS.c.seq_min)).fetchall()
    place = kind.names.index("seq")
    rows = [row for part in parts for row in codec.decode_rows(part.data)]
    rows.sort(key=lambda row: row[place])
    for start in range(0, len(rows), CHUNK_ROWS):
        _INSERT.run(connection, list(_chunk(kind, what.instrument, rows[start : start + CHUNK_ROWS], what.level + 1)))
    connection.execute(delete(CHUNKS).where(CHUNKS.c.id.in_([part.id for part in parts])))
    return len(rows)


def unpack(kind: Kind, how: int, data: bytes) -> dict[str, NDArray[Any]]:
    """The columns of a chunk, in ``seq`` order."""
    return codec.decode(data) if how == codec.COLUMNS else kind.arrays(codec.decode_rows(data))


def join(kind: Kind, parts: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Columns of several parts, one behind the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return kind.arrays(())
    return {name: np.concatenate([part[name] for part in parts]) for name in kind.names}
