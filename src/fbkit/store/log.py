"""The seam between what every database does alike and what each does its own way.

Above it: :class:`~fbkit.store.Writer` and :class:`~fbkit.store.Store`, tables of rows, queries, lease, digests. Below:
how events lie (:class:`EventLog`) and what a library must do for us (:class:`Database`). ``fbkit.store.sqlite`` and
``fbkit.store.postgres`` are each a :class:`Backend`; :mod:`fbkit.store.opening` chooses by the URL's scheme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table

from fbkit.clock import Clock
from fbkit.model.events import Event
from fbkit.model.market import Span
from fbkit.store.kinds import Kind
from fbkit.store.lease import Claim, Lease
from fbkit.store.packed import Run
from fbkit.store.statements import Insert

#: Columns by field name, all of one length: ``f`` float64 (NaN where missing), ``i`` int64 (``MISSING`` where missing),
#: ``s`` object arrays of ``str``; ``instrument`` as its number. What ``Kind.arrays`` makes of rows.
Arrays = dict[str, NDArray[Any]]

#: One short transaction to read in.
Reading = Callable[[], AbstractContextManager[Connection]]


class Damaged(ValueError):
    """Bytes that are not what was written; :meth:`Database.reading` makes a ``StoreCorrupt`` of it."""


class Numbers(dict[str, int]):
    """The number of every instrument's name; asked for a new name, it gives the next number and remembers it as new.

    >>> numbers = Numbers({"": 1})
    >>> numbers["binance:BTC-USDT-PERP"], numbers.new
    (2, ['binance:BTC-USDT-PERP'])
    """

    def __init__(self, known: dict[str, int]) -> None:
        super().__init__(known)
        self.new: list[str] = []

    def __missing__(self, name: str) -> int:
        self.new.append(name)
        number = self[name] = len(self) + 1
        return number


class Held(NamedTuple):
    """Events of a kind (by its name) that go together: the hour (its start) of the newest, how many, their bytes.

    ``first``: the ``ts_event`` of the oldest where it may lie in an earlier hour.
    """

    kind: str
    hour: int
    n: int
    bytes: int
    first: int | None = None


class EventLog(Protocol):
    """How events are kept. Everything happens inside the caller's transaction.

    An event is remembered once by its ``seq``, which is unique over all kinds and never changes. Beats lie in the
    table ``beats`` (:data:`fbkit.store.schema.BEATS`) in every database; the log keeps them like any other kind.
    """

    def append(self, connection: Connection, kind: Kind, events: Sequence[Event], ids: Numbers, last_seq: int) -> int:
        """Keep events of one kind; returns how many were new. ``last_seq``: the highest ``seq`` ever committed.

        Events above ``last_seq`` cannot be there yet, and need no look. One at or below it may be: then it is left as
        it is. A number that does not fit 64 bits is an ``OverflowError`` and the transaction is given up.
        """
        ...

    def append_runs(self, connection: Connection, runs: Mapping[Kind, Run], numbers: NDArray[np.int64]) -> bool:
        """Keep events that cannot be there yet as they were packed; ``numbers`` by the packer's own.

        ``False`` where they must be appended one by one, and nothing was done.
        """
        ...

    def by_time(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> Arrays:
        """All columns of a kind with ``ts_event`` in ``[since, until)``, sorted by (``ts_event``, ``seq``)."""
        ...

    def stretches(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> list[Span]:
        """A span cut, in order and without holes, into parts of some ten thousand events; nothing there: ``[]``.

        Read one by one, any range is flat in memory.
        """
        ...

    def by_seq(self, reading: Reading, kinds: Sequence[Kind], since: int, until: int) -> Iterator[dict[str, Arrays]]:
        """Steps through ``since <= seq < until`` in order, a window at a time: ``{kind name: arrays sorted by seq}``.

        Each window is a transaction of its own: what is appended or folded meanwhile neither disturbs it nor waits.
        """
        ...

    def newest(self, connection: Connection, kind: Kind) -> Arrays:
        """The event of a kind with the highest ``seq``, as arrays of one, or of none."""
        ...

    def counts(self, connection: Connection) -> dict[str, int]:
        """Events by plural name, all kinds."""
        ...

    def fold(self, connection: Connection, before: int, limit: int) -> int:
        """Move about ``limit`` of the newest events with ``ts_recv < before`` to where they stay; returns how many.

        ``0`` when nothing is worth moving. A log that writes events where they stay has nothing to move.
        """
        ...

    def merge(self, connection: Connection, limit: int) -> int:
        """Make fewer of what folding left, about ``limit`` events of it; returns how many, ``0`` when all is well."""
        ...

    def forget(self, connection: Connection, kind: Kind, before: int, below_seq: int, limit: int) -> int:
        """Remove events with ``ts_event < before`` and ``seq < below_seq``, about ``limit``; returns how many went."""
        ...

    def take_out(self, connection: Connection, kind: Kind, span: Span, below_seq: int) -> int:
        """Remove exactly the events with ``ts_event`` in ``[since, until)`` and ``seq < below_seq``: now archived.

        A later event of that span stays. Returns how many went; whoever asked compares.
        """
        ...

    def held(self, connection: Connection) -> list[Held]:
        """How much lies there by kind and hour, oldest first: what retention plans with. The newest may be left out."""
        ...


class Database(Protocol):
    """A database opened to read: what a library must do for us."""

    url: str  #: with its password hidden
    where: str  #: what messages call it: a path, or the URL without its password
    path: Path | None  #: its file, where it is one
    log: EventLog

    def reading(self) -> AbstractContextManager[Connection]:
        """One short transaction that sees one state of the database.

        The library's errors come out as ours: ``StoreBusy``, ``StoreFull``, ``StoreCorrupt`` (of :class:`Damaged`,
        too), ``StoreMissing``, ``StoreError``.
        """
        ...

    def sizes(self) -> dict[str, int]:
        """Bytes: ``db``, and ``wal`` of the write-ahead log (0 where it is not ours to look after)."""
        ...

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        ...


class WritableDatabase(Database, Protocol):
    """A database opened by its one writer, which calls from one thread at a time."""

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction on the writing connection: committed at the end, rolled back where an error leaves it."""
        ...

    def insert(self, connection: Connection, into: Insert, flat: list[Any]) -> int:
        """Insert rows given as one flat list of their values; returns how many were new or replaced.

        NaN becomes ``NULL``; ``into`` says what happens to a row whose key is there.
        """
        ...

    def upsert(self, table: Table) -> Any:
        """The dialect's ``insert(table)``, which has ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
        ...

    def checkpoint(self, *, cut: bool = False) -> bool:
        """Bring the write-ahead log home, outside transactions; ``cut`` it, too. ``False``: a reader holds it up."""
        ...

    def shrink(self, limit: int) -> int:
        """Give about ``limit`` free bytes back to the file system; returns the bytes given. Outside transactions."""
        ...

    def release(self) -> None:
        """Let go of the lock that keeps other writers out. Called after :meth:`close`; safe to call twice."""
        ...


class Backend(Protocol):
    """What the module of a kind of database offers: ``fbkit.store.sqlite``, ``fbkit.store.postgres``."""

    def open_to_read(self, url: str) -> Database:
        """A database of this code's schema, or one newer; else ``StoreMissing``, ``SchemaMismatch``."""
        ...

    def open_to_write(self, url: str, claim: Claim) -> tuple[WritableDatabase, Lease]:
        """Lock, look at its health, create or migrate, :func:`~fbkit.store.lease.enter`. Whatever fails lets go."""
        ...

    def set_aside(self, url: str, clock: Clock) -> Path:
        """Move a damaged database out of the way; nothing is deleted."""
        ...


def join(kind: Kind, parts: Sequence[Arrays]) -> Arrays:
    """Columns of several parts, one behind the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return kind.arrays(())
    return {name: np.concatenate([part[name] for part in parts]) for name in kind.names}


def picked(arrays: Arrays, which: NDArray[Any]) -> Arrays:
    """The same rows of every column: a mask, or places in a new order."""
    return {name: array[which] for name, array in arrays.items()}
