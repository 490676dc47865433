"""One listener as the hub sees it: what waits to be sent, and whether it still reads.

Every message is followed by a ping. A pong says that what came before it was read, whatever the kernels' socket buffers
hold; the next ``live`` message waits for it, so a slow reader gets the newest values and never a backlog of old ones.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from fbkit.hub.messages import Live, LiveRow, encode


class Patience(NamedTuple):
    """A listener that has not read for ``seconds``, or for whom more than ``waiting`` bytes wait, is cut."""

    seconds: float = 10.0
    waiting: int = 8 * 1024 * 1024


PATIENCE = Patience()

_IDLE_PING_S = 3.0


class Wire(Protocol):
    """The half of a websocket connection that a listener needs."""

    async def send(self, message: bytes, *, text: bool | None = None) -> None: ...
    async def ping(self) -> Awaitable[float]: ...


class SlowListener(Exception):
    """The listener did not read; it is to be cut."""


class Listener:
    """Sends to one connection; never blocks whoever publishes, and never holds more than its patience allows."""

    def __init__(
        self,
        wire: Wire,
        topics: frozenset[str],
        patience: Patience = PATIENCE,
        *,
        encode_live: Callable[[Live], bytes] = encode,
    ) -> None:
        self.topics = topics
        self.waiting_bytes = 0
        self._wire = wire
        self._patience = patience
        self._encode_live = encode_live
        self._queue: deque[bytes] = deque()
        self._pending: dict[str, LiveRow] = {}
        self._ts = 0
        self._missed = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._pong: asyncio.Future[float] | None = None
        self._verdict = ""

    def put(self, message: bytes) -> None:
        """Queue a message that must arrive; over the limit the listener is cut instead."""
        if self.waiting_bytes + len(message) > self._patience.waiting:
            self._condemn(f"{self.waiting_bytes} bytes were waiting for it")
            return
        self._idle.clear()
        self._queue.append(message)
        self.waiting_bytes += len(message)
        self._wake.set()

    def live(self, ts: int, rows: Sequence[LiveRow], encoded: bytes) -> int:
        """Send live rows now if the last ones were read (``encoded`` is shared by all), else keep the newest.

        Returns how many values were replaced unread.
        """
        if self._pong is None and not self._pending and not self._queue:
            self.put(encoded)
            return 0
        replaced = sum(row.instrument in self._pending for row in rows)
        self._idle.clear()
        self._pending.update((row.instrument, row) for row in rows)
        self._missed += replaced
        self._ts = ts
        self._wake.set()
        return replaced

    async def drained(self) -> None:
        """Wait until nothing waits to be sent."""
        await self._idle.wait()

    async def run(self) -> None:
        """Send until cancelled; raises :class:`SlowListener` when the listener does not read."""
        while True:
            try:
                async with asyncio.timeout(_IDLE_PING_S):
                    await self._wake.wait()
            except TimeoutError:
                await self._ask_pong()
                continue
            self._wake.clear()
            if self._verdict:
                raise SlowListener(self._verdict)
            await self._send_waiting()

    async def _send_waiting(self) -> None:
        sent = False
        while self._queue and not self._verdict:
            await self._send(self._queue[0])
            self.waiting_bytes -= len(self._queue.popleft())
            sent = True
        if self._pending and self._pong is None:
            message = Live(self._ts, list(self._pending.values()), self._missed)
            self._pending, self._missed = {}, 0
            await self._send(self._encode_live(message))
            sent = True
        if sent:
            await self._ask_pong()
        if not self._queue and not self._pending:
            self._idle.set()

    async def _send(self, message: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience.seconds):
                await self._wire.send(message, text=True)
        except TimeoutError as error:
            raise SlowListener(f"it took nothing for {self._patience.seconds:.0f} s") from error

    async def _ask_pong(self) -> None:
        if self._pong is not None:
            return
        self._pong = asyncio.ensure_future(await self._wire.ping())
        late = asyncio.get_running_loop().call_later(
            self._patience.seconds, self._condemn, f"it read nothing for {self._patience.seconds:.0f} s"
        )

        def answered(_: asyncio.Future[float]) -> None:
            late.cancel()
            self._pong = None
            if self._pending:
                self._wake.set()

        self._pong.add_done_callback(answered)

    def _condemn(self, why: str) -> None:
        self._verdict = self._verdict or why
        self._wake.set()
