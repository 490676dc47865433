"""What is written at once, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from fbkit.model.events import Event
from fbkit.model.rows import Row


class Checkpoint(msgspec.Struct, frozen=True):
    """An engine's state after the event ``seq`` (UTC ns ``ts``), readable by the same ``code`` alone."""

    seq: int
    ts: int
    code: str
    state: bytes
    stamp: int = 0


class Batch(msgspec.Struct):
    """One transaction: events in ``seq`` order (packed or not), rows, at most one checkpoint."""

    events: Sequence[Event] = msgspec.field(default_factory=list)
    rows: list[Row] = msgspec.field(default_factory=list)
    checkpoint: Checkpoint | None = None


class Appended(NamedTuple):
    """What a transaction changed: new events, events that were there before, rows written, and its number."""

    events: int
    known: int
    rows: int
    commit: int
