"""A store as a reader sees it: events and rows, and nothing that writes."""

from __future__ import annotations

import difflib
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec
import numpy as np
from sqlalchemy import Connection, func, select

from fbkit.errors import StoreMissing, UnknownName
from fbkit.model.events import Beat, Event
from fbkit.model.instrument import Instrument
from fbkit.model.market import Market, Span
from fbkit.model.rows import AccountRow, AlertRow, BarRow, HealthRow, MetricRow, RunRow
from fbkit.store import uptimes
from fbkit.store.archive.log import ArchivedLog
from fbkit.store.archive.tiers import Tiers, folder_of
from fbkit.store.batch import Checkpoint
from fbkit.store.checkpoints import newest_checkpoint
from fbkit.store.checkpoints import places as checkpoint_places
from fbkit.store.columns import Columns, distinct, spelled
from fbkit.store.commits import Commit, numbers_after, rows_of
from fbkit.store.digest import digest_events, digest_rows
from fbkit.store.kinds import KIND_TABLE, Kind, get_kind
from fbkit.store.lease import Held, facts, look
from fbkit.store.log import Arrays, Database, picked
from fbkit.store.query import TABLE_OF, Found, Question, ask, ask_columns, get_row_table
from fbkit.store.rows import revive
from fbkit.store.schema import CHECKPOINTS, INSTRUMENTS, ROW_TABLES, WRITER

if TYPE_CHECKING:
    import pandas as pd

R = TypeVar("R", bound=msgspec.Struct)

EVERYTHING = Span()

ALL_KINDS = tuple(KIND_TABLE.values())
_PLURALS = {kind.plural for kind in ALL_KINDS}


