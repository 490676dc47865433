"""INSERT statements of many rows at once, made from the tables and run through the driver.

One statement of a hundred rows costs an eighth of SQLAlchemy's dictionaries (`docs/reference/store.md`). The words come
from the schema alone; every value is bound.
"""

from __future__ import annotations

from contextlib import closing
from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from fbkit.store.statements import Insert

#: Rows in one statement, as long as their values stay below SQLite's bound of 32,766.
BLOCK = 100


def run(connection: Connection, into: Insert, flat: list[Any]) -> int:
    """Insert; returns how many rows were new or replaced."""
    width = len(into.columns)
    size = width * BLOCK
    whole = len(flat) // size * size
    done = 0
    # The driver's own cursor: on the way through SQLAlchemy every value is looked at again.
    with closing(connection.connection.cursor()) as cursor:
        for start in range(0, whole, size):
            done += cursor.execute(_of_block(into), flat[start : start + size]).rowcount
        rest = [flat[start : start + width] for start in range(whole, len(flat), width)]
        if rest:
            done += cursor.executemany(_of_one(into), rest).rowcount
    return done


@cache
def _of_one(into: Insert) -> str:
    return str(into.statement(insert).compile(dialect=sqlite.dialect(), column_keys=into.columns))


@cache
def _of_block(into: Insert) -> str:
    head, values, tail = _of_one(into).partition(" VALUES ")
    row = "(" + ", ".join("?" * len(into.columns)) + ")"
    return head + values + ", ".join([row] * BLOCK) + tail.removeprefix(row)
