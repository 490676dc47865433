"""The copy made before a migration: every table of rows, in a schema of its own beside them.

Events are left out. There may be more of them than the disk has room for, and a migration is one transaction here: it
comes whole or not at all. Whoever wants them copied, too, takes a ``pg_dump`` before updating fbkit.
"""

from __future__ import annotations

import re
from contextlib import closing

from sqlalchemy import Engine, inspect

from fbkit.clock import Clock, iso
from fbkit.store.kinds import KIND_TABLE
from fbkit.store.postgres.driver import library

_EVENTS = frozenset(kind.plural for kind in KIND_TABLE.values() if kind.name != "beat")
_A_DAY = re.compile(r"_\d{8}$")


def back_up(engine: Engine, schema: str, clock: Clock) -> str:
    """Copy the tables of rows into ``fbkit_<schema>_<utc>``; returns that name."""
    sql = library("psycopg.sql")
    name = f"fbkit_{schema}_{re.sub('[^0-9]', '', iso(clock.wall()))}"
    with engine.begin() as connection:
        tables = [table for table in inspect(connection).get_table_names() if not _is_of_events(table)]
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
            for table in tables:
                copy, original = sql.Identifier(name, table), sql.Identifier(table)
                cursor.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(copy, original))
    return name


def _is_of_events(table: str) -> bool:
    return _A_DAY.sub("", table) in _EVENTS
