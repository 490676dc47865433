"""Reading events out of tail and chunks: by time for one kind, by ``seq`` for all of them.

Every read is one short transaction, so a row is seen in the tail or in a chunk, never in both and never in neither.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from fbkit.model.market import Span
from fbkit.store import beats
from fbkit.store.kinds import Kind
from fbkit.store.log import Arrays, Reading, join, picked
from fbkit.store.sqlite import tail
from fbkit.store.sqlite.chunks import unpack
from fbkit.store.sqlite.tables import CHUNKS
from fbkit.store.statements import tuples

#: Events of one step of a replay, and values kept decoded between steps (64 MiB).
WINDOW = 32_768
CACHE_VALUES = 8_000_000

_FOREVER = 2**63 - 1


def by_time(connection: Connection, kind: Kind, instrument: int | None, span: Span) -> Arrays:
    """All columns of a kind (``instrument`` as its number), sorted by (``ts_event``, ``seq``)."""
    since = -_FOREVER if span.since is None else span.since
    until = _FOREVER if span.until is None else span.until
    if kind is beats.BEAT:
        found = beats.by_time(connection, since, until)
        return _sorted(found if instrument is None else picked(found, found["instrument"] == instrument))
    table = CHUNKS.c
    chunks = select(table.codec, table.n, table.data).where(
        table.kind == kind.number, table.ts_max >= since, table.ts_min < until
    )
    if instrument is not None:
        chunks = chunks.where(table.instrument == instrument)
    parts = [unpack(kind, *packed) for packed in tuples(connection, chunks.order_by(table.seq_min))]
    parts += tail.by_time(connection, kind, instrument, since, until)
    return _sorted(_within(join(kind, parts), since, until))


def _within(arrays: Arrays, since: int, until: int) -> Arrays:
    ts = arrays["ts_event"]
    if not len(ts) or (ts.min() >= since and ts.max() < until):
        return arrays
    wanted = (ts >= since) & (ts < until)
    return picked(arrays, wanted)


def _sorted(arrays: Arrays) -> Arrays:
    seq = arrays["seq"]
    if len(seq) > 1 and (np.diff(seq) < 0).any():
        arrays = picked(arrays, np.argsort(seq, kind="stable"))
    ts = arrays["ts_event"]
    if len(ts) > 1 and (np.diff(ts) < 0).any():
        arrays = picked(arrays, np.argsort(ts, kind="stable"))
    return arrays


class _Decoded(NamedTuple):
    kind: int
    arrays: Arrays


class BySeq:
    """Steps through events in ``seq`` order, a window of numbers at a time, with little in memory.

    Iterating yields ``{kind: arrays in seq order}``. Each window is a transaction of its own: what is appended or
    folded meanwhile neither disturbs it nor is held up by it.
    """

    def __init__(
        self,
        reading: Reading,
        kinds: Sequence[Kind],
        since_seq: int,
        until_seq: int,
    ) -> None:
        self._reading = reading
        self._kinds = {kind.number: kind for kind in kinds}
        self._since, self._until = since_seq, until_seq
        self._cache: OrderedDict[int, _Decoded] = OrderedDict()
        self._values = 0
        self._newest_chunk = -1
        self._widest = 0

    def __iter__(self) -> Iterator[dict[str, Arrays]]:
        at = self._since
        while at < self._until:
            with self._reading() as connection:
                self._measure(connection)
                first = self._first_from(connection, at)
                if first is None or first >= self._until:
                    return
                end = min(first + WINDOW, self._until)
                window = self._window(connection, first, end)
            if window:
                yield window
            at = end

    def _measure(self, connection: Connection) -> None:
        """How far a chunk's numbers may lie apart: bounds the search for those that overlap a window."""
        newest = connection.execute(select(func.max(CHUNKS.c.id))).scalar() or 0
        if newest != self._newest_chunk:
            self._widest = connection.execute(select(func.max(CHUNKS.c.seq_max - CHUNKS.c.seq_min))).scalar() or 0
            self._newest_chunk = newest

    def _first_from(self, connection: Connection, at: int) -> int | None:
        """The lowest number not below ``at`` where something may lie."""
        found = [tail.first_from(connection, list(self._kinds.values()), at)]
        if beats.BEAT.number in self._kinds:
            found.append(beats.first_from(connection, at))
        ahead = select(func.min(CHUNKS.c.seq_min)).where(CHUNKS.c.seq_min >= at, CHUNKS.c.kind.in_(list(self._kinds)))
        found.append(connection.execute(ahead).scalar())
        for decoded in self._chunks(connection, at, at + 1):
            # It reaches over this number, but its next event may lie far ahead.
            seq = decoded.arrays["seq"]
            found.append(int(seq[np.searchsorted(seq, at)]))
        return min((seq for seq in found if seq is not None), default=None)

    def _window(self, connection: Connection, start: int, end: int) -> dict[str, Arrays]:
        parts: dict[str, list[Arrays]] = {kind.name: [] for kind in self._kinds.values()}
        for decoded in self._chunks(connection, start, end):
            seq = decoded.arrays["seq"]
            low, high = np.searchsorted(seq, (start, end))
            if low < high:
                parts[self._kinds[decoded.kind].name].append({k: a[low:high] for k, a in decoded.arrays.items()})
        for kind, arrays in tail.by_seq(connection, list(self._kinds.values()), start, end):
            parts[kind.name].append(arrays)
        if beats.BEAT.number in self._kinds:
            parts["beat"].append(beats.by_seq(connection, start, end))
        window = {}
        for kind in self._kinds.values():
            joined = join(kind, parts[kind.name])
            if len(joined["seq"]):
                window[kind.name] = picked(joined, np.argsort(joined["seq"], kind="stable"))
        return window

    def _chunks(self, connection: Connection, start: int, end: int) -> Iterator[_Decoded]:
        table = CHUNKS.c
        found = connection.execute(
            select(table.id, table.kind).where(
                table.seq_min.between(start - self._widest, end - 1),
                table.seq_max >= start,
                table.kind.in_(list(self._kinds)),
            )
        ).fetchall()
        for gone in self._cache.keys() - {row.id for row in found}:
            self._forget(gone)
        for chunk, number in found:
            if chunk not in self._cache:
                packed = connection.execute(select(table.codec, table.n, table.data).where(table.id == chunk)).one()
                self._remember(chunk, _Decoded(number, unpack(self._kinds[number], *packed)))
            self._cache.move_to_end(chunk)
            yield self._cache[chunk]

    def _remember(self, chunk: int, decoded: _Decoded) -> None:
        self._values += sum(map(len, decoded.arrays.values()))
        self._cache[chunk] = decoded
        while self._values > CACHE_VALUES and len(self._cache) > 1:
            self._forget(next(iter(self._cache)))

    def _forget(self, chunk: int) -> None:
        self._values -= sum(map(len, self._cache.pop(chunk).arrays.values()))


