"""Taking events out of chunks: whole chunks by their bounds, and what remains of those that lie across an edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, select

from fbkit.model.market import Span
from fbkit.model.timeframe import NS_HOUR
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, Held, picked
from fbkit.store.sqlite import chunks, codec
from fbkit.store.sqlite.statements import run
from fbkit.store.sqlite.tables import CHUNKS, TAIL
from fbkit.store.statements import Insert, tuples

_INSERT = Insert(CHUNKS, leave_out=["id"])
_FAR = 1 << 62


def forget(connection: Connection, kind: Kind, before: int, below_seq: int, limit: int) -> int:
    """Remove chunks and rows of the tail that end before an instant and below a ``seq``, about ``limit`` events."""
    gone = 0
    for table, key in ((CHUNKS.c, CHUNKS.c.id), (TAIL.c, TAIL.c.seq_min)):
        old = select(key, table.n).where(table.kind == kind.number, table.ts_max < before, table.seq_max < below_seq)
        going: list[int] = []
        for place, n in tuples(connection, old.order_by(table.seq_min)):
            if gone >= limit:
                break
            going.append(place)
            gone += n
        if going:
            connection.execute(delete(key.table).where(key == bindparam("place")), [{"place": one} for one in going])
    return gone


def take_out(connection: Connection, kind: Kind, span: Span, below_seq: int) -> int:
    """Remove the events of a span (both ends given) below a ``seq``; returns how many went."""
    since, until = span.since or 0, _FAR if span.until is None else span.until
    # An event of the span may have come a moment ago: in chunks it is looked for in one way.
    while waiting := chunks.waiting(connection, kind, _FAR, chunks.CHUNK_ROWS):
        chunks.fold(connection, waiting)
    table = CHUNKS.c
    near = (table.kind == kind.number, table.ts_max >= since, table.ts_min < until, table.seq_min < below_seq)
    whole = (*near, table.ts_min >= since, table.ts_max < until, table.seq_max < below_seq)
    gone = connection.execute(select(func.coalesce(func.sum(table.n), 0)).where(*whole)).scalar_one()
    connection.execute(delete(CHUNKS).where(*whole))
    crossing = select(table.id, table.instrument, table.codec, table.n, table.data).where(*near)
    for chunk, instrument, how, n, data in tuples(connection, crossing):
        arrays = chunks.unpack(kind, how, n, data)
        ts, seq = arrays["ts_event"], arrays["seq"]
        kept = picked(arrays, (ts < since) | (ts >= until) | (seq >= below_seq))
        if len(kept["seq"]) < n:
            connection.execute(delete(CHUNKS).where(table.id == chunk))
            run(connection, _INSERT, _closed(kind, instrument, kept))
            gone += n - len(kept["seq"])
    return int(gone)


def _closed(kind: Kind, instrument: int, arrays: Arrays) -> list[Any]:
    """One row of the chunks table, or none where nothing is left."""
    seq, ts = arrays["seq"], arrays["ts_event"]
    if not len(seq):
        return []
    bounds = [int(seq[0]), int(seq[-1]), int(np.min(ts)), int(np.max(ts)), len(seq)]
    return [kind.number, instrument, *bounds, chunks.CLOSED, chunks.COLUMNS, codec.encode(arrays)]


def held(connection: Connection) -> list[Held]:
    """Events by kind and hour; a chunk counts where it ends, since it goes as a whole."""
    table = CHUNKS.c
    hour = table.ts_max - table.ts_max % NS_HOUR
    much = (func.sum(table.n), func.sum(func.length(table.data)), func.min(table.ts_min))
    rows = tuples(connection, select(table.kind, hour, *much).group_by(table.kind, hour))
    names = {kind.number: kind.name for kind in KIND_TABLE.values()}
    return sorted((Held(names[kind], *row) for kind, *row in rows), key=lambda one: (one.hour, one.kind))
