"""What we say on Binance's sockets: SUBSCRIBE in small doses, and what becomes of a refusal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from fbkit.errors import SubscriptionRefused
from fbkit.feeds.binance import VENUE
from fbkit.feeds.binance.channels import channel_of_stream
from fbkit.feeds.feed import World
from fbkit.feeds.sink import Sink
from fbkit.feeds.transport import Connection
from fbkit.model import Control

log = logging.getLogger(__name__)

#: Between two messages: the venue closes a connection that sends more than 10 a second.
PAUSE_S = 0.25

#: A refused stream is asked for again after this long.
SLOWLY_S = 300.0


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class _Answer(msgspec.Struct):
    id: int | str | None = None
    error: _Error | None = None


class Subscriber:
    """Subscribes to streams on one connection.

    A refused batch is asked for again in halves until the guilty stream stands alone; that one is told as trouble and
    asked for again slowly, while the others run. An answer without an error is no proof of anything but courtesy.
    """

    def __init__(self, batches: Sequence[Sequence[str]], sink: Sink, world: World, numbers: Callable[[], int]) -> None:
        self._sink, self._world, self._numbers = sink, world, numbers
        self._todo: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        self._asked: dict[int, tuple[str, ...]] = {}
        self._refused: dict[str, None] = {}
        for batch in batches:
            self._todo.put_nowait(tuple(batch))

    async def run(self, connection: Connection) -> None:
        """Say what is to be said, for as long as the connection lives."""
        slow = asyncio.create_task(self._again(), name="binance refused streams")
        try:
            while True:
                names = await self._todo.get()
                number = self._numbers()
                self._asked[number] = names
                message = {"method": "SUBSCRIBE", "params": list(names), "id": number}
                await connection.send(msgspec.json.encode(message).decode())
                await self._world.sleep(PAUSE_S)
        finally:
            slow.cancel()
            await asyncio.gather(slow, return_exceptions=True)

    def heard(self, control: Control) -> None:
        """An answer or an error."""
        try:
            answer = msgspec.json.decode(control.detail, type=_Answer, strict=False)
        except msgspec.DecodeError:
            return
        names = self._asked.pop(answer.id, ()) if isinstance(answer.id, int) else ()
        if answer.error is None:
            for name in names:
                if name in self._refused:
                    del self._refused[name]
                    self._sink.well(VENUE, channel_of_stream(name))
        elif len(names) > 1:
            middle = len(names) // 2
            self._todo.put_nowait(names[:middle])
            self._todo.put_nowait(names[middle:])
        else:
            self._refuse(names[0] if names else "a stream", f"{answer.error.code} {answer.error.msg}")

    def _refuse(self, name: str, why: str) -> None:
        error = SubscriptionRefused(VENUE, name, why)
        log.warning("%s", error)
        self._refused[name] = None
        self._sink.trouble(VENUE, channel_of_stream(name), "refused", str(error))

    async def _again(self) -> None:
        while True:
            await self._world.sleep(SLOWLY_S)
            for name in self._refused:
                self._todo.put_nowait((name,))
