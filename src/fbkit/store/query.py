"""Questions to the tables of rows. Identifiers come from the maps below, values are bound."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Connection, Select, Table, delete, func, select, tuple_

from fbkit.errors import UnknownName
from fbkit.model.market import Span
from fbkit.model.rows import (
    AccountRow,
    AlertRow,
    BarRow,
    HealthRow,
    MetricRow,
    QuarantineRow,
    RunRow,
    SummaryRow,
)
from fbkit.model.timeframe import TIMEFRAMES
from fbkit.store import schema
from fbkit.store.statements import tuples


class RowTable(NamedTuple):
    """How a table of rows is asked: the column of its time, how it is ordered, whether slots make its key."""

    table: Table
    time: str | None
    order: tuple[str, ...]
    slots: bool = False
    hidden: frozenset[str] = frozenset({"commit_number"})

    @property
    def numbered(self) -> bool:
        """Whether its instruments are numbers (quarantine keeps what the venue wrote)."""
        return "instrument" in self.table.c and isinstance(self.table.c.instrument.type, BigInteger)


_OWN = frozenset({"commit_number", "id"})

#: Every table of rows by the name users say.
ROW_TABLES: dict[str, RowTable] = {
    "instruments": RowTable(schema.INSTRUMENTS, None, ("name",)),
    "bars": RowTable(schema.BARS, "t1", ("t1", "instrument"), slots=True),
    "metrics": RowTable(schema.METRICS, "t1", ("t1", "instrument"), slots=True),
    "summary": RowTable(schema.SUMMARY, "t1", ("tf", "instrument")),
    "alerts": RowTable(schema.ALERTS, "ts", ("ts", "alert_id")),
    "gaps": RowTable(schema.GAPS, "t0", ("t0", "gap_id")),
    "beats": RowTable(schema.BEATS, "ts_recv", ("seq",)),
    "quarantine": RowTable(schema.QUARANTINE, "ts_recv", ("id",), hidden=_OWN),
    "accounts": RowTable(schema.ACCOUNTS, None, ("run", "venue", "channel")),
    "health": RowTable(schema.HEALTH, "ts", ("venue", "channel")),
    "health_history": RowTable(schema.HEALTH_HISTORY, "ts", ("ts", "id"), hidden=_OWN),
    "engine_runs": RowTable(schema.ENGINE_RUNS, "ts_start", ("run",)),
    "checkpoints": RowTable(schema.CHECKPOINTS, "ts", ("seq",)),
    "stamps": RowTable(schema.STAMPS, "ts", ("stamp",)),
}

TABLE_OF: dict[type, str] = {
    BarRow: "bars",
    MetricRow: "metrics",
    SummaryRow: "summary",
    AlertRow: "alerts",
    QuarantineRow: "quarantine",
    AccountRow: "accounts",
    HealthRow: "health",
    RunRow: "engine_runs",
}


class Question(NamedTuple):
    """Which rows: of an instrument's number (``None`` for all), a timeframe, a span of the table's time, the newest.

    ``columns`` names those wanted; none named: all.
    """

    instrument: int | None = None
    tf: str | None = None
    span: Span = Span()
    last: int | None = None
    columns: tuple[str, ...] = ()


def get_row_table(name: str) -> RowTable:
    """A table of rows by name, or :class:`UnknownName`."""
    try:
        return ROW_TABLES[name]
    except KeyError:
        raise UnknownName("table of rows", name, tuple(ROW_TABLES)) from None


class Found(NamedTuple):
    """What a question found: the columns' names, and the rows as tuples."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def column(self, name: str) -> list[Any]:
        """One column's values."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def ask(connection: Connection, table: RowTable, question: Question) -> Found:
    """The rows as tuples, instruments as numbers, in the table's order."""
    wanted = [column for column in table.table.columns if column.name not in table.hidden]
    if question.columns:
        wanted = [table.table.c[name] for name in question.columns]
    names = tuple(column.name for column in wanted)
    query = select(*wanted).where(*_conditions(table, question))
    if question.last is None:
        return Found(names, tuples(connection, query.order_by(*(table.table.c[name] for name in table.order))))
    if table.slots:
        rows = _last_of_each(connection, query, table, question)
        rows.sort(key=itemgetter(*(names.index(name) for name in table.order)))
        return Found(names, rows)
    query = query.order_by(*(table.table.c[name].desc() for name in table.order)).limit(question.last)
    return Found(names, tuples(connection, query)[::-1])


