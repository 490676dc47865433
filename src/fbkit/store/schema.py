"""The tables that are alike in every database, in SQLAlchemy Core; how events lie is each database's own.

A change here wants a migration; ``test_migrate.py`` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

from fbkit.model.columns import METRIC_COLUMNS
from fbkit.model.rows import AccountRow, AlertRow, BarRow, HealthRow, MetricRow, RunRow, SummaryRow
from fbkit.store.kinds import KIND_TABLE, Field


class Exact(UserDefinedType[float]):
    """A float64 kept bit for bit.

    SQLite turns −0.0 into 0.0 in a column declared ``REAL``; one declared ``BLOB`` stores what it is given. PostgreSQL
    has ``DOUBLE PRECISION``. NaN is stored as ``NULL``.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The declared type."""
        return "BLOB"


@compiles(Exact, "postgresql")
def _double(_type: Exact, _compiler: Any, **_: Any) -> str:
    return "DOUBLE PRECISION"


metadata = MetaData()


def _i(name: str, **options: Any) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), **options)


def _f(name: str) -> Column[float]:
    return Column(name, Exact)


def _s(name: str, **options: Any) -> Column[str]:
    # By bytes, as SQLite sorts: a server's language must not tell two databases' order apart.
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), **options)


def event_column(field: Field) -> Column[Any]:
    """The column of a kind's field; ``seq`` is the key."""
    if field.name == "seq":
        return _i("seq", primary_key=True, autoincrement=False)
    makers: dict[str, Callable[[str], Column[Any]]] = {"i": _i, "f": _f, "s": _s}
    return makers[field.type](field.name)


#: Beats stay rows: health and uptime ask for them by time.
BEATS = Table("beats", metadata, *map(event_column, KIND_TABLE["beat"].fields))
Index("beats_ts_event", BEATS.c.ts_event)
Index("beats_ts_recv", BEATS.c.ts_recv)

META = Table("meta", metadata, _s("key", primary_key=True), _s("value", nullable=False))

#: One row: who may write, until when, and how far writing has come.
WRITER = Table(
    "writer",
    metadata,
    _i("id", primary_key=True, autoincrement=False),
    _i("epoch", nullable=False),
    _s("holder", nullable=False),
    _i("pid", nullable=False),
    _s("host", nullable=False),
    _i("started", nullable=False),
    _i("renewed", nullable=False),
    _i("ttl", nullable=False),
    _i("commit_number", nullable=False),
    _i("last_seq", nullable=False),
)

#: Every name an event or row bears, and what its newest Listing says of it (``seq`` is that Listing's).
INSTRUMENTS = Table(
    "instruments",
    metadata,
    _i("id", primary_key=True, autoincrement=False),
    _s("name", nullable=False, unique=True),
    _i("seq"),
    _s("venue_symbol"),
    _s("base"),
    _s("quote"),
    _s("settle"),
    _f("contract_size"),
    _f("unit_mult"),
    _f("tick"),
    _f("step"),
    _i("expiry"),
    _i("inverse"),
    _s("status"),
    _i("assumed"),
)


def _row(struct: type[msgspec.Struct], *key: str) -> tuple[Column[Any], ...]:
    """The columns of a row struct, in its order and of its types, with those of the key marked."""
    return tuple(_of(field, key=field.name in key) for field in msgspec.structs.fields(struct))


def _of(field: msgspec.structs.FieldInfo, *, key: bool) -> Column[Any]:
    options: dict[str, Any] = {"primary_key": True} if key else {}
    if field.type in (int, int | None) or field.name == "instrument":
        return _i(field.name, **options, autoincrement=False) if key else _i(field.name)
    return _s(field.name, **options) if field.type is str else _f(field.name)


BARS = Table(
    "bars",
    metadata,
    *_row(BarRow, "instrument", "tf", "t1"),
    _i("commit_number", nullable=False),
    sqlite_with_rowid=False,
)
Index("bars_commit", BARS.c.commit_number)

