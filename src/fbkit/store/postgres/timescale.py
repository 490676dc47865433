"""TimescaleDB, where a user has installed it in the database: chunks of a day are its own, not ours.

Tested against an imitated catalogue alone: no server with the extension was at hand.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

DAY_NS = 86_400_000_000_000

_INSTALLED = "SELECT installed_version FROM pg_available_extensions WHERE name = 'timescaledb'"

# ``ts_recv`` is a number of ns, so the interval is one, too.
_MAKE = "SELECT create_hypertable(CAST(:table AS regclass), 'ts_recv', chunk_time_interval => CAST(:day AS bigint))"

_TABLE = re.compile(r"CREATE TABLE (\w+)")
_PARTITIONED = re.compile(r"CREATE TABLE (\w+) (.*?) PARTITION BY RANGE \(ts_recv\);", re.DOTALL)


def installed(connection: Connection) -> bool:
    """Whether ``CREATE EXTENSION timescaledb`` was said in this database; that it could be is not enough."""
    return connection.execute(text(_INSTALLED)).scalar() is not None


def create_events(connection: Connection, statements: str) -> None:
    """Make tables partitioned by ``ts_recv``, inside the caller's transaction: hypertables where they can be."""
    hypertables = installed(connection)
    if hypertables:
        statements = _PARTITIONED.sub(r"CREATE TABLE \1 \2;", statements)
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(text(statement))
        if hypertables and (made := _TABLE.search(statement)):
            connection.execute(text(_MAKE), {"table": made[1], "day": DAY_NS})
