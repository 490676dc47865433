"""What a database holds, and which stretch of time is meant."""

from __future__ import annotations

import enum

import msgspec


class Market(enum.StrEnum):
    """Where the prices come from. Written at a database's creation; REPLAY is a view of one of the other three."""

    SIMULATED = "SIMULATED"
    RECORDED = "RECORDED"
    LIVE = "LIVE"


class Span(msgspec.Struct, frozen=True, gc=False):
    """The half-open stretch ``[since, until)`` in UTC ns; an open end is ``None``."""

    since: int | None = None
    until: int | None = None
