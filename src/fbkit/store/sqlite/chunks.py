"""Folding: the tail's older rows become chunks, small chunks become larger ones. Both in bounded transactions.

A kind is folded when that gives every instrument a chunk worth having, or when it has waited for long. A small chunk is
packed as it is, quickly. When chunks of one (kind, instrument) add up to :data:`CLOSED_ROWS` or to a day, they are
merged into columns (:mod:`fbkit.store.sqlite.codec`) and closed. Until then :data:`FAN` of one level make one of the
next, so that no row is moved often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, delete, func, select

from fbkit.model.timeframe import NS_DAY, NS_MIN
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, join, picked
from fbkit.store.sqlite import codec, tail
from fbkit.store.sqlite.packing import (
    join_records,
    pack_records,
    to_records,
    unpack_records,
)
from fbkit.store.sqlite.statements import run
from fbkit.store.sqlite.tables import CHUNKS, TAIL
from fbkit.store.statements import Insert, tuples

#: A kind is worth folding when so many of its rows wait, or its oldest has waited for so long.
WORTH_ROWS = 65_536
WORTH_NS = 10 * NS_MIN
#: A chunk of this many rows, or one that spans a day, is not merged again.
CLOSED_ROWS = 4096
#: The most rows of one chunk.
CHUNK_ROWS = 16_384
#: Chunks of one level that are merged into one of the next.
FAN = 16
CLOSED = -1

#: How a chunk is written, kept beside it: rows as msgpack and columns (schema 0001), packed records, columns that may
#: follow one another. A new way gets a new number, so that no older code misreads it.
ROWS, FIRST_COLUMNS, RECORDS, COLUMNS = 0, 1, 2, 3

_INSERT = Insert(CHUNKS, leave_out=["id"])
_BY_NUMBER = {kind.number: kind for kind in KIND_TABLE.values()}


class Waiting(NamedTuple):
    """Rows of the tail, of one kind, by their keys and in order; ``n`` events."""

    kind: Kind
    rows: list[int]
    n: int


def worth(connection: Connection, before: int, limit: int) -> Waiting | None:
    """Rows of the tail, up to ``limit`` events or one row, that should become chunks now."""
    table = TAIL.c
    by_kind = (
        select(table.kind, func.sum(table.n), func.min(table.recv_max))
        .where(table.recv_max < before)
        .group_by(table.kind)
    )
    for number, n, oldest in tuples(connection, by_kind):
        if n >= WORTH_ROWS or before - oldest >= WORTH_NS:
            return waiting(connection, _BY_NUMBER[number], before, limit)
    return None


def waiting(connection: Connection, kind: Kind, before: int, limit: int) -> Waiting | None:
    """Rows of the tail of one kind, up to ``limit`` events or one row."""
    table = TAIL.c
    facts = select(table.seq_min, table.n).where(table.kind == kind.number, table.recv_max < before)
    taken: list[int] = []
    events = 0
    for seq_min, n in tuples(connection, facts.order_by(table.seq_min)):
        if taken and events + n > limit:
            break
        taken.append(seq_min)
        events += n
    return Waiting(kind, taken, events) if taken else None


def fold(connection: Connection, waiting: Waiting) -> int:
    """Move rows of the tail into chunks, one or more an instrument; returns the events moved."""
    kind = waiting.kind
    arrays = tail.read(connection, kind, waiting.rows)
    # In seq order already: by instrument alone, and stable, makes every instrument's rows rise.
    arrays = picked(arrays, np.argsort(arrays["instrument"], kind="stable"))
    run(connection, _INSERT, _flat(kind, arrays, _cuts(arrays["instrument"])))
    connection.execute(delete(TAIL).where(TAIL.c.seq_min.in_(waiting.rows)))
    return len(arrays["seq"])


def _cuts(instruments: Any) -> list[int]:
    """Where a new chunk begins, and the end."""
    edges = np.flatnonzero(np.diff(instruments)) + 1
    whole = [0, *edges.tolist(), len(instruments)]
    cuts = [at for start, end in pairwise(whole) for at in range(start, end, CHUNK_ROWS)]
    return [*cuts, len(instruments)]


def _flat(kind: Kind, arrays: Arrays, cuts: Sequence[int]) -> list[Any]:
    """Rows of the chunks table, one for each stretch between two cuts."""
    seq, ts = arrays["seq"], arrays["ts_event"]
    starts = cuts[:-1]
    facts = zip(
        arrays["instrument"][starts].tolist(),
        seq[starts].tolist(),
        seq[np.array(cuts[1:]) - 1].tolist(),
        np.minimum.reduceat(ts, starts).tolist(),
        np.maximum.reduceat(ts, starts).tolist(),
        starts,
        cuts[1:],
        strict=True,
    )
    records = to_records(kind, arrays)
    flat: list[Any] = []
    for instrument, seq_min, seq_max, ts_min, ts_max, start, end in facts:
        flat += (kind.number, instrument, seq_min, seq_max, ts_min, ts_max, end - start)
        own = {name: column[start:end] for name, column in arrays.items()}
        if end - start >= CLOSED_ROWS or ts_max - ts_min >= NS_DAY:
            flat += (CLOSED, COLUMNS, codec.encode(own))
        else:
            flat += (0, RECORDS, pack_records(kind, records[start:end], own))
    return flat


class Merge(NamedTuple):
    """Chunks of one (kind, instrument) to be made one: those of ``level``, or all open ones to be closed."""

    kind: int
    instrument: int
    level: int


def merges(connection: Connection) -> Iterator[Merge]:
    """What is worth merging now."""
    table = CHUNKS.c
    levels = tuples(
        connection,
        select(
            table.kind, table.instrument, table.level, func.count(), func.sum(table.n),
            func.min(table.ts_min), func.max(table.ts_max),
        )
        .where(table.level >= 0)
        .group_by(table.kind, table.instrument, table.level),
    )  # fmt: skip  # the columns as they are unpacked below
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


class _Part(NamedTuple):
    """An open chunk as it is read to be merged."""

    id: int
    seq_min: int
    seq_max: int
    ts_min: int
    ts_max: int
    n: int
    codec: int
    data: bytes


# Merges are many and small: SQLAlchemy's care for a statement would cost more than the merge.
_PARTS = (
    "SELECT id, seq_min, seq_max, ts_min, ts_max, n, codec, data FROM chunks WHERE kind = ? AND instrument = ? AND "
)
_OF_LEVEL = _PARTS + "level = ? ORDER BY seq_min"
_OPEN = _PARTS + "level >= 0 AND level > ? ORDER BY seq_min"
_DELETE = "DELETE FROM chunks WHERE id = ?"


def merge(connection: Connection, what: Merge) -> int:
    """Make one chunk of several; returns the rows in it."""
    cursor = connection.connection.cursor()
    cursor.execute(_OPEN if what.level == CLOSED else _OF_LEVEL, what)
    parts = [_Part(*row) for row in cursor.fetchall()]
    if len(parts) < 2 and sum(part.n for part in parts) < CLOSED_ROWS:
        return 0
    flat = _close(what, parts) if what.level == CLOSED else _joined(what, parts)
    run(connection, _INSERT, flat)
    cursor.executemany(_DELETE, [(part.id,) for part in parts])
    return sum(part.n for part in parts)


def _joined(what: Merge, parts: Sequence[_Part]) -> list[Any]:
    """The bytes of open chunks one behind the other; order within does not matter before they are closed."""
    kind = _BY_NUMBER[what.kind]
    bounds = (
        min(part.seq_min for part in parts),
        max(part.seq_max for part in parts),
        min(part.ts_min for part in parts),
        max(part.ts_max for part in parts),
    )
    if all(part.codec == RECORDS for part in parts):
        data = join_records(kind, [part.n for part in parts], [part.data for part in parts])
    else:
        arrays = join(kind, [unpack(kind, part.codec, part.n, part.data) for part in parts])
        data = pack_records(kind, to_records(kind, arrays), arrays)
    n = sum(part.n for part in parts)
    return [what.kind, what.instrument, *bounds, n, what.level + 1, RECORDS, data]


def _close(what: Merge, parts: Sequence[_Part]) -> list[Any]:
    kind = _BY_NUMBER[what.kind]
    arrays = tail.in_order(join(kind, [unpack(kind, part.codec, part.n, part.data) for part in parts]))
    seq, ts = arrays["seq"], arrays["ts_event"]
    flat: list[Any] = []
    for start in range(0, len(seq), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        own = {name: column[rows] for name, column in arrays.items()}
        bounds = (seq[rows][0], seq[rows][-1], ts[rows].min(), ts[rows].max(), len(seq[rows]))
        flat += (what.kind, what.instrument, *map(int, bounds), CLOSED, COLUMNS, codec.encode(own))
    return flat


def unpack(kind: Kind, how: int, n: int, data: bytes) -> Arrays:
    """The columns of a chunk, in ``seq`` order."""
    if how in (COLUMNS, FIRST_COLUMNS):
        return codec.decode(data)
    if how == RECORDS:
        return tail.in_order(unpack_records(kind, n, data))
    rows = codec.decode_rows(data, n)
    rows.sort(key=itemgetter(kind.place_of_seq))
    return kind.arrays(rows)
