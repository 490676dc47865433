"""The tail: the newest events as they came, one row a commit and kind. Writing it is a fifth of an INSERT an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, picked
from fbkit.store.packed import Run
from fbkit.store.sqlite.packing import keep_run, known_as, pack_columns, unpack_columns, unpack_rows
from fbkit.store.sqlite.tables import TAIL

_BY_NUMBER = {kind.number: kind for kind in KIND_TABLE.values()}

_INSERT = "INSERT INTO tail (seq_min, seq_max, kind, ts_min, ts_max, recv_max, n, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
#: The same for so many rows: each statement hands the interpreter to whoever waits for it, and back.
_INSERTS = [_INSERT + ", (?, ?, ?, ?, ?, ?, ?, ?)" * more for more in range(len(KIND_TABLE))]

_READ = "SELECT n, data FROM tail WHERE kind = ? AND recv_max < ? AND seq_min <= ? ORDER BY seq_min"
_REMOVE = "DELETE FROM tail WHERE kind = ? AND recv_max < ? AND seq_min <= ?"


def append(connection: Connection, kind: Kind, arrays: Arrays) -> int:
    """Write events of one kind, in order, that are not there yet; returns how many."""
    seq, ts = arrays["seq"], arrays["ts_event"]
    if not len(seq):
        return 0
    bounds = [seq[0], seq[-1], kind.number, ts.min(), ts.max(), arrays["ts_recv"].max(), len(seq)]
    # The driver's own cursor: SQLAlchemy would look at the blob on its way through.
    cursor = connection.connection.cursor()
    cursor.execute(_INSERT, [*map(int, bounds), pack_columns(kind, arrays)])
    cursor.close()
    return len(seq)


def append_runs(connection: Connection, runs: Mapping[Kind, Run], numbers: NDArray[np.int64]) -> None:
    """Write events that cannot be there yet, as they were packed."""
    if not runs:
        return
    known = known_as(numbers)
    flat: list[Any] = []
    for kind, run in runs.items():
        flat += (run.seq_min, run.seq_max, kind.number, run.ts_min, run.ts_max, run.recv_max, run.n)
        flat.append(keep_run(run, known))
    cursor = connection.connection.cursor()
    cursor.execute(_INSERTS[len(runs) - 1], flat)
    cursor.close()


def in_order(arrays: Arrays) -> Arrays:
    """Rows by ``seq``, each once."""
    seq = arrays["seq"]
    if (seq[1:] > seq[:-1]).all():
        return arrays
    return picked(arrays, np.unique(seq, return_index=True)[1])


def by_time(connection: Connection, kind: Kind, instrument: int | None, since: int, until: int) -> Iterator[Arrays]:
    """The rows' columns where they overlap ``[since, until)``, of one instrument or of all."""
    tail = TAIL.c
    asked = select(tail.n, tail.data).where(tail.kind == kind.number, tail.ts_max >= since, tail.ts_min < until)
    for n, data in connection.execute(asked.order_by(tail.seq_min)):
        arrays = unpack_columns(kind, n, data)
        if instrument is None:
            yield arrays
            continue
        own = arrays["instrument"] == instrument
        if own.any():
            yield picked(arrays, own)


def by_seq(connection: Connection, kinds: Sequence[Kind], start: int, end: int) -> Iterator[tuple[Kind, Arrays]]:
    """Columns of what lies in ``start <= seq < end``."""
    tail = TAIL.c
    numbers = [kind.number for kind in kinds]
    asked = select(tail.kind, tail.n, tail.data).where(
        tail.kind.in_(numbers), tail.seq_min < end, tail.seq_max >= start
    )
    for number, n, data in connection.execute(asked.order_by(tail.seq_min)):
        arrays = unpack_columns(_BY_NUMBER[number], n, data)
        low, high = np.searchsorted(arrays["seq"], (start, end))
        if low < high:
            yield _BY_NUMBER[number], {name: column[low:high] for name, column in arrays.items()}


def first_from(connection: Connection, kinds: Sequence[Kind], at: int) -> int | None:
    """The lowest ``seq`` not below ``at``."""
    tail = TAIL.c
    numbers = [kind.number for kind in kinds]
    ahead = select(func.min(tail.seq_min)).where(tail.kind.in_(numbers), tail.seq_min >= at)
    found: list[int | None] = [connection.execute(ahead).scalar()]
    over = select(tail.kind, tail.n, tail.data).where(tail.kind.in_(numbers), tail.seq_min < at, tail.seq_max >= at)
    found += [_first(unpack_columns(_BY_NUMBER[k], n, data), at) for k, n, data in connection.execute(over)]
    return min((seq for seq in found if seq is not None), default=None)


def _first(arrays: Arrays, at: int) -> int:
    seq = arrays["seq"]
    return int(seq[np.searchsorted(seq, at)])


def newest(connection: Connection, kind: Kind) -> Arrays:
    """The newest event of a kind, or none."""
    tail = TAIL.c
    asked = select(tail.n, tail.data).where(tail.kind == kind.number).order_by(tail.seq_max.desc()).limit(1)
    row = connection.execute(asked).first()
    if row is None:
        return kind.arrays(())
    return picked(unpack_columns(kind, *row), np.array([-1]))


def counts(connection: Connection) -> dict[int, int]:
    """Events by their kind's number."""
    return dict(connection.execute(select(TAIL.c.kind, func.sum(TAIL.c.n)).group_by(TAIL.c.kind)).all())


def known(connection: Connection, kind: Kind, seqs: Sequence[int]) -> set[int]:
    """Which of these numbers are there."""
    wanted = set(seqs)
    there = by_seq(connection, [kind], min(seqs), max(seqs) + 1)
    return {seq for _, arrays in there for seq in arrays["seq"].tolist() if seq in wanted}


def read(connection: Connection, kind: Kind, before: int, last: int) -> Arrays:
    """All columns of a kind's rows that were received ``before`` an instant, up to the key ``last``, by ``seq``."""
    with closing(connection.connection.cursor()) as cursor:
        rows: Any = cursor.execute(_READ, (kind.number, before, last))
        return in_order(unpack_rows(kind, rows))


def remove(connection: Connection, kind: Kind, before: int, last: int) -> None:
    """Remove the rows that :func:`read` reads."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(_REMOVE, (kind.number, before, last))
