"""Events out of the server as whole columns: it sends an array a column and block, and numpy takes the bytes.

Fetching tuples costs ten times as much on our side.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, bindparam, cast, func, literal_column, select

from fbkit.store.kinds import KIND_TABLE, MISSING, Field
from fbkit.store.log import Arrays
from fbkit.store.postgres.driver import DIALECT
from fbkit.store.postgres.tables import EVENTS

# Numbers of a block, as a power of two: what the server gathers at once.
_BLOCK_BITS: Any = literal_column("15")
_NAN: Any = literal_column("CAST('NaN' AS double precision)")
_MISSING: Any = literal_column(str(MISSING))

#: An array as the server sends it: dimensions, flags, type, length and lower bound; then each value with its length.
_HEAD_BYTES = 20
_FLOATS = np.dtype([("length", ">i4"), ("value", ">f8")])
_INTS = np.dtype([("length", ">i4"), ("value", ">i8")])


def blocks(connection: Connection, kind: str, by: str, **bounds: int) -> Iterator[Arrays]:
    """Columns of a kind, a block at a time in no order: ``by`` ``seq`` or ``ts_event`` in ``[since, until)``.

    ``instrument`` narrows it to one.
    """
    fields = KIND_TABLE[kind].fields
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        for row in cursor.stream(_statement(kind, by, *bounds), bounds):
            yield {field.name: _array(field, sent) for field, sent in zip(fields, row, strict=True)}


def _array(field: Field, sent: Any) -> NDArray[Any]:
    if field.type == "s":
        words = np.empty(len(sent), dtype=object)
        words[:] = sent
        return words
    values = np.frombuffer(sent, dtype=_FLOATS if field.type == "f" else _INTS, offset=_HEAD_BYTES)["value"]
    return values.astype(values.dtype.newbyteorder("="))


@cache
def _statement(kind: str, by: str, *bounds: str) -> str:
    table = EVENTS[kind]
    since, until = bindparam("since", type_=BigInteger), bindparam("until", type_=BigInteger)
    query = select(*(_sent(table.c[field.name], field) for field in KIND_TABLE[kind].fields))
    query = query.where(table.c[by] >= since, table.c[by] < until)
    if "instrument" in bounds:
        query = query.where(table.c.instrument == bindparam("instrument", type_=BigInteger))
    query = query.group_by(table.c.seq.op(">>")(_BLOCK_BITS))
    return str(query.compile(dialect=DIALECT))


def _sent(column: Any, field: Field) -> Any:
    if field.type == "s":
        return func.array_agg(column)
    if field.type == "f":
        return func.array_send(func.array_agg(func.coalesce(column, _NAN)))
    return func.array_send(func.array_agg(cast(func.coalesce(column, _MISSING), BigInteger)))
