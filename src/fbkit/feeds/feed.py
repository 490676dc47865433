"""What every venue's feed can do, and what it is given to do it with."""

from __future__ import annotations

import asyncio
import random as random_module
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from typing import NamedTuple, Protocol

import httpx
import msgspec

from fbkit.clock import Clock
from fbkit.feeds.sink import Sink
from fbkit.feeds.transport import Transport
from fbkit.model import Listing


class Progress(NamedTuple):
    """How far a backfill is: ``done`` of ``total`` instruments have their ``what``, ``instrument`` the newest of them.

    ``complete`` is false where the venue refused that instrument's history.
    """

    what: str
    done: int
    total: int
    instrument: str = ""
    complete: bool = True


class World(msgspec.Struct, frozen=True):
    """What a feed is given, so that a test or a demo can give it something else.

    ``limited`` is false where a venue has no limits to respect (the in-memory one); ``parallel`` is how many REST
    questions a backfill asks at a time, 1 where answers must come in one fixed order. ``generosity`` is how many times
    its documented limits a venue allows: our simulator a hundred, everybody else one.
    """

    clock: Clock
    transport: Transport
    http: httpx.AsyncClient
    random: Callable[[], float] = random_module.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    limited: bool = True
    parallel: int = 4
    generosity: int = 1


class Feed(Protocol):
    """One venue; ``contiguous`` where its trade ids count one by one per instrument, so that a jump is a hole.

    ``expected_s`` is how often each pushed channel should give an event, seconds; after ``listings``.
    ``run`` is for ever: it primes itself (instruments first, through ``sink.take``), connects, watches, reconnects and
    polls until it is cancelled, and then leaves nothing behind. ``backfill`` (of everybody followed, or of those named)
    and ``trades`` may run beside it and may be abandoned. What they fetch has ``origin=BACKFILL``.
    """

    @property
    def venue(self) -> str: ...
    @property
    def contiguous(self) -> bool: ...
    def expected_s(self) -> dict[str, float]: ...
    async def listings(self) -> list[Listing]: ...
    async def run(self, sink: Sink) -> None: ...
    def backfill(self, sink: Sink, since: int, until: int, names: Collection[str] = ()) -> AsyncGenerator[Progress]: ...
    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int: ...
