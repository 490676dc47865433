"""Questions to the tables of rows. Identifiers come from the maps below, values are bound."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Connection, Select, Table, and_, select

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
    """Which rows: of an instrument's number (``None`` for all), a timeframe, a span of the table's time, the newest."""

    instrument: int | None = None
    tf: str | None = None
    span: Span = Span()
    last: int | None = None


def get_row_table(name: str) -> RowTable:
    """A table of rows by name, or :class:`UnknownName`."""
    try:
        return ROW_TABLES[name]
    except KeyError:
        raise UnknownName("table of rows", name, tuple(ROW_TABLES)) from None


def ask(connection: Connection, table: RowTable, question: Question) -> list[dict[str, Any]]:
    """The rows as dictionaries, instruments as numbers, in the table's order."""
    wanted = [column for column in table.table.columns if column.name not in table.hidden]
    query = select(*wanted).where(*_conditions(table, question))
    if question.last is None:
        query = query.order_by(*(table.table.c[name] for name in table.order))
    elif table.slots:
        query = _last_of_each(query, table, question.last).order_by(*(table.table.c[name] for name in table.order))
    else:
        query = query.order_by(*(table.table.c[name].desc() for name in table.order)).limit(question.last)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return rows[::-1] if question.last is not None and not table.slots else rows


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
        # A slot lies in a span when it closes in it: [t0, t1) within [since, until).
        low = [] if span.since is None else [time > span.since]
        return low + ([] if span.until is None else [time <= span.until])
    else:
        low = [] if span.since is None else [time >= span.since]
    return low + ([] if span.until is None else [time < span.until])


def _last_of_each(query: Select[Any], table: RowTable, last: int) -> Select[Any]:
    """The newest ``last`` slots of each instrument and timeframe: one step down the key for each."""
    columns, older = table.table.c, table.table.alias("older")
    oldest = (
        select(older.c.t1)
        .where(older.c.instrument == columns.instrument, older.c.tf == columns.tf)
        .order_by(older.c.t1.desc())
        .limit(1)
        .offset(last)
        .correlate(table.table)
        .scalar_subquery()
    )
    return query.where(and_(oldest.is_(None) | (columns.t1 > oldest)))


def to_frame(table: RowTable, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame; where the table has a time, it is the index (UTC, named ``time``) and stays a column in ns."""
    names = [column.name for column in table.table.columns if column.name not in table.hidden]
    frame = pd.DataFrame(
        {name: _column(table.table, name, [row[name] for row in rows]) for name in names}, columns=names
    )
    if table.time is not None:
        frame.index = utc_index(np.array([row[table.time] for row in rows], dtype=np.int64))
    return frame


def utc_index(ts: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DatetimeIndex:
    """UTC ns as the index of a frame."""
    return pd.DatetimeIndex(ts.view("M8[ns]"), tz="UTC", name="time")


def _column(table: Table, name: str, values: list[Any]) -> Any:
    kind = table.c[name].type
    if isinstance(kind, schema.Exact):
        return np.array(values, dtype=np.float64)
    if name == "instrument" or not isinstance(kind, BigInteger):
        return np.array(values, dtype=object)
    if None not in values:
        return np.array(values, dtype=np.int64)
    # An instant does not fit a float; a count does, and is kinder to plot.
    return pd.array(values, dtype="Int64") if name.startswith("t") else np.array(values, dtype=np.float64)
