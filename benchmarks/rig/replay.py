"""A venue's socket that says so many messages a second, each made at the instant it leaves.

``python -m rig.replay VENUE INSTRUMENTS SEED`` prints ``{"port": N}``, and ``{"heard": true}`` when somebody listens. A
line on its standard input is the rate from then on; 0 is answered by ``{"drained": true}`` once all has left. At its
end it prints how many items and frames it sent. Beside the messages that are paced come the venue's lists of all
contracts once a second, and closed minutes once a minute.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable

from contestants.stream import framed
from rig.voices import Chatter
from websockets.asyncio.server import ServerConnection, serve
from websockets.protocol import State

_TICK_S = 0.001

#: What has not left by then never will.
_PATIENCE_S = 60.0


class Replay:
    """Says what a chatter says, to one client at a time."""

    def __init__(self, chatter: Chatter) -> None:
        self.chatter = chatter
        self.rate = self.items = self.frames = 0
        self.over = asyncio.Event()
        self._buffers: list[Callable[[], int]] = []

    async def serve(self, connection: ServerConnection) -> None:
        """Frames go straight to the transport, all that are due in one write."""
        print(json.dumps({"heard": True}), flush=True)
        write = connection.transport.write
        self._buffers.append(connection.transport.get_write_buffer_size)
        owed, before = 0.0, time.perf_counter()
        second = int(time.time())
        while True:
            await asyncio.sleep(_TICK_S)
            if self.over.is_set() or connection.state is not State.OPEN:
                return
            now = time.perf_counter()
            owed += (now - before) * self.rate
            before, due = now, int(owed)
            owed -= due
            write(b"".join(self._due(due)))
            if self.rate and int(time.time()) > second:
                second = int(time.time())
                write(b"".join(self._lists(second)))

    def _due(self, count: int) -> list[bytes]:
        ts_ms = time.time_ns() // 1_000_000
        self.items += count
        self.frames += count
        say = self.chatter.next
        return [framed(say(ts_ms)) for _ in range(count)]

    def _lists(self, second: int) -> list[bytes]:
        says = self.chatter.second
        self.items += len(says) * len(self.chatter.symbols)
        if second % 60 == 0:
            says = says + self.chatter.minute
            self.items += len(self.chatter.minute)
        self.frames += len(says)
        return [_long(say(second * 1000)) for say in says]

    async def _drained(self) -> None:
        """Say when nothing waits to leave, for whoever still listens."""
        give_up = time.monotonic() + _PATIENCE_S
        while any(size() for size in self._buffers) and time.monotonic() < give_up:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.05)
        print(json.dumps({"drained": True}), flush=True)

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Rates, line by line, on a thread of its own."""
        for line in sys.stdin:
            self.rate = int(line)
            if not self.rate:
                asyncio.run_coroutine_threadsafe(self._drained(), loop)
        loop.call_soon_threadsafe(self.over.set)


def _long(payload: bytes) -> bytes:
    """A text frame of any length."""
    return b"\x81\x7f" + len(payload).to_bytes(8, "big") + payload if len(payload) > 65_535 else framed(payload)


async def run() -> None:
    """Serve until standard input ends."""
    venue, count, seed = sys.argv[1:]
    replay = Replay(Chatter(venue, int(count), int(seed)))
    async with serve(replay.serve, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}), flush=True)
        threading.Thread(target=replay.listen, args=(asyncio.get_running_loop(),), daemon=True).start()
        await replay.over.wait()
    print(json.dumps({"items": replay.items, "frames": replay.frames}), flush=True)


if __name__ == "__main__":
    asyncio.run(run())
