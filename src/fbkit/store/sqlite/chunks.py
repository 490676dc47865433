"""Folding: the tail's older rows become chunks, small chunks become larger ones. Both in bounded transactions.

A kind is folded when that gives every instrument a chunk worth having, or when it has waited for long. A small chunk is
packed as it is, quickly. When chunks of one (kind, instrument) add up to :data:`CLOSED_ROWS` or to a day, they are
merged into columns (:mod:`fbkit.store.sqlite.codec`) and closed. Until then :data:`FAN` of one level make one of the
next, so that no row is moved often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from fbkit.model.timeframe import NS_DAY, NS_MIN
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, join, picked
from fbkit.store.sqlite import codec, tail
from fbkit.store.sqlite.packing import (
    as_bytes,
    join_records,
    pack_records,
    to_records,
    unpack_records,
    words_of,
)
from fbkit.store.sqlite.statements import run
from fbkit.store.sqlite.tables import CHUNKS
from fbkit.store.statements import Insert

#: A kind is worth folding when so many of its rows wait, or its oldest has waited for so long.
WORTH_ROWS = 65_536
WORTH_NS = 10 * NS_MIN
#: A chunk of this many rows, or one that spans a day, is not merged again.
CLOSED_ROWS = 8192
#: The most rows of one chunk.
CHUNK_ROWS = 16_384
#: Chunks of one level that are merged into one of the next.
FAN = 64
CLOSED = -1

#: How a chunk is written, kept beside it: rows as msgpack and columns (schema 0001), packed records, columns that may
#: follow one another. A new way gets a new number, so that no older code misreads it.
ROWS, FIRST_COLUMNS, RECORDS, COLUMNS = 0, 1, 2, 3

_INSERT = Insert(CHUNKS, leave_out=["id"])
_BY_NUMBER = {kind.number: kind for kind in KIND_TABLE.values()}


_BY_KIND = "SELECT kind, sum(n), min(recv_max) FROM tail WHERE recv_max < ? GROUP BY kind"
_SIZES = "SELECT seq_min, n FROM tail WHERE kind = ? AND recv_max < ? ORDER BY seq_min"


class Waiting(NamedTuple):
    """Rows of the tail, of one kind: those received ``before`` an instant, up to the key ``last``; ``n`` events.

    Bounds and not a list of keys: of every length of a list SQLite's driver would keep a statement, for ever.
    """

    kind: Kind
    before: int
    last: int
    n: int


def worth(connection: Connection, before: int, limit: int) -> Waiting | None:
    """Rows of the tail, up to ``limit`` events or one row, that should become chunks now."""
    with closing(connection.connection.cursor()) as cursor:
        by_kind = cursor.execute(_BY_KIND, (before,)).fetchall()
    for number, n, oldest in by_kind:
        if n >= WORTH_ROWS or before - oldest >= WORTH_NS:
            return waiting(connection, _BY_NUMBER[number], before, limit)
    return None


def waiting(connection: Connection, kind: Kind, before: int, limit: int) -> Waiting | None:
    """Rows of the tail of one kind, up to ``limit`` events or one row."""
    with closing(connection.connection.cursor()) as cursor:
        sizes = cursor.execute(_SIZES, (kind.number, before)).fetchall()
    last, events = None, 0
    for seq_min, n in sizes:
        if last is not None and events + n > limit:
            break
        last = seq_min
        events += n
    return None if last is None else Waiting(kind, before, last, events)


def fold(connection: Connection, waiting: Waiting) -> int:
    """Move rows of the tail into chunks, one or more an instrument; returns the events moved."""
    kind = waiting.kind
    arrays = tail.read(connection, kind, waiting.before, waiting.last)
    # In seq order already: by instrument alone, and stable, makes every instrument's rows rise.
    order = np.argsort(_narrow(arrays["instrument"]), kind="stable")
    made = _flat(kind, arrays, order, _cuts(arrays["instrument"][order]))
    # They lie in the pages that go free: whoever brings the WAL home copies each once.
    tail.remove(connection, kind, waiting.before, waiting.last)
    run(connection, _INSERT, made)
    return len(order)


def _narrow(instruments: Any) -> Any:
    """Numbers of two bytes are sorted by counting, ten times quicker."""
    return instruments.astype(np.uint16) if instruments.max() < 1 << 16 else instruments


def _cuts(instruments: Any) -> list[int]:
    """Where a new chunk begins, and the end."""
    edges = np.flatnonzero(np.diff(instruments)) + 1
    whole = [0, *edges.tolist(), len(instruments)]
    cuts = [at for start, end in pairwise(whole) for at in range(start, end, CHUNK_ROWS)]
    return [*cuts, len(instruments)]


def _flat(kind: Kind, arrays: Arrays, order: Any, cuts: Sequence[int]) -> list[Any]:
    """Rows of the chunks table, one for each stretch between two cuts of the rows in this ``order``."""
    seq, ts = arrays["seq"][order], arrays["ts_event"][order]
    starts = cuts[:-1]
    facts = zip(
        arrays["instrument"][order[starts]].tolist(),
        seq[starts].tolist(),
        seq[np.array(cuts[1:]) - 1].tolist(),
        np.minimum.reduceat(ts, starts).tolist(),
        np.maximum.reduceat(ts, starts).tolist(),
        starts,
        cuts[1:],
        strict=True,
    )
    records = as_bytes(to_records(kind, arrays))
    words = {name: arrays[name] for name in words_of(kind)}
    flat: list[Any] = []
    for instrument, seq_min, seq_max, ts_min, ts_max, start, end in facts:
        flat += (kind.number, instrument, seq_min, seq_max, ts_min, ts_max, end - start)
        own = order[start:end]
        if end - start >= CLOSED_ROWS or ts_max - ts_min >= NS_DAY:
            flat += (CLOSED, COLUMNS, codec.encode(picked(arrays, own)))
        else:
            flat += (0, RECORDS, pack_records(kind, records.take(own, axis=0), picked(words, own)))
    return flat


class Merge(NamedTuple):
    """Chunks of one (kind, instrument) to be made one: those of ``level``, or all open ones to be closed."""

    kind: int
    instrument: int
    level: int


_TO_CLOSE = """SELECT kind, instrument FROM chunks WHERE level >= 0 GROUP BY kind, instrument
HAVING sum(n) >= ? OR (count(*) > 1 AND max(ts_max) - min(ts_min) >= ?)"""
_TO_JOIN = """SELECT kind, instrument, level FROM chunks WHERE level >= 0 GROUP BY kind, instrument, level
HAVING count(*) >= ?"""


def merges(connection: Connection) -> Iterator[Merge]:
    """What is worth merging now."""
    closing = connection.exec_driver_sql(_TO_CLOSE, (CLOSED_ROWS, NS_DAY)).fetchall()
    yield from (Merge(kind, instrument, CLOSED) for kind, instrument in closing)
    closed = {tuple(series) for series in closing}
    for kind, instrument, level in connection.exec_driver_sql(_TO_JOIN, (FAN,)).fetchall():
        if (kind, instrument) not in closed:
            yield Merge(kind, instrument, level)


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
    cursor.executemany(_DELETE, [(part.id,) for part in parts])
    run(connection, _INSERT, flat)
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
        arrays = _read(kind, parts)
        data = pack_records(kind, as_bytes(to_records(kind, arrays)), arrays)
    n = sum(part.n for part in parts)
    return [what.kind, what.instrument, *bounds, n, what.level + 1, RECORDS, data]


def _close(what: Merge, parts: Sequence[_Part]) -> list[Any]:
    arrays = tail.in_order(_read(_BY_NUMBER[what.kind], parts))
    seq, ts = arrays["seq"], arrays["ts_event"]
    flat: list[Any] = []
    for start in range(0, len(seq), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        own = {name: column[rows] for name, column in arrays.items()}
        bounds = (seq[rows][0], seq[rows][-1], ts[rows].min(), ts[rows].max(), len(seq[rows]))
        flat += (what.kind, what.instrument, *map(int, bounds), CLOSED, COLUMNS, codec.encode(own))
    return flat


def _read(kind: Kind, parts: Sequence[_Part]) -> Arrays:
    """The columns of several chunks, one behind the other."""
    if all(part.codec == RECORDS for part in parts):
        return unpack_records(kind, [part.n for part in parts], [part.data for part in parts])
    return join(kind, [unpack(kind, part.codec, part.n, part.data) for part in parts])


def unpack(kind: Kind, how: int, n: int, data: bytes) -> Arrays:
    """The columns of a chunk, in ``seq`` order."""
    if how in (COLUMNS, FIRST_COLUMNS):
        return codec.decode(data)
    if how == RECORDS:
        return tail.in_order(unpack_records(kind, [n], [data]))
    rows = codec.decode_rows(data, n)
    rows.sort(key=itemgetter(kind.place_of_seq))
    return kind.arrays(rows)
