"""What is said on a socket, for every venue: batches, pings, replies, and what becomes of a refusal.

How a venue words it is its room's ``talk.py``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from fbkit.errors import SubscriptionRefused
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.sink import Sink
from fbkit.feeds.transport import Connection
from fbkit.model import Control

log = logging.getLogger(__name__)

#: A refused topic is asked for again after this long.
SLOWLY_S = 300.0


class Heard(NamedTuple):
    """What a control frame means.

    ``number`` is the message it answers. ``accepted`` and ``refused`` are topics it names. A ``number`` alone accepts
    the whole message; a ``number`` with ``why`` and nothing ``refused`` says that all of it failed, whoever is guilty.
    ``reply`` is to be said at once (a heartbeat's answer); ``moving`` says that the venue will close soon.
    """

    number: int | None = None
    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    why: str = ""
    reply: str | None = None
    moving: bool = False


class Wording(Protocol):
    """How a venue is spoken to: pure of I/O, made anew for each connection, so that it may remember what it asked.

    ``per_message`` topics go into a message, ``pause_s`` seconds lie between two; ``ping_every_s`` is ``None`` where
    the venue pings us. ``greeting`` is said first. A topic is a text; what it looks like is the venue's.
    """

    @property
    def per_message(self) -> int: ...
    @property
    def pause_s(self) -> float: ...
    @property
    def ping_every_s(self) -> float | None: ...
    def greeting(self) -> list[str]: ...
    def subscribe(self, topics: Sequence[str], number: int) -> str: ...
    def unsubscribe(self, topics: Sequence[str], number: int) -> str: ...
    def ping(self, number: int) -> str: ...
    def heard(self, control: Control) -> Heard: ...
    def channel_of(self, topic: str) -> str: ...


class _Batch(NamedTuple):
    topics: tuple[str, ...]
    leave: bool = False


class Talker:
    """Subscribes to topics on one connection, and keeps it alive.

    A refused batch is asked for again in halves until the guilty topic stands alone; that one, or one that the venue
    names, is told as trouble and asked for again slowly, while the others run. An answer without an error is no proof
    of anything but courtesy. ``refused`` is shared by the connections of a link, so that the next one can be well.
    """

    def __init__(
        self,
        venue: str,
        topics: Sequence[str],
        wording: Wording,
        sink: Sink,
        world: World,
        numbers: Callable[[], int],
        *,
        refused: dict[str, None] | None = None,
    ) -> None:
        self._venue, self._wording = venue, wording
        self._sink, self._world, self._numbers = sink, world, numbers
        size = wording.per_message
        self._batches = deque(_Batch(tuple(topics[at : at + size])) for at in range(0, len(topics), size))
        self._first: deque[str] = deque()
        self._asked: dict[int, tuple[str, ...]] = {}
        self._refused: dict[str, None] = {} if refused is None else refused
        self._something = asyncio.Event()
        #: Whether every topic has been asked for.
        self.said = not self._batches

    async def run(self, connection: Connection) -> None:
        """Say what is to be said, for as long as the connection lives."""
        self._first.extendleft(reversed(self._wording.greeting()))
        helpers = [asyncio.create_task(self._again(), name=f"{self._venue} refused topics")]
        if self._wording.ping_every_s is not None:
            helpers.append(asyncio.create_task(self._ping(self._wording.ping_every_s), name=f"{self._venue} pings"))
        try:
            while True:
                await self._say_something(connection)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def heard(self, control: Control) -> bool:
        """An answer, an error, a heartbeat; true when the venue wants us to move to a new connection."""
        try:
            heard = self._wording.heard(control)
        except MALFORMED:
            return False
        if heard.reply is not None:
            self.say(heard.reply)
        asked = self._pending(heard)
        self._accept(heard.accepted)
        for topic in heard.refused:
            self._refuse(topic, heard.why)
        if not (heard.accepted or heard.refused):
            self._whole(asked, heard.why)
        return heard.moving

    def say(self, text: str) -> None:
        """Say a text before anything else that waits."""
        self._first.append(text)
        self._something.set()

    def again(self, topic: str) -> None:
        """Leave a topic and subscribe to it anew, so that it begins with a snapshot."""
        self._batches.extend((_Batch((topic,), leave=True), _Batch((topic,))))
        self._something.set()

    # speaking

    async def _say_something(self, connection: Connection) -> None:
        self._something.clear()
        while self._first:
            await connection.send(self._first.popleft())
        if not self._batches:
            self.said = True
            await self._something.wait()
            return
        topics, leave = self._batches.popleft()
        number = self._numbers()
        if leave:
            await connection.send(self._wording.unsubscribe(topics, number))
        else:
            self._asked[number] = topics
            await connection.send(self._wording.subscribe(topics, number))
        await self._world.sleep(self._wording.pause_s)

    async def _ping(self, every_s: float) -> None:
        while True:
            await self._world.sleep(every_s)
            self.say(self._wording.ping(self._numbers()))

    async def _again(self) -> None:
        while True:
            await self._world.sleep(SLOWLY_S)
            self._batches.extend(_Batch((topic,)) for topic in self._refused)
            self._something.set()

    # hearing

    def _pending(self, heard: Heard) -> tuple[str, ...]:
        """The topics of the message this answers; those it names are pending no more."""
        named = {*heard.accepted, *heard.refused}
        if named:
            left = {n: tuple(topic for topic in asked if topic not in named) for n, asked in self._asked.items()}
            self._asked = {number: topics for number, topics in left.items() if topics}
            return ()
        if heard.number is None:
            # No number and no name: guilty is who alone can be.
            return self._asked.popitem()[1] if heard.why and len(self._asked) == 1 else ()
        return self._asked.pop(heard.number, ())

    def _whole(self, topics: tuple[str, ...], why: str) -> None:
        """A message was accepted or failed as a whole."""
        if not why:
            self._accept(topics)
        elif len(topics) > 1:
            middle = len(topics) // 2
            self._batches.extend((_Batch(topics[:middle]), _Batch(topics[middle:])))
            self._something.set()
        elif topics:
            self._refuse(topics[0], why)
        else:
            log.warning("%s: %s", self._venue, why)

    def _accept(self, topics: Sequence[str]) -> None:
        for topic in topics:
            if topic in self._refused:
                del self._refused[topic]
                channel = self._wording.channel_of(topic)
                if all(self._wording.channel_of(other) != channel for other in self._refused):
                    self._sink.well(self._venue, channel)

    def _refuse(self, topic: str, why: str) -> None:
        error = SubscriptionRefused(self._venue, topic, why)
        log.warning("%s", error)
        self._refused[topic] = None
        self._sink.trouble(self._venue, self._wording.channel_of(topic), "refused", str(error))
