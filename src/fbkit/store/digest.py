"""One hash over what a store holds: the same content gives the same hash, folded or not, in one run or in many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from fbkit.store.kinds import Kind
from fbkit.store.log import Arrays
from fbkit.store.query import RowTable
from fbkit.store.schema import INSTRUMENTS

#: What belongs to a run and not to its content: where and when it ran, by which code, in how many transactions.
RUN_COLUMNS = frozenset(
    {"stamp", "commit_number", "pid", "host", "code", "settings", "python", "numpy", "ts_start", "ts_stop", "id"}
)

_PART = 10_000


def digest_events(kind: Kind, windows: Iterable[dict[str, Arrays]], names: dict[int, str]) -> bytes:
    """SHA-256 of a kind's events in ``seq`` order, column by column: how they were cut into windows leaves no trace."""
    columns = {name: hashlib.sha256() for name in kind.names}
    for window in windows:
        for field in kind.fields:
            array = window[kind.name][field.name]
            if field.name == "instrument":
                words = [names[number] for number in array.tolist()]
                columns[field.name].update(_text(words))
            elif field.type == "s":
                columns[field.name].update(_text(array.tolist()))
            else:
                columns[field.name].update(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes())
    return hashlib.sha256(b"".join(name.encode() + column.digest() for name, column in columns.items())).digest()


def _text(words: Sequence[str]) -> bytes:
    return b"".join(b"%d:%s" % (len(raw), raw) for raw in (word.encode() for word in words))


def digest_rows(connection: Connection, table: RowTable) -> bytes:
    """SHA-256 of a table's rows in the order of its key, floats as IEEE bytes, instruments by name."""
    sha = hashlib.sha256()
    encoder = msgspec.msgpack.Encoder()
    for part in _parts(connection, table):
        sha.update(encoder.encode(part))
    return sha.digest()


def _parts(connection: Connection, table: RowTable) -> Iterator[list[tuple[Any, ...]]]:
    columns = table.table.c
    numbered = table.numbered
    wanted = [
        column
        for column in columns
        if column.name not in RUN_COLUMNS and not (numbered and column.name == "instrument")
    ]
    order = [column for column in table.table.primary_key if not (numbered and column.name == "instrument")]
    if table.table is INSTRUMENTS:
        order = [columns.name]  # their numbers say who was heard first
    if numbered:
        query = select(INSTRUMENTS.c.name, *wanted).join_from(
            table.table, INSTRUMENTS, INSTRUMENTS.c.id == columns.instrument
        )
        query = (
            query.order_by(INSTRUMENTS.c.name, *order)
            if "instrument" in table.table.primary_key
            else query.order_by(*order)
        )
    else:
        query = select(*wanted).order_by(*order)
    for part in connection.execution_options(stream_results=True).execute(query).partitions(_PART):
        yield [tuple(row) for row in part]
