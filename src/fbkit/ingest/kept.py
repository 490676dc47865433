"""A batch as bytes: what a spill file holds of it, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import zstandard

from fbkit.engine import Closed
from fbkit.ingest.accounting import Accounts
from fbkit.ingest.pipeline import Cut
from fbkit.model import (
    AccountRow,
    AlertRow,
    BarRow,
    Beat,
    Event,
    Gap,
    HealthRow,
    MetricRow,
    QuarantineRow,
    Row,
    RunRow,
    SummaryRow,
)
from fbkit.store import Batch, Checkpoint

#: So many at a stretch: whoever encodes holds the interpreter, and the sockets wait for it.
_SLICE = 1_000

#: No batch is larger than this once unpacked; what says so is damaged.
_LIMIT_BYTES = 2**31

_ROWS: tuple[type[Any], ...] = (
    BarRow, MetricRow, SummaryRow, AlertRow, QuarantineRow, AccountRow, HealthRow, RunRow,
)  # fmt: skip  # a table

_encode = msgspec.msgpack.Encoder().encode
_events = msgspec.msgpack.Decoder(list[Event])
_rows = {row.__name__: msgspec.msgpack.Decoder(list[row]) for row in _ROWS}  # type: ignore[valid-type]  # each of the table


#: A checkpoint that was frozen on the loop and is packed by whoever stores it.
Pending = Callable[[], Checkpoint]


def packed(checkpoint: Pending | None) -> Checkpoint | None:
    """Pack it, if there is one."""
    return None if checkpoint is None else checkpoint()


class Kept(msgspec.Struct, array_like=True):
    """A :class:`~fbkit.ingest.pipeline.Cut` without its accounts: whose items they are is told by name.

    ``events`` and ``rows`` are slices of it, each msgpack; ``filled`` is the ``Closed``'s.
    """

    run: int
    items: list[tuple[str, str, int]]
    filled: int
    events: list[bytes]
    rows: list[tuple[str, bytes]]
    checkpoint: Checkpoint | None = None

    @property
    def batch(self) -> Batch:
        """What is to be stored."""
        events = [event for part in self.events for event in _events.decode(part)]
        rows: list[Row] = [row for name, part in self.rows for row in _rows[name].decode(part)]
        return Batch(events, rows, self.checkpoint)

    def cut(self, batch: Batch, accounts: Accounts) -> Cut:
        """What the pipeline had cut, for whoever hears that it is stored."""
        closed = Closed(
            [row for row in batch.rows if isinstance(row, BarRow)],
            [row for row in batch.rows if isinstance(row, MetricRow)],
            [row for row in batch.rows if isinstance(row, SummaryRow)],
            self.filled,
            [],
        )
        items = {accounts[venue, channel]: count for venue, channel, count in self.items}
        gaps = [event for event in batch.events if type(event) is Gap]
        return Cut(batch.events, batch.rows, closed, items, beat_of(batch.events), gaps)


def beat_of(events: Sequence[Event]) -> Beat:
    """The Beat that every batch has, near its end."""
    return next(event for event in reversed(events) if type(event) is Beat)


def pack(cut: Cut, checkpoint: Pending | None, run: int) -> bytes:
    """A batch as bytes. Takes the interpreter for a fraction of a millisecond at a time."""
    by_type: dict[str, list[Row]] = {}
    for row in cut.rows:
        by_type.setdefault(type(row).__name__, []).append(row)
    kept = Kept(
        run,
        [(account.venue, account.channel, count) for account, count in cut.items.items()],
        cut.closed.filled,
        list(_slices(cut.events, _encode)),
        [(name, part) for name, rows in by_type.items() for part in _slices(rows, _encode)],
        packed(checkpoint),
    )
    return zstandard.ZstdCompressor(level=1).compress(_encode(kept))


def unpack(data: bytes) -> Kept:
    """The batch again; raises ``ValueError`` for what is none."""
    try:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=_LIMIT_BYTES)
        return msgspec.msgpack.decode(raw, type=Kept)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"no batch: {error}") from error


def _slices(things: Sequence[Any], encode: Callable[[Any], bytes]) -> Iterator[bytes]:
    for start in range(0, len(things), _SLICE):
        yield encode(things[start : start + _SLICE])
