"""``FBKIT_HOME/state.db``: what every process but the collector remembers. Phases, the continuity log, report runs.

The market database has one writer, the collector; whoever else has something to keep keeps it here. Rollback journal
and ``synchronous=FULL``: a few rows an hour that must survive a power cut, written by short ``BEGIN IMMEDIATE``
transactions. The SQLite library is the one :mod:`fbkit.store.sqlite.driver` chose for the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.pool import NullPool

from fbkit.clock import Clock, SystemClock
from fbkit.errors import SchemaMismatch
from fbkit.settings import Settings
from fbkit.store.lease import BUSY_MS
from fbkit.store.sqlite.driver import library, told

TABLES = MetaData()

meta = Table("meta", TABLES, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

phases = Table(
    "phases",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("ts", Integer, nullable=False),  # UTC ns
    Column("name", Text, nullable=False),
    Column("note", Text, nullable=False),
)

continuity_log = Table(
    "continuity_log",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("ts", Integer, nullable=False),  # UTC ns
    Column("kind", Text, nullable=False),  # snapshot, phase
    Column("sentence", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON
)

report_runs = Table(
    "report_runs",
    TABLES,
    Column("run", Integer, primary_key=True),
    Column("report", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # JSON
    Column("database", Text, nullable=False),  # redacted
    Column("pid", Integer, nullable=False),
    Column("ts_start", Integer, nullable=False),  # UTC ns
    Column("ts_stop", Integer),  # UTC ns
    Column("state", Text, nullable=False),  # running, published, failed, interrupted
    Column("folder", Text, nullable=False),  # where it was published, or what is left of it
    Column("cell", Text, nullable=False),  # where it failed
    Column("error", Text, nullable=False),
)


def _first(connection: Connection) -> None:
    """Schema 1: as issue 2 had it."""
    TABLES.create_all(connection)


#: One function a schema, applied in order together with the record that it was.
MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first,)


class LogEntry(msgspec.Struct, frozen=True):
    """One line of the continuity log; ``ts`` is UTC ns."""

    ts: int
    kind: str
    sentence: str
    facts: dict[str, Any]


class State:
    """The rows of ``state.db``. Made on the first write; a reader of none finds nothing."""

    def __init__(self, path: Path, clock: Clock | None = None, *, busy_ms: int = BUSY_MS) -> None:
        self.path = path
        self.clock: Clock = clock or SystemClock()
        self._engine = _engine(path, busy_ms)
        self._settled = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the end, rolled back by an exception."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with told(str(self.path)), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            self._settle(connection)
            yield connection
            connection.commit()
        self._settled = True

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """A transaction that reads; ``None`` when there is nothing to read yet."""
        if not self.path.is_file():
            yield None
            return
        if not self._settled:
            with self.writing():
                pass
        with told(str(self.path)), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    def log(self, kind: str, sentence: str, facts: Mapping[str, Any]) -> None:
        """Write a line of the continuity log."""
        row = {"ts": self.clock.now(), "kind": kind, "sentence": sentence, "facts": msgspec.json.encode(facts).decode()}
        with self.writing() as connection:
            connection.execute(insert(continuity_log).values(row))

    def log_entries(self, last: int = 50) -> list[LogEntry]:
        """The newest lines of the continuity log, newest first."""
        with self.reading() as connection:
            if connection is None:
                return []
            query = select(continuity_log).order_by(continuity_log.c.id.desc()).limit(last)
            found = connection.execute(query).mappings().all()
        return [LogEntry(row["ts"], row["kind"], row["sentence"], msgspec.json.decode(row["facts"])) for row in found]

    def _settle(self, connection: Connection) -> None:
        """Bring the schema up to date inside the transaction at hand; it is settled when that has committed."""
        if self._settled:
            return
        meta.create(connection, checkfirst=True)
        found = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
        schema = int(found or 0)
        if schema > len(MIGRATIONS):
            raise SchemaMismatch(
                str(self.path), f"has schema {schema}, this fbkit knows {len(MIGRATIONS)}", "use the newer fbkit"
            )
        for number, migrate in enumerate(MIGRATIONS[schema:], schema + 1):
            migrate(connection)
            connection.execute(insert(meta).prefix_with("OR REPLACE").values(key="schema", value=str(number)))


def open_state(settings: Settings, clock: Clock | None = None) -> State:
    """The state database of these settings."""
    return State(settings.home / "state.db", clock)


def _engine(path: Path, busy_ms: int) -> Engine:
    """An engine that begins nothing by itself and keeps no file open between transactions."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        module=library(),
        connect_args={"isolation_level": None, "timeout": busy_ms / 1000},
        poolclass=NullPool,
    )

    def prepare(connection: Any, _record: Any) -> None:
        with told(str(path)):
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
            connection.execute("PRAGMA synchronous=FULL")

    event.listen(engine, "connect", prepare)
    return engine
