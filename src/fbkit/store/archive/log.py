"""Events of all tiers as one log: what the database holds, and what was moved out of it into Parquet files.

Which files count is written in the database, and an event leaves it in the transaction that writes its file down. So
whoever asks in one transaction finds every event in exactly one place.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from fbkit.model.events import Event
from fbkit.model.market import Span
from fbkit.store.archive import parquet
from fbkit.store.archive.parts import Files, Part, counts, parts_of
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.log import Arrays, EventLog, Numbers, Reading, join, picked

#: Numbers of one step of a replay, and values of files kept decoded between steps (128 MiB).
WINDOW = 32_768
CACHE_VALUES = 16_000_000

_KIND = {kind.number: kind for kind in KIND_TABLE.values()}


class ArchivedLog:
    """An :class:`~fbkit.store.log.EventLog` around another: the hot one, in the database."""

    def __init__(self, hot: EventLog, folder: Path) -> None:
        self.hot, self.files = hot, Files(folder)
        self.fold, self.merge, self.forget, self.append_runs = hot.fold, hot.merge, hot.forget, hot.append_runs

    def append(self, connection: Connection, kind: Kind, events: Sequence[Event], ids: Numbers, last_seq: int) -> int:
        """As the hot log; what was archived meanwhile is known, too."""
        if events and events[0].seq <= last_seq:  # they come in order: nearly always all are new
            old = np.array([event.seq for event in events if event.seq <= last_seq], dtype=np.int64)
            known = self._known(connection, kind, old)
            events = [event for event in events if event.seq not in known] if known else events
        return self.hot.append(connection, kind, events, ids, last_seq)

    def _known(self, connection: Connection, kind: Kind, seqs: np.ndarray[tuple[int], np.dtype[np.int64]]) -> set[int]:
        low, high = int(seqs.min()), int(seqs.max())
        near = [part for part in parts_of(connection, [kind]) if part.seq_min <= high and part.seq_max >= low]
        known: set[int] = set()
        for part in near:
            known.update(np.intersect1d(parquet.read([self.files.place(part)], kind)["seq"], seqs).tolist())
        return known

    def by_time(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> Arrays:
        """All columns of a kind, sorted by (``ts_event``, ``seq``)."""
        hot = self.hot.by_time(connection, kind, instrument, span)
        near = [part for part in parts_of(connection, [kind]) if _touches(part, span)]
        if not near:
            return hot
        within = parquet.Within(instrument, span.since, span.until)
        cold = parquet.read([self.files.place(part) for part in near], kind, within)
        both = join(kind, [cold, hot])
        return picked(both, np.lexsort((both["seq"], both["ts_event"])))

    def stretches(self, connection: Connection, kind: Kind, instrument: int | None, span: Span) -> list[Span]:
        """A span in parts: those of the hot log, cut at the ends of files."""
        hot = self.hot.stretches(connection, kind, instrument, span)
        near = [part for part in parts_of(connection, [kind]) if _touches(part, span)]
        if not near:
            return hot
        inside = {part.ts_max + 1 for part in near} | {one.until for one in hot[:-1] if one.until is not None}
        cuts: list[int | None] = [*sorted(cut for cut in inside if _lies_in(cut, span))]
        return [Span(a, b) for a, b in zip([span.since, *cuts], [*cuts, span.until], strict=True)]

    def by_seq(self, reading: Reading, kinds: Sequence[Kind], since: int, until: int) -> Iterator[dict[str, Arrays]]:
        """Windows in ``seq`` order: a window of the hot log and the files known in the same transaction, together."""
        now: list[Connection] = []
        # The hot log's windows are taken inside our transactions, one after the other.
        hot = self.hot.by_seq(lambda: nullcontext(now[0]), kinds, since, until)
        cold = _Cold(self.files)
        while since < until:
            with reading() as connection:
                now[:] = [connection]
                window = next(hot, None)
                parts = parts_of(connection, kinds)
            edge = until if window is None else 1 + max(int(arrays["seq"][-1]) for arrays in window.values())
            yield from _merged(window or {}, cold.windows(parts, since, edge))
            since = edge

    def newest(self, connection: Connection, kind: Kind) -> Arrays:
        """The event of a kind with the highest ``seq``."""
        hot = self.hot.newest(connection, kind)
        parts = [] if len(hot["seq"]) else parts_of(connection, [kind])
        if not parts:
            return hot
        arrays = parquet.read([self.files.place(max(parts, key=lambda part: part.seq_max))], kind)
        return picked(arrays, np.array([np.argmax(arrays["seq"])]))

    def counts(self, connection: Connection) -> dict[str, int]:
        """Events by plural name, all tiers."""
        found = self.hot.counts(connection)
        for name, n in counts(connection).items():
            found[name] += n
        return found


def _touches(part: Part, span: Span) -> bool:
    return (span.since is None or part.ts_max >= span.since) and (span.until is None or part.ts_min < span.until)


def _lies_in(instant: int, span: Span) -> bool:
    return (span.since is None or instant > span.since) and (span.until is None or instant < span.until)


def _merged(hot: dict[str, Arrays], cold: Iterator[dict[str, Arrays]]) -> Iterator[dict[str, Arrays]]:
    """A hot window among cold ones of the same stretch: it comes with the last of them that begins before its end."""
    for window in cold:
        edge = max(int(arrays["seq"][-1]) for arrays in window.values())
        early, hot = _split(hot, edge)
        yield {
            name: _in_order(_KIND_BY_NAME[name], [found[name] for found in (window, early) if name in found])
            for name in {**window, **early}
        }
    if hot:
        yield hot


def _split(window: dict[str, Arrays], edge: int) -> tuple[dict[str, Arrays], dict[str, Arrays]]:
    """What of a window comes up to a number, and what after it."""
    early, late = {}, {}
    for name, arrays in window.items():
        at = int(np.searchsorted(arrays["seq"], edge, side="right"))
        if at:
            early[name] = {field: array[:at] for field, array in arrays.items()}
        if at < len(arrays["seq"]):
            late[name] = {field: array[at:] for field, array in arrays.items()}
    return early, late


def _in_order(kind: Kind, parts: Sequence[Arrays]) -> Arrays:
    arrays = join(kind, parts)
    return arrays if len(parts) == 1 else picked(arrays, np.argsort(arrays["seq"], kind="stable"))


_KIND_BY_NAME = {kind.name: kind for kind in KIND_TABLE.values()}


class _Cold:
    """Steps through files in ``seq`` order, a window of numbers at a time."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._cache: OrderedDict[Part, Arrays] = OrderedDict()
        self._values = 0

    def windows(self, parts: Sequence[Part], since: int, until: int) -> Iterator[dict[str, Arrays]]:
        """What files hold of ``since <= seq < until``; a window has at least one event."""
        while (first := self._first(parts, since, until)) is not None:
            end = min(first + WINDOW, until)
            found: dict[str, list[Arrays]] = {}
            for part in parts:
                if part.seq_min < end and part.seq_max >= first:
                    arrays = self._decoded(part)
                    low, high = np.searchsorted(arrays["seq"], (first, end))
                    if low < high:
                        rows = {name: array[low:high] for name, array in arrays.items()}
                        found.setdefault(_KIND[part.kind].name, []).append(rows)
            yield {name: _in_order(_KIND_BY_NAME[name], own) for name, own in found.items()}
            since = end

    def _first(self, parts: Sequence[Part], since: int, until: int) -> int | None:
        """The lowest number from ``since`` on that a file holds."""
        first = until
        for part in parts:
            if part.seq_min >= since:
                first = min(first, part.seq_min)
            elif part.seq_max >= since:
                seq = self._decoded(part)["seq"]
                first = min(first, int(seq[np.searchsorted(seq, since)]))
        return first if first < until else None

    def _decoded(self, part: Part) -> Arrays:
        if part not in self._cache:
            kind = _KIND[part.kind]
            arrays = parquet.read([self._files.place(part)], kind)
            self._cache[part] = picked(arrays, np.argsort(arrays["seq"]))
            self._values += part.n * len(kind.fields)
            while self._values > CACHE_VALUES and len(self._cache) > 1:
                gone, _ = self._cache.popitem(last=False)
                self._values -= gone.n * len(_KIND[gone.kind].fields)
        self._cache.move_to_end(part)
        return self._cache[part]
