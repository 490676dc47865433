"""Rows by the commit that wrote them: what a listener that fell behind asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select, union

from fbkit.model.rows import AlertRow, BarRow, MetricRow
from fbkit.store.schema import ALERTS, BARS, GAPS, INSTRUMENTS, METRICS

_TABLES = {"bars": BARS, "metrics": METRICS, "alerts": ALERTS, "gaps": GAPS}


class Commit(NamedTuple):
    """What one commit closed; ``gaps`` as rows of the table, since a later event of a gap rewrites its row."""

    number: int
    bars: list[BarRow]
    metrics: list[MetricRow]
    alerts: list[AlertRow]
    gaps: list[dict[str, Any]]


def numbers_after(connection: Connection, cursor: int, limit: int) -> list[int]:
    """The next commits that wrote any of these rows."""
    each = [
        select(table.c.commit_number)
        .where(table.c.commit_number > cursor)
        .distinct()
        .order_by(table.c.commit_number)
        .limit(limit)
        .subquery()
        .select()
        for table in _TABLES.values()
    ]
    together = union(*each).subquery()
    query = select(together.c.commit_number).order_by(together.c.commit_number).limit(limit)
    return list(connection.execute(query).scalars())


def rows_of(connection: Connection, name: str, first: int, last: int) -> list[dict[str, Any]]:
    """Rows of a table written by the commits ``first … last``, instruments by name, in the order of their commits."""
    table = _TABLES[name]
    columns = [column for column in table.columns if column.name != "instrument"]
    query = (
        select(INSTRUMENTS.c.name.label("instrument"), *columns)
        .join_from(table, INSTRUMENTS, INSTRUMENTS.c.id == table.c.instrument)
        .where(table.c.commit_number.between(first, last))
        .order_by(table.c.commit_number, *table.primary_key)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
