"""What a reader tells beside its items."""

from __future__ import annotations

from typing import NamedTuple


class Broken(NamedTuple):
    """A stream whose sequence broke at ``ts`` (UTC ns): a gap until the next snapshot."""

    venue: str
    instrument: str
    channel: str
    ts: int
    sentence: str
