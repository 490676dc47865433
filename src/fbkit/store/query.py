"""Questions to the tables of rows. Identifiers come from the maps below, values are bound."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
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
from fbkit.store.statements import in_parts, tuples


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
    names, queries = _queries(table, question)
    rows = [row for query in queries for row in tuples(connection, query)]
    if question.last is None:
        return Found(names, rows)
    if table.slots:
        rows.sort(key=itemgetter(*(names.index(name) for name in table.order)))
    return Found(names, rows if table.slots else rows[::-1])


def ask_columns(connection: Connection, table: RowTable, question: Question) -> dict[str, Any]:
    """The same as arrays by column name, instruments as numbers.

    The rows are never there all at once: slots of many instruments come as their key has them and are put in order as
    arrays, since the database would hold all of them in memory to sort them.
    """
    apart = table.slots and (question.instrument is None or question.last is not None)
    names, queries = _queries(table, question, ordered=not apart)
    gathering = [Gathering(name, table.table.c[name].type) for name in names]
    for query in queries:
        for rows in in_parts(connection, query):
            for one, values in zip(gathering, zip(*rows, strict=True), strict=True):
                one.take(values)
    columns = {one.name: one.array() for one in gathering}
    if not apart:
        return columns if question.last is None else {name: column[::-1] for name, column in columns.items()}
    order = np.lexsort([columns[name] for name in reversed(table.order)])
    return {name: columns.pop(name)[order] for name in names}


def _queries(table: RowTable, question: Question, *, ordered: bool = True) -> tuple[tuple[str, ...], list[Select[Any]]]:
    """The columns that are asked for, and the queries whose rows are the answer."""
    wanted = [column for column in table.table.columns if column.name not in table.hidden]
    if question.columns:
        wanted = [table.table.c[name] for name in question.columns]
    names = tuple(column.name for column in wanted)
    query = select(*wanted).where(*_conditions(table, question))
    order = [table.table.c[name] for name in table.order]
    if question.last is None:
        return names, [query.order_by(*order) if ordered else query]
    if table.slots:
        timeframes = [question.tf] if question.tf else list(TIMEFRAMES)
        return names, [_last_of_each(query, table, question, tf) for tf in timeframes]
    return names, [query.order_by(*(column.desc() for column in order)).limit(question.last)]


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


def _last_of_each(query: Select[Any], table: RowTable, question: Question, tf: str) -> Select[Any]:
    """The newest slots in a span: for each instrument one step down the key to where they begin."""
    columns, older = table.table.c, table.table.alias("older")
    everyone, one = schema.INSTRUMENTS.c.id, question.instrument
    begin = (
        select(older.c.t1)
        .where(older.c.instrument == everyone, older.c.tf == tf, *_closing_within(older.c.t1, question.span))
        .order_by(older.c.t1.desc())
        .limit(1)
        .offset(question.last)
        .correlate(schema.INSTRUMENTS)
        .scalar_subquery()
    )
    places = select(everyone, func.coalesce(begin, -(2**62)).label("start"))
    starts = places.where(*([] if one is None else [everyone == one])).cte("starts").prefix_with("MATERIALIZED")
    slots = (columns.instrument == starts.c.id) & (columns.tf == tf) & (columns.t1 > starts.c.start)
    return query.join(starts, slots)


class Gathering:
    """One column as it comes, part by part; equal words are kept once."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name = name
        self._is_float = isinstance(kind, schema.Exact)
        self._is_int = isinstance(kind, BigInteger)
        self._parts: list[Any] = []
        self._words: dict[Any, Any] = {}

    def take(self, values: tuple[Any, ...]) -> None:
        """The next rows' values."""
        if self._is_float:
            self._parts.append(np.array(values, dtype=np.float64))
        elif self._is_int and None not in values:
            self._parts.append(np.array(values, dtype=np.int64))
        else:
            words = np.empty(len(values), dtype=object)
            words[:] = values if self._is_int else [self._words.setdefault(one, one) for one in values]
            self._parts.append(words)

    def array(self) -> Any:
        """All of it: float64, int64, objects, and where whole numbers are missing ``Int64`` or float64."""
        if not self._parts:
            empty = np.float64 if self._is_float else np.int64 if self._is_int else object
            return np.empty(0, dtype=empty)
        whole = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        if not self._is_int or whole.dtype != object:
            return whole
        # An instant does not fit a float; a count does, and is kinder to plot.
        return nullable(whole) if self.name.startswith("t") else whole.astype(np.float64)


def nullable(numbers: Any) -> Any:
    """Whole numbers with ``None`` among them, as pandas has them."""
    from pandas import array  # who asks for arrays alone needs none of it

    return array(list(numbers), dtype="Int64")
