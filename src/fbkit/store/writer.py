"""The one writer of a database: one transaction a batch, and the lease looked at in each."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from fbkit.clock import Clock
from fbkit.errors import StoreError
from fbkit.model.events import KINDS, Event, Gap, Listing
from fbkit.model.timeframe import NS_S
from fbkit.runtime import FileLock
from fbkit.store import chunks
from fbkit.store.batch import Appended, Batch
from fbkit.store.checkpoints import write_checkpoint
from fbkit.store.driver import (
    told,
)
from fbkit.store.events import has_seq
from fbkit.store.kinds import FOLDED, KIND_TABLE, Kind
from fbkit.store.lease import Lease, give_back, renew
from fbkit.store.projections import project_gaps, project_listings
from fbkit.store.reader import Store
from fbkit.store.rows import by_type, names_in, write_rows
from fbkit.store.schema import INSTRUMENTS, STAMPS, TAILS
from fbkit.store.statements import Insert

#: A WAL longer than this is checkpointed right after a commit, whatever maintenance does.
WAL_LIMIT = 64 * 2**20

#: How long the check at start may take.
CHECK_NS = 2 * NS_S

_TAIL_INSERT = {kind: Insert(TAILS[kind]) for kind in KIND_TABLE}
_NAME_OF = {struct: name for name, struct in KINDS.items()}


class _Laid(NamedTuple):
    """Events of one kind, laid flat for their table."""

    kind: Kind
    events: list[Event]
    flat: list[Any]
    names: set[str]
    first: int
    last: int

    @classmethod
    def of(cls, kind: Kind, events: list[Event]) -> Self:
        flat = kind.flat(events)
        width = len(kind.fields)
        seqs = flat[kind.place_of_seq :: width]
        return cls(kind, events, flat, set(flat[::width]), min(seqs, default=0), max(seqs, default=0))


class Writer(Store):
    """A store that may be written. Made by :func:`open_writer`; one a database.

    A call that raises :class:`~fbkit.errors.StoreFull` or :class:`~fbkit.errors.StoreBusy` has changed nothing and may
    be repeated with the same batch. After :class:`~fbkit.errors.LeaseLost` somebody else writes: stop.
    """

    def __init__(
        self, url: str, readers: Engine, engine: Engine, clock: Clock, lease: Lease, lock: FileLock | None
    ) -> None:
        super().__init__(url, readers)
        self._engine = engine
        self._clock = clock
        self._lease = lease
        self._lock = lock
        self._one = threading.RLock()
        self._wal_next = WAL_LIMIT
        with self._reading() as connection:
            self._ids = dict(connection.execute(select(INSTRUMENTS.c.name, INSTRUMENTS.c.id)).all())
        with told(self._where):
            self._connection = engine.connect()

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
        apart = by_type(batch.rows)
        events: dict[type[Event], list[Event]] = defaultdict(list)
        for event in batch.events:
            events[type(event)].append(event)
        laid = [_Laid.of(KIND_TABLE[_NAME_OF[struct]], own) for struct, own in events.items()]
        names = names_in(apart).union(*(own.names for own in laid))
        with self._one:
            last = max((own.last for own in laid), default=0)
            ahead = self._lease._replace(
                commit_number=self._lease.commit_number + 1, last_seq=max(self._lease.last_seq, last)
            )
            with self._writing(ahead) as connection:
                ids = self._numbered(connection, names)
                new = sum(self._append_kind(connection, own, ids, ahead) for own in laid)
                again = bool(batch.events) and new == 0
                rows = write_rows(connection, apart, ids, ahead.commit_number, again=again)
                if batch.checkpoint is not None:
                    write_checkpoint(connection, batch.checkpoint)
            self._lease, self._ids = ahead, ids
            if self.wal_bytes > self._wal_next:
                self.checkpoint_wal()
        return Appended(new, len(batch.events) - new, rows, ahead.commit_number)

    def _append_kind(self, connection: Connection, laid: _Laid, ids: dict[str, int], ahead: Lease) -> int:
        kind = laid.kind
        if laid.first <= self._lease.last_seq and kind in FOLDED:
            laid = self._unfolded(connection, laid)
        width = len(kind.fields)
        laid.flat[::width] = [ids[name] for name in laid.flat[::width]]
        new = _TAIL_INSERT[kind.name].run(connection, laid.flat)
        if kind.struct is Listing:
            project_listings(connection, laid.events)
        elif kind.struct is Gap:
            project_gaps(connection, laid.events, ids, ahead.commit_number)
        return new

    def _unfolded(self, connection: Connection, laid: _Laid) -> _Laid:
        """Without those that lie in chunks: a batch may come again after its first time was folded."""
        old = [event.seq for event in laid.events if event.seq <= self._lease.last_seq]
        known = has_seq(connection, laid.kind, old)
        return _Laid.of(laid.kind, [event for event in laid.events if event.seq not in known]) if known else laid

    def _numbered(self, connection: Connection, names: set[str]) -> dict[str, int]:
        """The number of every name, new ones written down. Kept only when the transaction is."""
        unknown = sorted(names - self._ids.keys())
        if not unknown:
            return self._ids
        start = len(self._ids) + 1
        ids = {**self._ids, **{name: number for number, name in enumerate(unknown, start)}}
        connection.execute(insert(INSTRUMENTS), [{"id": ids[name], "name": name} for name in unknown])
        return ids

    def stamp(self, code: str, settings: str) -> int:
        """The number that stands for this code and these settings in every row's ``stamp``."""
        row = {"code": code, "settings": settings, "ts": self._clock.now()}
        with self._one, self._writing(self._lease) as connection:
            connection.execute(upsert(STAMPS).values(row).on_conflict_do_nothing())
            query = select(STAMPS.c.stamp).where(STAMPS.c.code == code, STAMPS.c.settings == settings)
            return int(connection.execute(query).scalar_one())

    def fold(self, before: int, limit: int | None = None) -> int:
        """Move tail rows with ``ts_recv < before`` (UTC ns) into chunks, merge small chunks, checkpoint the WAL.

        Each transaction moves at most :data:`fbkit.store.chunks.FOLD_ROWS`; with ``limit`` the call ends after about
        that many, so that a writer thread may look at its queue between calls. Returns the rows moved.
        """
        moved = 0
        kinds = deque(FOLDED)
        while kinds and (limit is None or moved < limit):
            with self._one, self._writing(self._lease) as connection:
                moved += _fold_some(connection, kinds, before)
        if not kinds:
            self._merge()
            self.checkpoint_wal()
        return moved

    def _merge(self) -> None:
        with self._reading() as connection:
            wanted = deque(chunks.merges(connection))
        while wanted:
            with self._one, self._writing(self._lease) as connection:
                rows = 0
                while wanted and rows < chunks.FOLD_ROWS:
                    rows += chunks.merge(connection, wanted.popleft())

    def checkpoint_wal(self, *, cut: bool = False) -> bool:
        """Copy the WAL into the database; over :data:`WAL_LIMIT` also cut it. ``False``: a reader holds it up.

        On the writing connection and no other, which keeps us off SQLite's WAL-reset race. Waits for nobody.
        """
        with self._one, told(self._where):
            # Outside any transaction: a checkpoint inside one is refused.
            driver: Any = self._connection.connection.driver_connection
            busy, pages, done = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            whole = not busy and pages == done
            if whole and (cut or self.wal_bytes > WAL_LIMIT):
                (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
                driver.execute("PRAGMA busy_timeout=0").fetchall()
                whole = not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                driver.execute("PRAGMA busy_timeout=" + str(int(patience))).fetchall()
            # Held up, it is tried again when a quarter more has come, not at every commit.
            self._wal_next = WAL_LIMIT if whole else self.wal_bytes + WAL_LIMIT // 4
            return whole

    def close(self) -> None:
        """Give back lease and lock, empty the WAL, close. Safe to call twice."""
        with self._one:
            if not self._connection.closed:
                try:
                    # Whatever refuses this: the lock falls with us, and the WAL is read at the next start.
                    with suppress(StoreError), self._writing(self._lease) as connection:
                        give_back(connection, self._lease)
                    with suppress(StoreError):
                        self.checkpoint_wal(cut=True)
                finally:
                    self._shut()

    def _shut(self) -> None:
        # Readers first: the last to close takes the WAL with it, and a reader cannot.
        super().close()
        self._connection.close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()

    @contextmanager
    def _writing(self, ahead: Lease) -> Iterator[Connection]:
        """A transaction that has renewed our lease, or none at all."""
        with told(self._where), self._connection.begin():
            renew(self._connection, self._clock, ahead, where=self._where)
            yield self._connection


def _fold_some(connection: Connection, kinds: deque[Kind], before: int) -> int:
    """One transaction's share of a fold; kinds that have nothing left leave the queue."""
    moved = 0
    while kinds and moved < chunks.FOLD_ROWS:
        moved += chunks.fold(connection, kinds[0], before, chunks.FOLD_ROWS - moved)
        if moved < chunks.FOLD_ROWS:
            kinds.popleft()
    return moved