class Store:
    """Remembers events and rows; this half reads.

    What was appended once is never changed afterwards. Safe to share between threads and to open in many processes;
    every read is one short transaction, so a reader holds nobody up. Made by :func:`fbkit.store.open_store`.
    """

    def __init__(self, database: Database) -> None:
        self.url, self.path = database.url, database.path
        self._database, self._reading = database, database.reading
        self._where = database.where
        self._names: dict[int, str] = {}
        with self._reading() as connection:
            meta = facts(connection)
        if "market" not in meta:
            raise StoreMissing(self._where, "the database is being created", "try again in a moment")
        self.market = Market(meta["market"])
        self.seed = int(meta["seed"]) if "seed" in meta else None
        self.id = meta["id"]
        self._log = ArchivedLog(database.log, folder_of(database.path, self.id))
        self.tiers = Tiers(self._reading, self._log)
        self.created = int(meta["created"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.market} {self._where}>"

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        self._database.close()

    # events

    def read(self, kind: str, instrument: str | None = None, span: Span = EVERYTHING) -> Columns:
        """Events of a kind with ``ts_event`` in ``[since, until)``, as arrays sorted by (``ts_event``, ``seq``)."""
        arrays, names = self._arrays(get_kind(kind), instrument, span)
        return Columns(kind, {**arrays, "instrument": spelled(arrays["instrument"], names)})

    def events(self, kind: str, instrument: str | None = None, span: Span = EVERYTHING) -> Iterator[Event]:
        """The same as events, one by one: what was stored when it began, with little in memory however much it is."""
        found, end = get_kind(kind), self._end_seq()
        with self._reading() as connection:
            number = None if instrument is None else self._number(connection, instrument)
            stretches = self._log.stretches(connection, found, number, span)
        return chain.from_iterable(self._stretch(found, number, stretch, end) for stretch in stretches)

    def _stretch(self, kind: Kind, number: int | None, span: Span, end: int) -> Iterator[Event]:
        with self._reading() as connection:
            arrays = self._log.by_time(connection, kind, number, span)
            names = self._refreshed(connection, distinct(arrays["instrument"])[0].tolist())
        return kind.structs(picked(arrays, arrays["seq"] < end), names)

    def frame(self, kind: str, instrument: str | None = None, span: Span = EVERYTHING) -> pd.DataFrame:
        """The same as a frame: UTC index ``time`` (of ``ts_event``), units in the names, instants also in ns."""
        from fbkit.store.frames import to_frame  # pandas: who asks for arrays needs none of it

        found = get_kind(kind)
        arrays, names = self._arrays(found, instrument, span)
        return to_frame(found, arrays, names)

    def replay(self, since_seq: int = 0, until_seq: int | None = None) -> Iterator[Event]:
        """Every event with ``since_seq <= seq < until_seq`` by ``seq``, all kinds merged, with little in memory.

        Without an end: up to what was stored when it began.
        """
        end = self._end_seq() if until_seq is None else until_seq
        for window in self._log.by_seq(self._reading, ALL_KINDS, since_seq, end):
            names = self._known_names()
            streams = [KIND_TABLE[kind].structs(arrays, names) for kind, arrays in window.items()]
            yield from sorted((event for stream in streams for event in stream), key=_seq)

    def _arrays(self, kind: Kind, instrument: str | None, span: Span) -> tuple[Arrays, dict[int, str]]:
        with self._reading() as connection:
            number = None if instrument is None else self._number(connection, instrument)
            arrays = self._log.by_time(connection, kind, number, span)
            return arrays, self._refreshed(connection, distinct(arrays["instrument"])[0].tolist())

    def _end_seq(self) -> int:
        with self._reading() as connection:
            return int(connection.execute(select(WRITER.c.last_seq)).scalar_one()) + 1

    # rows

    def rows(
        self,
        table: str,
        *,
        instrument: str | None = None,
        tf: str | None = None,
        span: Span = EVERYTHING,
        last: int | None = None,
    ) -> pd.DataFrame:
        """Rows of a table as a frame: UTC index ``time`` where the table has one, instants also as columns in ns.

        A bar or metric belongs to the span in which it closes (``since < t1 <= until``), a gap to any it overlaps.
        ``last`` keeps the newest rows: for bars and metrics of each instrument and timeframe, else of all.
        """
        asked = get_row_table(table)
        with self._reading() as connection:
            number = self._number(connection, instrument) if instrument is not None and asked.numbered else None
            found = ask_columns(connection, asked, Question(number, tf, span, last))
            if asked.numbered:
                names = self._refreshed(connection, distinct(found["instrument"])[0].tolist())
                found["instrument"] = spelled(found["instrument"], names)
        from fbkit.store.frames import rows_frame  # pandas: who asks for arrays needs none of it

        return rows_frame(asked, found)

    def columns(
        self, table: str, names: Sequence[str], *, instrument: str, tf: str | None = None, span: Span = EVERYTHING
    ) -> dict[str, Any]:
        """Some columns of one instrument's rows as arrays, in the order of :meth:`rows` and at a third of its price.

        Raises ``UnknownName`` for a table or column that is not there.
        """
        asked = get_row_table(table)
        for name in names:
            if name not in asked.table.c:
                raise UnknownName(f"column of {table}", name, tuple(asked.table.c.keys()))
        with self._reading() as connection:
            number = self._number(connection, instrument)
            found = ask_columns(connection, asked, Question(number, tf, span, columns=tuple(names)))
        if "instrument" in found:
            found["instrument"] = np.full(len(found["instrument"]), instrument, dtype=object)
        return found

    def row_structs(
        self,
        row_type: type[R],
        *,
        instrument: str | None = None,
        tf: str | None = None,
        span: Span = EVERYTHING,
        last: int | None = None,
    ) -> list[R]:
        """The same as :meth:`rows`, as structs: equal to what was appended, NaN for what was missing."""
        found = self._ask(TABLE_OF[row_type], instrument, tf, span, last)
        return revive(row_type, found.dicts())

    def records(
        self,
        table: str,
        *,
        instrument: str | None = None,
        tf: str | None = None,
        span: Span = EVERYTHING,
        last: int | None = None,
    ) -> list[dict[str, Any]]:
        """The same as :meth:`rows`, as a dictionary a row, ``None`` for what is missing; for a few rows."""
        return self._ask(table, instrument, tf, span, last).dicts()

    def _ask(self, table: str, instrument: str | None, tf: str | None, span: Span, last: int | None) -> Found:
        asked = get_row_table(table)
        with self._reading() as connection:
            number = self._number(connection, instrument) if instrument is not None and asked.numbered else None
            found = ask(connection, asked, Question(number, tf, span, last))
            if not asked.numbered:
                return found
            place = found.names.index("instrument")
            names = self._refreshed(connection, {row[place] for row in found.rows})
        return Found(found.names, [(*row[:place], names[row[place]], *row[place + 1 :]) for row in found.rows])

    def instruments(self) -> dict[str, Instrument]:
        """What was listed, by name, from the newest Listing of each."""
        with self._reading() as connection:
            query = select(INSTRUMENTS).where(INSTRUMENTS.c.seq.is_not(None)).order_by(INSTRUMENTS.c.name)
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return {row["name"]: _instrument(row) for row in rows}

    def gaps(self, span: Span = EVERYTHING) -> pd.DataFrame:
        """Gaps that overlap a span, by start; ``t1`` is missing while one is open."""
        return self.rows("gaps", span=span)

    def beats(self, span: Span = EVERYTHING) -> pd.DataFrame:
        """Beats with ``ts_recv`` in a span."""
        return self.rows("beats", span=span)

    def last_beat(self) -> Beat | None:
        """The newest beat: how far this store has come."""
        kind = KIND_TABLE["beat"]
        with self._reading() as connection:
            newest = self._log.newest(connection, kind)
            names = self._known_names(connection)
        return next(kind.structs(newest, names), None)  # type: ignore[return-value]  # of its own kind

    def runs(self) -> list[RunRow]:
        """Every start of the engine, oldest first."""
        return self.row_structs(RunRow)

    def accounts(self, run: int | None = None) -> list[AccountRow]:
        """What became of the items of a run (default: the newest), per venue and channel."""
        rows = self.row_structs(AccountRow)
        wanted = max((row.run for row in rows), default=0) if run is None else run
        return [row for row in rows if row.run == wanted]

    def latest_health(self) -> list[HealthRow]:
        """The newest state of each stream."""
        return self.row_structs(HealthRow)

    def heartbeats(self, since: int, until: int) -> list[int]:
        """Instants (UTC ns of ``ts_recv``) of the heartbeats in ``[since, until)``, in order."""
        with self._reading() as connection:
            return uptimes.heartbeats(connection, since, until)

    def first_heartbeat(self) -> int | None:
        """The first heartbeat there is (UTC ns): what lies before it is unknown."""
        with self._reading() as connection:
            return uptimes.first_heartbeat(connection)

    def states(self, since: int, until: int) -> list[tuple[int, str]]:
        """The state of the whole at each change in ``[since, until)``, and at the last before: (UTC ns, state)."""
        with self._reading() as connection:
            return uptimes.states(connection, since, until)

    def checkpoint(self, code: str, seq: int | None = None) -> Checkpoint | None:
        """The newest checkpoint this code can read, or the one of a ``seq``."""
        with self._reading() as connection:
            return newest_checkpoint(connection, code, seq)

    def checkpoints(self, code: str) -> list[tuple[int, int]]:
        """``seq`` and instant (UTC ns) of every checkpoint this code can read, oldest first."""
        with self._reading() as connection:
            return checkpoint_places(connection, code)

    # how much

    def table_counts(self) -> dict[str, int]:
        """Events by plural name, wherever they lie, and rows by table."""
        with self._reading() as connection:
            counts = self._log.counts(connection)
            for name, table in ROW_TABLES.items():
                if name not in counts:
                    counts[name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return counts

    def commits_after(self, cursor: int, limit: int = 100) -> list[Commit]:
        """The next commits that closed bars or wrote metrics, alerts or gaps, oldest first: none lost, none twice.

        A gap is told by the commit of its newest event alone.
        """
        with self._reading() as connection:
            numbers = numbers_after(connection, cursor, limit)
            if not numbers:
                return []
            apart: dict[str, dict[int, list[dict[str, Any]]]] = {
                name: defaultdict(list) for name in ("bars", "metrics", "alerts", "gaps")
            }
            for name, by_commit in apart.items():
                for row in rows_of(connection, name, numbers[0], numbers[-1]):
                    by_commit[row.pop("commit_number")].append(row)
        return [
            Commit(
                number,
                revive(BarRow, apart["bars"][number]),
                revive(MetricRow, apart["metrics"][number]),
                revive(AlertRow, apart["alerts"][number]),
                apart["gaps"][number],
            )
            for number in numbers
        ]

    def digest(self, tables: Sequence[str]) -> str:
        """SHA-256 (hex) over the named tables (as in :meth:`table_counts`): the same content, the same digest.

        In the order of their keys, floats as IEEE bytes, instruments by name, tail and chunks alike; without what
        belongs to a run: pid, host, code, settings, stamps, commit numbers.
        """
        whole = hashlib.sha256()
        end = self._end_seq()
        for name in sorted(tables):
            if name in _PLURALS:
                kind = get_kind(name)
                windows = self._log.by_seq(self._reading, [kind], 0, end)
                part = digest_events(kind, windows, self._known_names())
            else:
                with self._reading() as connection:
                    part = digest_rows(connection, get_row_table(name))
            whole.update(name.encode() + part)
        return whole.hexdigest()

    def sizes(self) -> dict[str, int]:
        """Bytes of the database and of its WAL."""
        return self._database.sizes()

    def lease(self) -> Held:
        """Who writes this database, or wrote it last."""
        with self._reading() as connection:
            return look(connection)

    def newest_checkpoint(self) -> tuple[int, int] | None:
        """``seq`` and instant (UTC ns) of the newest checkpoint, whatever code wrote it."""
        with self._reading() as connection:
            row = connection.execute(
                select(CHECKPOINTS.c.seq, CHECKPOINTS.c.ts).order_by(CHECKPOINTS.c.seq.desc()).limit(1)
            ).first()
        return None if row is None else (int(row[0]), int(row[1]))

    @property
    def wal_bytes(self) -> int:
        """Bytes of the write-ahead log: grows while a reader holds an old snapshot."""
        return self._database.sizes()["wal"]

    @property
    def commit_number(self) -> int:
        """The number of the newest commit; each append is one more."""
        with self._reading() as connection:
            return int(connection.execute(select(WRITER.c.commit_number)).scalar_one())

    # inside

    def _number(self, connection: Connection, name: str) -> int:
        number = connection.execute(select(INSTRUMENTS.c.id).where(INSTRUMENTS.c.name == name)).scalar()
        if number is not None:
            return int(number)
        known = [*self._known_names(connection).values()]
        raise UnknownName("instrument", name, difflib.get_close_matches(name, known, 3, 0.5))

    def _refreshed(self, connection: Connection, numbers: Iterable[int]) -> dict[int, str]:
        """Names of these numbers; asks the table when one is new to us."""
        if not self._names.keys() >= set(numbers):
            self._names = dict(connection.execute(select(INSTRUMENTS.c.id, INSTRUMENTS.c.name)).all())
        return self._names

    def _known_names(self, connection: Connection | None = None) -> dict[int, str]:
        if connection is None:
            with self._reading() as opened:
                return self._known_names(opened)
        self._names = dict(connection.execute(select(INSTRUMENTS.c.id, INSTRUMENTS.c.name)).all())
        return self._names


def _seq(event: Event) -> int:
    return event.seq


def _instrument(row: dict[str, Any]) -> Instrument:
    return Instrument(
        name=row["name"],
        venue=row["name"].partition(":")[0],
        **{name: row[name] for name in Instrument.__struct_fields__[2:-3] if name != "inverse"},
        inverse=bool(row["inverse"]),
        status=row["status"],
        assumed=bool(row["assumed"]),
    )
