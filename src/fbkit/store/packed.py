"""Events packed while they are hot: bytes that a database can keep as they are, and that still read as events.

An event is a dozen objects. Kept for a second until its batch is written, by another thread, each of them has left the
processor's caches, and reading it again costs more than all the rest of its way. Packed a few hundred at a time right
after they were heard, they are gone before they grow cold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.model.events import KINDS, Event, Mark, Quote, Trade
from fbkit.store import wire
from fbkit.store.kinds import KIND_TABLE, Kind

_astuple = msgspec.structs.astuple
_seq = attrgetter("seq")

_KIND_OF: dict[type, Kind] = {KINDS[name]: KIND_TABLE[name] for name in ("trade", "quote", "mark")}

#: A packer's numbers begin here: msgpack then writes all of them alike (:mod:`fbkit.store.wire`).
_FIRST = 256


class Run(NamedTuple):
    """Events of one kind in ``seq`` order, column by column (:mod:`fbkit.store.wire`).

    Instruments stand there as numbers of the :class:`Packer`'s own.
    """

    n: int
    seq_min: int
    seq_max: int
    ts_min: int
    ts_max: int
    recv_max: int
    columns: tuple[bytes, ...]

    def joined(self, others: Sequence[Run]) -> Run:
        """One run of it and those behind it."""
        if not others:
            return self
        runs = [self, *others]
        return Run(
            sum(run.n for run in runs),
            self.seq_min,
            runs[-1].seq_max,
            min(run.ts_min for run in runs),
            max(run.ts_max for run in runs),
            max(run.recv_max for run in runs),
            tuple(map(b"".join, zip(*(run.columns for run in runs), strict=True))),
        )


def read_run(
    kind: Kind, n: int, columns: Sequence[bytes | memoryview], numbers: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """The columns of a run; ``numbers`` are what the packer's own stand for. Raises ``msgspec.DecodeError``."""
    arrays = {field.name: wire.read(field, n, data) for field, data in zip(kind.fields, columns, strict=True)}
    arrays["instrument"] = numbers[arrays["instrument"] - _FIRST]
    return arrays


class Packer:
    """Packs trades, quotes and marks; one a pipeline, because it numbers the instruments it meets."""

    def __init__(self) -> None:
        self._numbers = _Counting()
        #: The names behind its numbers.
        self.names: list[str] = self._numbers.names

    def pack(self, events: Sequence[Event]) -> Sheet:
        """Events in ``seq`` order."""
        apart = _apart(events)
        runs = {_KIND_OF[struct]: self._run(_KIND_OF[struct], apart.pop(struct)) for struct in _PACKED & apart.keys()}
        rest = sorted(chain.from_iterable(apart.values()), key=_seq)
        return Sheet(len(events), events[0].seq, events[-1].seq, runs, rest)

    def _run(self, kind: Kind, events: Sequence[Event]) -> Run:
        names, *rest = zip(*map(_astuple, events), strict=True)
        numbers = list(map(self._numbers.__getitem__, names))
        columns = tuple(map(wire.write, kind.fields, (numbers, *rest)))
        first, last = wire.ends(rest[0], columns[1])
        _, received = wire.ends(rest[1], columns[2])
        return Run(len(events), events[0].seq, events[-1].seq, first, last, received, columns)


def _apart(events: Sequence[Event]) -> dict[type, Sequence[Event]]:
    """Events by their type."""
    only = type(events[0])
    if only is type(events[-1]) and len(set(map(type, events))) == 1:
        return {only: events}
    apart: dict[type, list[Event]] = defaultdict(list)
    for event in events:
        apart[type(event)].append(event)
    return dict(apart)


class _Counting(dict[str, int]):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __missing__(self, name: str) -> int:
        self[name] = number = _FIRST + len(self.names)
        self.names.append(name)
        return number


_PACKED = frozenset({Trade, Quote, Mark})


class Sheet(NamedTuple):
    """Some events that came one after the other: packed by kind, and those that are not worth it as they are."""

    n: int
    seq_min: int
    seq_max: int
    runs: dict[Kind, Run]
    rest: list[Event]


class Packed(Sequence[Event]):
    """Events in ``seq`` order; each time it is read they are made anew.

    >>> from fbkit.model import Side
    >>> packer = Packer()
    >>> trades = [Trade("binance:BTC-USDT-PERP", n, n, n, 100.0, 1.0, Side.BUY, seq=n) for n in (1, 2, 3)]
    >>> packed = Packed(packer.names, [packer.pack(trades)])
    >>> len(packed), packed[-1].seq, list(packed) == trades
    (3, 3, True)
    """

    def __init__(self, names: Sequence[str], sheets: Sequence[Sheet]) -> None:
        self.names, self.sheets = names, sheets
        self._n = sum(sheet.n for sheet in sheets)

    @property
    def seq_min(self) -> int:
        """The lowest ``seq``."""
        return self.sheets[0].seq_min

    @property
    def seq_max(self) -> int:
        """The highest ``seq``."""
        return self.sheets[-1].seq_max

    @property
    def rest(self) -> list[Event]:
        """Those that are no trades, quotes or marks."""
        return [event for sheet in self.sheets for event in sheet.rest]

    def runs(self) -> dict[Kind, Run]:
        """The packed ones, one run a kind."""
        found: dict[Kind, list[Run]] = defaultdict(list)
        for sheet in self.sheets:
            for kind, run in sheet.runs.items():
                found[kind].append(run)
        return {kind: first.joined(others) for kind, (first, *others) in found.items()}

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Event]:
        for sheet in self.sheets:
            yield from self._events_of(sheet)

    @overload
    def __getitem__(self, at: int) -> Event: ...
    @overload
    def __getitem__(self, at: slice) -> list[Event]: ...
    def __getitem__(self, at: int | slice) -> Event | list[Event]:
        if at == 0:
            return self._events_of(self.sheets[0])[0]
        if at == -1:
            return self._events_of(self.sheets[-1])[-1]
        return list(self)[at]

    def _events_of(self, sheet: Sheet) -> list[Event]:
        names = dict(enumerate(self.names))
        numbers = np.arange(len(names))
        parts = [kind.structs(read_run(kind, run.n, run.columns, numbers), names) for kind, run in sheet.runs.items()]
        return sorted(chain(sheet.rest, *parts), key=_seq)


def one_after_the_other(parts: Iterable[Sequence[Event]]) -> Sequence[Event]:
    """Batches of one pipeline's events as one, packed where one of them is."""
    lists = list(parts)
    known = [part.names for part in lists if isinstance(part, Packed)]
    if not known:
        return [event for part in lists for event in part]
    # The packer only ever adds names.
    return Packed(known[-1], [sheet for part in lists for sheet in _sheets(part)])


def _sheets(events: Sequence[Event]) -> Sequence[Sheet]:
    if isinstance(events, Packed):
        return events.sheets
    return [Sheet(len(events), events[0].seq, events[-1].seq, {}, list(events))] if events else []
