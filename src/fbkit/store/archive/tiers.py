"""What a store knows about where its events lie: in the database, or in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, func, select

from fbkit.model.market import Span
from fbkit.model.timeframe import NS_DAY
from fbkit.settings import default_home
from fbkit.store.archive.log import ArchivedLog
from fbkit.store.archive.parts import Part, parts_of
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, Held, Reading
from fbkit.store.schema import BARS, BEATS, CHECKPOINTS, INSTRUMENTS, METRICS


def folder_of(path: Path | None, database_id: str) -> Path:
    """Where the archive of a database lies: beside its file, else under its id in home."""
    return default_home() / f"{database_id}.archive" if path is None else path.with_name(f"{path.name}.archive")


class Tiers:
    """The hot tier and the archive of one database, each by itself. ``store.tiers``."""

    def __init__(self, reading: Reading, log: ArchivedLog) -> None:
        self._reading, self._log = reading, log

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._log.files.folder

    def parts(self) -> list[Part]:
        """The files that are read with the database, oldest day first."""
        with self._reading() as connection:
            return parts_of(connection, KIND_TABLE.values())

    def held(self) -> list[Held]:
        """How many events, and bytes of them, the database itself holds, by kind and hour."""
        with self._reading() as connection:
            return self._log.hot.held(connection)

    def held_rows(self) -> list[tuple[str, str, int, int]]:
        """Rows that grow with time, by table, timeframe and the UTC day they close in: (table, tf, day, how many)."""
        found = []
        with self._reading() as connection:
            for table in (BARS, METRICS):
                day = table.c.t1 - 1 - (table.c.t1 - 1) % NS_DAY
                query = select(table.c.tf, day, func.count()).group_by(table.c.tf, day)
                found += [(table.name, tf, start, n) for tf, start, n in connection.execute(query)]
            day = BEATS.c.ts_event - BEATS.c.ts_event % NS_DAY
            query = select(day, func.count()).group_by(day)
            found += [(BEATS.name, "", start, n) for start, n in connection.execute(query)]
        return found

    def hot(self, kind: Kind, span: Span) -> Arrays:
        """What the database itself holds of a span, sorted by (``ts_event``, ``seq``)."""
        with self._reading() as connection:
            return self._log.hot.by_time(connection, kind, None, span)

    def stretches(self, kind: Kind, instrument: str | None, span: Span) -> Iterator[tuple[Arrays, dict[int, str]]]:
        """All tiers of a kind in arrays of a bounded size, one stretch of time after the other, each with the names."""
        with self._reading() as connection:
            names = self._names(connection)
            number = next((number for number, name in names.items() if name == instrument), -1)
            wanted = None if instrument is None else number
            spans = self._log.stretches(connection, kind, wanted, span)
        for one in spans:
            with self._reading() as connection:
                yield self._log.by_time(connection, kind, wanted, one), self._names(connection)

    def names(self) -> dict[int, str]:
        """Instruments by their numbers."""
        with self._reading() as connection:
            return self._names(connection)

    @staticmethod
    def _names(connection: Connection) -> dict[int, str]:
        return dict(connection.execute(select(INSTRUMENTS.c.id, INSTRUMENTS.c.name)).all())

    @property
    def settled(self) -> int:
        """The ``seq`` of the newest checkpoint: what came up to it may leave the database. 0 before the first."""
        with self._reading() as connection:
            return int(connection.execute(select(func.max(CHECKPOINTS.c.seq))).scalar() or 0)

    @property
    def settled_ts(self) -> int:
        """The instant (UTC ns) of the newest checkpoint; 0 before the first."""
        with self._reading() as connection:
            query = select(CHECKPOINTS.c.ts).order_by(CHECKPOINTS.c.seq.desc()).limit(1)
            return int(connection.execute(query).scalar() or 0)
