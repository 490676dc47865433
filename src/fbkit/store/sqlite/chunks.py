"""Folding: the tail's older rows become chunks, small chunks become larger ones. Both in bounded transactions.

A minute of a thin instrument is a handful of rows; those are packed as they are, quickly. When chunks of one (kind,
instrument) add up to :data:`CLOSED_ROWS` or to a day, they are merged into columns (:mod:`fbkit.store.sqlite.codec`)
and closed. Until then :data:`FAN` of one level make one of the next, so that no row is moved often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select

from fbkit.model.timeframe import NS_DAY
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays
from fbkit.store.sqlite import codec
from fbkit.store.sqlite.statements import run
from fbkit.store.sqlite.tables import CHUNKS, TAILS
from fbkit.store.statements import Insert, tuples

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


def fold(connection: Connection, kind: Kind, before: int, limit: int) -> int:
    """Move up to ``limit`` of the tail's rows with ``ts_recv < before`` (UTC ns) into chunks, lowest ``seq`` first."""
    tail = TAILS[kind.name]
    place = kind.place_of_seq
    rows = tuples(connection, select(tail).where(tail.c.ts_recv < before).order_by(tail.c.seq).limit(limit))
    if not rows:
        return 0
    apart: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        apart[row[0]].append(row)
    flat: list[Any] = []
    for instrument, own in apart.items():
        for start in range(0, len(own), CHUNK_ROWS):
            flat += _chunk(kind, instrument, own[start : start + CHUNK_ROWS])
    run(connection, _INSERT, flat)
    connection.execute(delete(tail).where(tail.c.ts_recv < before, tail.c.seq <= rows[-1][place]))
    return len(rows)


def _chunk(kind: Kind, instrument: int, rows: Sequence[Sequence[Any]], *, close: bool = False) -> tuple[Any, ...]:
    """One row of the chunks table out of rows in ``seq`` order."""
    place = kind.place_of_seq
    times = [row[1] for row in rows]
    first, last = min(times), max(times)
    facts = (kind.number, instrument, rows[0][place], rows[-1][place], first, last, len(rows))
    if close or len(rows) >= CLOSED_ROWS or last - first >= NS_DAY:
        return (*facts, CLOSED, codec.COLUMNS, codec.encode(kind.arrays(rows)))
    return (*facts, 0, codec.ROWS, codec.encode_rows(rows))


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
    table = CHUNKS.c
    mine = [table.kind == what.kind, table.instrument == what.instrument]
    mine.append(table.level >= 0 if what.level == CLOSED else table.level == what.level)
    parts = tuples(connection, select(*_MERGED).where(*mine).order_by(table.seq_min))
    flat = _close(what, parts) if what.level == CLOSED else _joined(what, parts)
    run(connection, _INSERT, flat)
    connection.execute(delete(CHUNKS).where(table.id.in_([part[0] for part in parts])))
    return sum(part[5] for part in parts)


_MERGED = [CHUNKS.c[name] for name in ("id", "seq_min", "seq_max", "ts_min", "ts_max", "n", "data")]


def _joined(what: Merge, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The bytes of open chunks one behind the other; order within does not matter before they are closed."""
    _, seq_min, seq_max, ts_min, ts_max, n, data = zip(*parts, strict=True)
    bounds = (min(seq_min), max(seq_max), min(ts_min), max(ts_max))
    return [what.kind, what.instrument, *bounds, sum(n), what.level + 1, codec.ROWS, codec.merge_rows(data)]


def _close(what: Merge, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
    kind = _BY_NUMBER[what.kind]
    place = kind.place_of_seq
    rows = [row for part in parts for row in codec.decode_rows(part[6], part[5])]
    rows.sort(key=itemgetter(place))
    return list(
        chain.from_iterable(
            _chunk(kind, what.instrument, rows[start : start + CHUNK_ROWS], close=True)
            for start in range(0, len(rows), CHUNK_ROWS)
        )
    )


def unpack(kind: Kind, how: int, n: int, data: bytes) -> Arrays:
    """The columns of a chunk, in ``seq`` order."""
    if how == codec.COLUMNS:
        return codec.decode(data)
    rows = codec.decode_rows(data, n)
    rows.sort(key=itemgetter(kind.place_of_seq))
    return kind.arrays(rows)