METRICS = Table(
    "metrics",
    metadata,
    *(_of(field, key=True) for field in msgspec.structs.fields(MetricRow)[:3]),
    *(_f(name) for name in METRIC_COLUMNS),
    *(_i(f"n_{name}") for name in METRIC_COLUMNS),
    _s("reasons"),
    _f("coverage"),
    _i("unsettled"),
    _i("stamp"),
    _i("commit_number", nullable=False),
    sqlite_with_rowid=False,
)
Index("metrics_commit", METRICS.c.commit_number)

SUMMARY = Table(
    "summary",
    metadata,
    *_row(SummaryRow, "instrument", "tf"),
    _i("commit_number", nullable=False),
    sqlite_with_rowid=False,
)

ALERTS = Table("alerts", metadata, *_row(AlertRow, "alert_id"), _i("commit_number", nullable=False))
Index("alerts_ts", ALERTS.c.ts)
Index("alerts_commit", ALERTS.c.commit_number)

#: The projection of the Gap events; ``seq`` is that of the newest one.
GAPS = Table(
    "gaps",
    metadata,
    _i("gap_id", primary_key=True, autoincrement=False),
    _i("instrument"),
    _s("venue"),
    _s("channel"),
    _s("phase"),
    _s("cause"),
    _i("t0"),
    _i("t1"),
    _i("missing"),
    _i("seq"),
    _i("commit_number", nullable=False),
)
Index("gaps_t0", GAPS.c.t0)
Index("gaps_commit", GAPS.c.commit_number)

QUARANTINE = Table(
    "quarantine",
    metadata,
    _i("id", primary_key=True, autoincrement=True),
    _i("ts_recv"),
    _s("venue"),
    _s("channel"),
    _s("instrument"),  # as the venue wrote it: it may be no name of ours
    _s("reason"),
    Column("sample", LargeBinary),
    sqlite_autoincrement=True,
)

ACCOUNTS = Table("accounts", metadata, *_row(AccountRow, "run", "venue", "channel"), sqlite_with_rowid=False)

#: The newest state of each stream …
HEALTH = Table("health", metadata, *_row(HealthRow, "venue", "channel"), sqlite_with_rowid=False)
#: … and every change of it.
HEALTH_HISTORY = Table("health_history", metadata, _i("id", primary_key=True, autoincrement=True), *_row(HealthRow))
Index("health_history_ts", HEALTH_HISTORY.c.ts)

ENGINE_RUNS = Table("engine_runs", metadata, *_row(RunRow, "run"))

CHECKPOINTS = Table(
    "checkpoints",
    metadata,
    _i("seq", primary_key=True, autoincrement=False),
    _i("ts"),
    _s("code"),
    _i("stamp"),
    Column("state", LargeBinary),
)

STAMPS = Table(
    "stamps",
    metadata,
    _i("stamp", primary_key=True, autoincrement=True),
    _s("code", nullable=False),
    _s("settings", nullable=False),
    _i("ts", nullable=False),
)
Index("stamps_content", STAMPS.c.code, STAMPS.c.settings, unique=True)

#: Which events lie in which file of the archive, and what that file must be: read together with the database.
ARCHIVED = Table(
    "archived",
    metadata,
    *(_i(name, primary_key=True, autoincrement=False) for name in ("kind", "day", "part")),
    *(_i(name, nullable=False) for name in ("n", "seq_min", "seq_max", "ts_min", "ts_max", "bytes")),
    _s("sha256", nullable=False),
    _i("ts", nullable=False),
    sqlite_with_rowid=False,
)

#: Tables of rows, by the name users say.
ROW_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        INSTRUMENTS,
        BARS,
        METRICS,
        SUMMARY,
        ALERTS,
        GAPS,
        BEATS,
        QUARANTINE,
        ACCOUNTS,
        HEALTH,
        HEALTH_HISTORY,
        ENGINE_RUNS,
        CHECKPOINTS,
        STAMPS,
    )
}
