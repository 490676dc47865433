"""What the hub says, as the server knows it: one connection for all who ask and all who stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from fbkit.hub import Commit, Gone, Hello, Live, LiveRow, Pulse, follow
from fbkit.settings import Settings

Heard = Hello | Live | Commit | Pulse | Gone


class Voice:
    """Follows the hub and keeps the newest of everything. Whoever called :meth:`tell` hears each message, in order.

    ``hello`` and ``pulse`` are ``None`` while no collector is heard; ``why`` then says so.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self.hello: Hello | None = None
        self.pulse: Pulse | None = None
        self.why = "not connected to a collector yet"
        self.latest: dict[str, LiveRow] = {}
        self._settings, self._url = settings, url
        self._listeners: set[Callable[[Heard], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._heard, self._live = asyncio.Event(), asyncio.Event()

    def start(self) -> None:
        """Begin to listen, on the running loop."""
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def tell(self, listener: Callable[[Heard], None]) -> Callable[[], None]:
        """Call ``listener`` with every message from here on; returns what ends that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    async def wait_greeted(self) -> Hello:
        """Wait for a collector; returns its greeting."""
        while self.hello is None:
            await self._heard.wait()
        return self.hello

    async def wait_live(self) -> None:
        """Wait until live values have come from a collector."""
        await self._live.wait()

    async def _listen(self) -> None:
        async with aclosing(follow(self._settings, self._url)) as messages:
            async for message in messages:
                if isinstance(message, Heard):
                    self.hear(message)

    def hear(self, message: Heard) -> None:
        """Take one message from the hub."""
        if isinstance(message, Hello):
            self._greeted(message)
        elif isinstance(message, Gone):
            self.hello, self.pulse, self.why = None, None, message.why
            self._heard.clear()
            self._live.clear()
        elif isinstance(message, Live):
            self.latest.update((row.instrument, row) for row in message.rows)
            self._live.set()
        elif isinstance(message, Pulse):
            self.pulse = message
        for listener in tuple(self._listeners):
            listener(message)

    def _greeted(self, hello: Hello) -> None:
        self.hello, self.why = hello, ""
        self._heard.set()
        self.latest.clear()