def known(connection: Connection, kind: Kind, seqs: Sequence[int]) -> set[int]:
    """Which of these numbers are there already. Asked only for events that may have been appended before."""
    table = CHUNKS.c
    found = tail.known(connection, kind, seqs)
    overlapping = select(table.codec, table.n, table.data).where(
        table.kind == kind.number, table.seq_max >= min(seqs), table.seq_min <= max(seqs)
    )
    for packed in connection.execute(overlapping):
        found.update(set(seqs) & set(unpack(kind, *packed)["seq"].tolist()))
    return found


def newest(connection: Connection, kind: Kind) -> Arrays:
    """The event of a kind with the highest ``seq``, or none."""
    table = CHUNKS.c
    last = select(table.codec, table.n, table.data).where(table.kind == kind.number).order_by(table.seq_max.desc())
    parts = [unpack(kind, *packed) for packed in tuples(connection, last.limit(1))]
    joined = join(kind, [*parts, tail.newest(connection, kind)])
    return picked(joined, np.argsort(joined["seq"])[-1:])


def stretches(connection: Connection, kind: Kind, instrument: int | None, span: Span) -> list[Span]:
    """A span in parts of about :data:`WINDOW` events, cut where chunks end; what is in the tail is one part."""
    table = CHUNKS.c
    query = select(table.ts_max, table.n).where(table.kind == kind.number)
    if instrument is not None:
        query = query.where(table.instrument == instrument)
    if span.since is not None:
        query = query.where(table.ts_max >= span.since)
    if span.until is not None:
        query = query.where(table.ts_min < span.until)
    cuts: list[int | None] = [span.since]
    waiting = 0
    for ts_max, n in tuples(connection, query.order_by(table.ts_max)):
        waiting += n
        if waiting >= WINDOW and (span.until is None or ts_max + 1 < span.until):
            cuts.append(ts_max + 1)
            waiting = 0
    return [Span(since, until) for since, until in zip(cuts, [*cuts[1:], span.until], strict=True)]
