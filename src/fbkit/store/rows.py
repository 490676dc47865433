"""Rows in and out of their tables: how each struct is laid flat, and how it comes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, func, select

from fbkit.model.columns import METRIC_COLUMNS
from fbkit.model.rows import (
    AccountRow,
    AlertRow,
    BarRow,
    HealthRow,
    MetricRow,
    QuarantineRow,
    Row,
    RunRow,
    SummaryRow,
)
from fbkit.store import schema
from fbkit.store.statements import Insert, Prepared

#: Rows kept in quarantine; the oldest go first.
QUARANTINE_ROWS = 10_000

NAN = float("nan")

#: How a database inserts rows (:meth:`fbkit.store.log.WritableDatabase.insert`).
Inserting = Callable[[Connection, Insert, list[Any]], int]

R = TypeVar("R", bound=msgspec.Struct)


class RowKind(NamedTuple):
    """A kind of row: its struct and table, how it is inserted, and whether an instrument's number stands in it.

    ``commits`` rows bear the number of the commit that wrote them; ``keyed`` ones may be written twice.
    """

    struct: type[Row]
    table: Table
    insert: Insert
    place: int | None = None
    commits: bool = False
    keyed: bool = True

    def flat(self, rows: Sequence[Any], ids: Mapping[str, int], commit: int) -> list[Any]:
        """All values of all rows in one list, in the order of the table's columns."""
        lay = _flat_metric if self.struct is MetricRow else msgspec.structs.astuple
        end = (commit,) if self.commits else ()
        flat = list(chain.from_iterable(chain(lay(row), end) for row in rows))
        if self.place is not None:
            width = len(self.insert.columns)
            flat[self.place :: width] = [ids[name] for name in flat[self.place :: width]]
        return flat


def _flat_metric(row: MetricRow) -> tuple[Any, ...]:
    return (
        row.instrument,
        row.tf,
        row.t1,
        *row.values,
        *row.n,
        join_reasons(row.reasons),
        row.coverage,
        int(row.unsettled),
        row.stamp,
    )


def join_reasons(reasons: Sequence[str]) -> str:
    """Reasons as the text of one column, empty when every value is a number.

    >>> join_reasons(("", "warmup")), join_reasons(("", ""))
    (',warmup', '')
    """
    return ",".join(reasons) if any(reasons) else ""


def split_reasons(text: str) -> tuple[str, ...]:
    """The reasons again, one for each of :data:`~fbkit.model.columns.METRIC_COLUMNS`."""
    return tuple(text.split(",")) if text else ("",) * len(METRIC_COLUMNS)


ROW_KINDS: tuple[RowKind, ...] = (
    RowKind(BarRow, schema.BARS, Insert(schema.BARS), place=0, commits=True),
    RowKind(MetricRow, schema.METRICS, Insert(schema.METRICS), place=0, commits=True),
    RowKind(SummaryRow, schema.SUMMARY, Insert(schema.SUMMARY, replace=True, unless_older="t1"), place=0, commits=True),
    RowKind(AlertRow, schema.ALERTS, Insert(schema.ALERTS), place=2, commits=True),
    RowKind(QuarantineRow, schema.QUARANTINE, Insert(schema.QUARANTINE, leave_out=["id"]), keyed=False),
    RowKind(AccountRow, schema.ACCOUNTS, Insert(schema.ACCOUNTS, replace=True)),
    RowKind(HealthRow, schema.HEALTH, Insert(schema.HEALTH, replace=True, unless_older="ts")),
    RowKind(RunRow, schema.ENGINE_RUNS, Insert(schema.ENGINE_RUNS, replace=True)),
)
ROW_KIND: dict[type, RowKind] = {kind.struct: kind for kind in ROW_KINDS}

_STATES = Prepared(select(*(schema.HEALTH.c[name] for name in ("venue", "channel", "state", "reason", "ts"))))
_HISTORY = Insert(schema.HEALTH_HISTORY, leave_out=["id"])


def by_type(rows: Iterable[Row]) -> dict[type, list[Any]]:
    """Rows apart by their type, in the order they came."""
    apart: dict[type, list[Any]] = defaultdict(list)
    for row in rows:
        apart[type(row)].append(row)
    return apart


def name_rows(apart: Mapping[type, Sequence[Any]], ids: Mapping[str, int]) -> None:
    """Ask for the number of every instrument the rows speak of."""
    for kind in ROW_KINDS:
        if kind.place is not None:
            for row in apart.get(kind.struct, ()):
                ids[row.instrument]


def write_rows(
    connection: Connection,
    insert: Inserting,
    apart: Mapping[type, Sequence[Any]],
    ids: Mapping[str, int],
    commit: int,
    *,
    again: bool = False,
) -> int:
    """Write rows into their tables; returns how many were new or replaced.

    ``again`` says that this batch was written before: rows without a key are then left out.
    """
    done = 0
    for struct, rows in apart.items():
        kind = ROW_KIND[struct]
        if again and not kind.keyed:
            continue
        if struct is HealthRow:
            _note_changes(connection, insert, rows)
        done += insert(connection, kind.insert, kind.flat(rows, ids, commit))
        if struct is QuarantineRow:
            _cap_quarantine(connection)
    return done


def _note_changes(connection: Connection, insert: Inserting, rows: Sequence[HealthRow]) -> None:
    with closing(_STATES.run(connection)) as found:
        known = {(venue, channel): (state, reason, ts) for venue, channel, state, reason, ts in found}
    changed: list[HealthRow] = []
    for row in rows:
        before = known.get((row.venue, row.channel))
        if before is not None and (before[:2] == (row.state, row.reason) or before[2] >= row.ts):
            continue
        known[row.venue, row.channel] = (row.state, row.reason, row.ts)
        changed.append(row)
    if changed:
        insert(connection, _HISTORY, list(chain.from_iterable(map(msgspec.structs.astuple, changed))))


def _cap_quarantine(connection: Connection) -> None:
    table = schema.QUARANTINE
    newest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    connection.execute(delete(table).where(table.c.id <= newest - QUARANTINE_ROWS))


def revive(struct: type[R], rows: Iterable[Mapping[str, Any]]) -> list[R]:
    """Table rows (instruments already names) as structs; a missing float is NaN again."""
    make: Callable[[Mapping[str, Any]], Any] = _revive_metric if struct is MetricRow else _reviver(struct)
    return [make(row) for row in rows]


def _revive_metric(row: Mapping[str, Any]) -> MetricRow:
    return MetricRow(
        instrument=row["instrument"],
        tf=row["tf"],
        t1=row["t1"],
        values=tuple(_number(row[name]) for name in METRIC_COLUMNS),
        n=tuple(row["n_" + name] for name in METRIC_COLUMNS),
        reasons=split_reasons(row["reasons"]),
        coverage=_number(row["coverage"]),
        unsettled=bool(row["unsettled"]),
        stamp=row["stamp"],
    )


def _number(value: float | None) -> float:
    return NAN if value is None else value


def _reviver(struct: type[R]) -> Callable[[Mapping[str, Any]], R]:
    # A field that may be None says so in its type; any other missing value was a NaN.
    maybe = {field.name for field in msgspec.structs.fields(struct) if field.default is None}
    names = struct.__struct_fields__

    def make(row: Mapping[str, Any]) -> R:
        values = {name: row[name] for name in names}
        missing = {name: NAN for name, value in values.items() if value is None and name not in maybe}
        return struct(**{**values, **missing})

    return make
