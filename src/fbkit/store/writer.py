"""The one writer of a database: one transaction a batch, and the lease looked at in each."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select

from fbkit.clock import Clock
from fbkit.errors import StoreBusy, StoreError, UnknownName
from fbkit.model.events import KINDS, Event, Gap, Listing
from fbkit.model.market import Span
from fbkit.store.archive.parts import Part, note
from fbkit.store.batch import Appended, Batch
from fbkit.store.checkpoints import forget_checkpoints, write_checkpoint
from fbkit.store.kinds import KIND_TABLE, get_kind
from fbkit.store.lease import Lease, give_back, renew
from fbkit.store.log import Numbers, WritableDatabase
from fbkit.store.packed import Packed
from fbkit.store.projections import project_gaps, project_listings
from fbkit.store.query import ROW_TABLES, forget_rows, get_row_table
from fbkit.store.reader import Store
from fbkit.store.rows import by_type, name_rows, write_rows
from fbkit.store.schema import BARS, BEATS, CHECKPOINTS, INSTRUMENTS, METRICS, STAMPS, WRITER

#: The most events one transaction of a fold moves, or of a merge joins.
FOLD_ROWS = 131_072
#: The most rows one transaction removes.
FORGET_ROWS = 10_000

_KIND_OF = {struct: KIND_TABLE[name] for name, struct in KINDS.items()}


class Writer(Store):
    """A store that may be written. Made by :func:`open_writer`; one a database.

    A call that raises :class:`~fbkit.errors.StoreFull` or :class:`~fbkit.errors.StoreBusy` has changed nothing and may
    be repeated with the same batch. After :class:`~fbkit.errors.LeaseLost` somebody else writes: stop.
    """

    _database: WritableDatabase

    def __init__(self, database: WritableDatabase, clock: Clock, lease: Lease) -> None:
        super().__init__(database)
        self._clock = clock
        self._lease = lease
        self._one = threading.RLock()
        self._unsure = False
        self._numbered: tuple[tuple[str, ...], NDArray[np.int64]] = (), np.empty(0, dtype=np.int64)
        with self._reading() as connection:
            self._ids = _numbers(connection)

    @property
    def epoch(self) -> int:
        """The number of our lease."""
        return self._lease.epoch

    @property
    def last_seq(self) -> int:
        """The highest ``seq`` ever appended; 0 in a new database."""
        return self._lease.last_seq

    @property
    def commit_number(self) -> int:
        """The number of the newest append."""
        return self._lease.commit_number

    def append(self, batch: Batch) -> Appended:
        """Write a batch in one transaction. What is there already (by ``seq`` or key) is left as it is.

        Raises :class:`~fbkit.errors.StoreFull`, :class:`~fbkit.errors.StoreBusy`, :class:`~fbkit.errors.LeaseLost`.
        """
        packed = batch.events if isinstance(batch.events, Packed) else None
        highest = (packed.seq_max if packed else batch.events[-1].seq) if batch.events else 0
        with self._one:
            before = self._lease
            ahead = before._replace(commit_number=before.commit_number + 1, last_seq=max(before.last_seq, highest))
            ids = Numbers(self._ids)
            with self._writing(ahead) as connection:
                if packed and packed.seq_min > before.last_seq and self._write_runs(connection, packed, ids):
                    new = len(packed) - len(packed.rest) + self._write_events(connection, packed.rest, ids, ahead)
                else:
                    new = self._write_events(connection, batch.events, ids, ahead)
                again = bool(batch.events) and new == 0
                rows = self._write_rows(connection, batch, ids, ahead.commit_number, again=again)
            self._lease, self._ids = ahead, ids
        return Appended(new, len(batch.events) - new, rows, ahead.commit_number)

    def _write_runs(self, connection: Connection, packed: Packed, ids: Numbers) -> bool:
        """Events that are new for certain, as they were packed; ``False`` where the database wants them unpacked."""
        return self._log.append_runs(connection, packed.runs(), self._numbers_of(tuple(packed.names), ids))

    def _numbers_of(self, names: tuple[str, ...], ids: Numbers) -> NDArray[np.int64]:
        """A packer's names as our numbers; kept, for they change at its start alone."""
        if names == self._numbered[0]:
            return self._numbered[1]
        numbers = np.array([ids[name] for name in names], dtype=np.int64)
        if not ids.new:  # else they are not ours before this is committed
            self._numbered = names, numbers
        return numbers

    def _write_events(self, connection: Connection, batch: Iterable[Event], ids: Numbers, ahead: Lease) -> int:
        events: dict[type[Event], list[Event]] = defaultdict(list)
        for event in batch:
            events[type(event)].append(event)
        new = 0
        for struct, own in events.items():
            new += self._log.append(connection, _KIND_OF[struct], own, ids, self._lease.last_seq)
        _write_names(connection, ids)
        if Listing in events:
            project_listings(connection, events[Listing])
        if Gap in events:
            project_gaps(connection, self._database.upsert, events[Gap], ids, ahead.commit_number)
        return new

    def _write_rows(self, connection: Connection, batch: Batch, ids: Numbers, commit: int, *, again: bool) -> int:
        done = 0
        if batch.rows:
            apart = by_type(batch.rows)
            name_rows(apart, ids)
            _write_names(connection, ids)
            done = write_rows(connection, self._database.insert, apart, ids, commit, again=again)
        if batch.checkpoint is not None:
            write_checkpoint(connection, batch.checkpoint)
        return done

    def stamp(self, code: str, settings: str) -> int:
        """The number that stands for this code and these settings in every row's ``stamp``."""
        row = {"code": code, "settings": settings, "ts": self._clock.now()}
        with self._one, self._writing(self._lease) as connection:
            connection.execute(self._database.upsert(STAMPS).values(row).on_conflict_do_nothing())
            query = select(STAMPS.c.stamp).where(STAMPS.c.code == code, STAMPS.c.settings == settings)
            return int(connection.execute(query).scalar_one())

    def fold(self, before: int, limit: int | None = None) -> int:
        """Move new events with ``ts_recv < before`` (UTC ns) to where they stay, and bring the WAL home.

        Each transaction moves about :data:`FOLD_ROWS`; with ``limit`` the call ends after about that many, so that a
        writer thread may look at its queue between calls. Returns the events moved.
        """
        moved = 0
        while limit is None or moved < limit:
            with self._one, self._writing(self._lease) as connection:
                done = self._log.fold(connection, before, FOLD_ROWS)
            if not done:
                self._merge()
                self.checkpoint_wal()
                break
            moved += done
        return moved

    def _merge(self) -> None:
        done = 1
        while done:
            with self._one, self._writing(self._lease) as connection:
                done = self._log.merge(connection, FOLD_ROWS)

    def forget(self, kinds: Iterable[str], before: int, limit: int | None = None) -> int:
        """Remove events with ``ts_event < before`` (UTC ns) that the newest checkpoint has behind it.

        What a restart would play again stays, and all of it while there is no checkpoint. In SQLite events go in whole
        chunks: one that lies across the bound stays until all of it is older. Returns the events removed, about
        ``limit`` at most.
        """
        gone, below = 0, self._checkpointed()
        for kind in map(get_kind, kinds):
            done = 1
            while done and (limit is None or gone < limit):
                with self._one, self._writing(self._lease) as connection:
                    done = self._log.forget(connection, kind, before, below, FOLD_ROWS)
                gone += done
        return gone

    def forget_checkpoints(self, before: int) -> int:
        """Remove checkpoints older than ``before`` (UTC ns), but the newest three; returns how many went."""
        with self._one, self._writing(self._lease) as connection:
            return forget_checkpoints(connection, before)

    def _checkpointed(self) -> int:
        with self._reading() as connection:
            return int(connection.execute(select(func.max(CHECKPOINTS.c.seq))).scalar() or 0)

    def forget_rows(self, table: str, before: int, *, tf: str | None = None) -> int:
        """Remove rows of a table older than ``before`` (UTC ns): bars by ``t1``, gaps that closed by ``t0``.

        Returns how many went. Beats are events: :meth:`forget` removes them.
        """
        asked = get_row_table(table)
        if asked.time is None or asked.table is BEATS:
            raise UnknownName(
                "table of rows with a time", table, [name for name, row in ROW_TABLES.items() if row.time]
            )
        gone, done = 0, 1
        while done:
            with self._one, self._writing(self._lease) as connection:
                done = forget_rows(connection, asked, before, tf, FORGET_ROWS)
            gone += done
        return gone

    def shrink(self, limit: int | None = None) -> int:
        """Give about ``limit`` bytes of free pages (default: all) back to the file system; returns the bytes given."""
        with self._one:
            with self._writing(self._lease):
                pass  # no longer ours to shrink: LeaseLost
            given = self._database.shrink(1 << 62 if limit is None else limit)
            self.checkpoint_wal()
            return given

    def forget_slots(self, instrument: str, tf: str, span: Span, keep: Collection[int] = ()) -> int:
        """Remove an instrument's bars and metrics that close in a span, but those whose ``t1`` is in ``keep``.

        One transaction; returns the rows that went.
        """
        number, gone = self._ids[instrument], 0
        with self._one, self._writing(self._lease) as connection:
            for table in (BARS, METRICS):
                slots = table.c
                mine = (slots.instrument == number, slots.tf == tf, slots.t1 > span.since, slots.t1 <= span.until)
                gone += connection.execute(delete(table).where(*mine, slots.t1.not_in(keep))).rowcount
        return gone

    def archive(self, part: Part) -> None:
        """Let the events of a file leave the database and write the file down: both in one transaction, or neither."""
        kind = next(kind for kind in KIND_TABLE.values() if kind.number == part.kind)
        span = Span(part.ts_min, part.ts_max + 1)
        with self._one, self._writing(self._lease) as connection:
            gone = self._log.hot.take_out(connection, kind, span, part.seq_max + 1)
            if gone != part.n:
                why = f"{part.file} has {part.n:,} events, the database {gone:,} of them"
                raise StoreError(self._where, why, "nothing was removed; this is a fault of fbkit: please report it")
            note(connection, msgspec.structs.replace(part, ts=self._clock.now()))

    def checkpoint_wal(self, *, cut: bool = False) -> bool:
        """Bring the write-ahead log home, and ``cut`` it. ``False``: a long reader holds it up. Waits for nobody."""
        with self._one:
            return self._database.checkpoint(cut=cut)

    def close(self) -> None:
        """Give back lease and lock, empty the WAL, close. Safe to call twice."""
        with self._one:
            if self._database.closed:
                return
            try:
                # Whatever refuses this: the lock falls with us, and the WAL is read at the next start.
                with suppress(StoreError), self._writing(self._lease) as connection:
                    give_back(connection, self._lease)
                with suppress(StoreError):
                    self.checkpoint_wal(cut=True)
            finally:
                super().close()
                self._database.release()

    @contextmanager
    def _writing(self, ahead: Lease) -> Iterator[Connection]:
        """A transaction that has renewed our lease, or none at all."""
        try:
            with self._database.writing() as connection:
                if self._unsure:
                    self._look_again(connection)
                renew(connection, self._clock, ahead, where=self._where)
                yield connection
        except StoreError:
            self._unsure = True
            raise

    def _look_again(self, connection: Connection) -> None:
        """A commit whose answer was lost with the connection may have been made: then begin again from there."""
        row = connection.execute(select(WRITER)).mappings().one()
        found = self._lease._replace(commit_number=row["commit_number"], last_seq=row["last_seq"])
        if row["epoch"] == self._lease.epoch and found != self._lease:
            self._lease, self._ids = found, _numbers(connection)
            raise StoreBusy(self._where, "a commit was made of which no answer came", "tried again from there")
        self._unsure = False


def _numbers(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(select(INSTRUMENTS.c.name, INSTRUMENTS.c.id)).all())


def _write_names(connection: Connection, ids: Numbers) -> None:
    """Write new names down, in the transaction of what bears them."""
    if ids.new:
        rows: list[dict[str, Any]] = [{"id": ids[name], "name": name} for name in ids.new]
        connection.execute(insert(INSTRUMENTS), rows)
        ids.new = []
