"""What a feed tells the collector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fbkit.model import Item


class Sink(Protocol):
    """Where a feed's items and troubles go. Every method is synchronous and cheap; instants are UTC ns.

    A *cause* is one of ``disconnect stalled refused``, a *reason* one of these, ``rest`` or ``sequence``; a *sentence*
    is for people. ``raw`` are frames and REST answers as they came, unparsed; their ``connection`` is a socket's
    name, or ``rest:`` with path and query. ``broke`` and ``mended`` tell of one instrument's book, which lost its
    sequence and found it again.
    """

    def take(self, venue: str, items: Sequence[Item], ts_recv: int) -> None: ...
    def silent(self, venue: str, channels: Sequence[str], cause: str, since: int) -> None: ...
    def speaking(self, venue: str, channels: Sequence[str], ts: int) -> None: ...
    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None: ...
    def well(self, venue: str, channel: str) -> None: ...
    def broke(self, venue: str, instrument: str, channel: str, since: int, sentence: str) -> None: ...
    def mended(self, venue: str, instrument: str, channel: str, ts: int) -> None: ...
    def raw(self, venue: str, connection: str, ts_recv: int, payloads: Sequence[bytes]) -> None: ...