def _conditions(table: RowTable, question: Question) -> list[Any]:
    columns = table.table.c
    asked: list[Any] = []
    if table.slots:
        # Naming every instrument and timeframe lets the key (instrument, tf, t1) serve a span of all of them.
        everyone = select(schema.INSTRUMENTS.c.id)
        one = question.instrument
        asked.append(columns.instrument.in_(everyone) if one is None else columns.instrument == one)
        asked.append(columns.tf.in_([question.tf] if question.tf else list(TIMEFRAMES)))
    else:
        if question.instrument is not None and "instrument" in columns:
            asked.append(columns.instrument == question.instrument)
        if question.tf is not None and "tf" in columns:
            asked.append(columns.tf == question.tf)
    if table.time is not None:
        asked += _within(table, question.span)
    return asked


def _within(table: RowTable, span: Span) -> list[Any]:
    time = table.table.c[table.time or ""]
    low: list[Any]
    if table.table is schema.GAPS:
        # A gap counts where it overlaps; an open one has no end yet.
        t1 = schema.GAPS.c.t1
        low = [] if span.since is None else [(t1 > span.since) | t1.is_(None)]
    elif time.name == "t1":
        return _closing_within(time, span)
    else:
        low = [] if span.since is None else [time >= span.since]
    return low + ([] if span.until is None else [time < span.until])


def _closing_within(t1: Any, span: Span) -> list[Any]:
    """A slot lies in a span when it closes in it: [t0, t1) within [since, until)."""
    low = [] if span.since is None else [t1 > span.since]
    return low + ([] if span.until is None else [t1 <= span.until])


def forget_rows(connection: Connection, table: RowTable, before: int, tf: str | None, limit: int) -> int:
    """Remove rows whose time is before an instant, at most ``limit``; an open gap stays."""
    columns, key = table.table.c, list(table.table.primary_key)
    old = [*_conditions(table, Question(tf=tf)), columns[table.time or ""] < before]
    if table.table is schema.GAPS:
        old.append(columns.t1.is_not(None))
    chosen = select(*key).where(*old).limit(limit)
    return connection.execute(delete(table.table).where(tuple_(*key).in_(chosen))).rowcount


def _last_of_each(
    connection: Connection, query: Select[Any], table: RowTable, question: Question
) -> list[tuple[Any, ...]]:
    """The newest slots in a span: for each instrument and timeframe one step down the key to where they begin."""
    columns, older = table.table.c, table.table.alias("older")
    everyone, one = schema.INSTRUMENTS.c.id, question.instrument
    wanted = [] if one is None else [everyone == one]
    found: list[tuple[Any, ...]] = []
    for tf in [question.tf] if question.tf else TIMEFRAMES:
        begin = (
            select(older.c.t1)
            .where(older.c.instrument == everyone, older.c.tf == tf, *_closing_within(older.c.t1, question.span))
            .order_by(older.c.t1.desc())
            .limit(1)
            .offset(question.last)
            .correlate(schema.INSTRUMENTS)
            .scalar_subquery()
        )
        places = select(everyone, func.coalesce(begin, -(2**62)).label("start")).where(*wanted)
        starts = places.cte("starts").prefix_with("MATERIALIZED")
        slots = (columns.instrument == starts.c.id) & (columns.tf == tf) & (columns.t1 > starts.c.start)
        found += tuples(connection, query.join(starts, slots))
    return found


def rows_frame(table: RowTable, found: Found) -> pd.DataFrame:
    """Rows as a frame; where the table has a time, it is the index (UTC, named ``time``) and stays a column in ns."""
    columns = rows_columns(table, found)
    frame = pd.DataFrame(columns, copy=False)
    if table.time is not None:
        frame.index = utc_index(columns[table.time])
    return frame


def rows_columns(table: RowTable, found: Found) -> dict[str, Any]:
    """Rows as arrays by column name."""
    values = zip(*found.rows, strict=True) if found.rows else [()] * len(found.names)
    return {name: _column(table.table, name, column) for name, column in zip(found.names, values, strict=True)}


def utc_index(ts: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DatetimeIndex:
    """UTC ns as the index of a frame."""
    return pd.DatetimeIndex(ts.view("M8[ns]"), tz="UTC", name="time")


def _column(table: Table, name: str, values: tuple[Any, ...]) -> Any:
    kind = table.c[name].type
    if isinstance(kind, schema.Exact):
        return np.array(values, dtype=np.float64)
    if name == "instrument" or not isinstance(kind, BigInteger):
        words = np.empty(len(values), dtype=object)
        words[:] = values
        return words
    if None not in values:
        return np.array(values, dtype=np.int64)
    # An instant does not fit a float; a count does, and is kinder to plot.
    return pd.array(list(values), dtype="Int64") if name.startswith("t") else np.array(values, dtype=np.float64)
