"""A venue that plays a script: a websocket server on 127.0.0.1, one script a connection, the last one for all others.

Steps: ``("send", text)``, ``("dup", text)`` (twice), ``("garbage", bytes)`` (binary), ``("silence",)`` (answers pings,
says nothing more), ``("close", code, reason)``, ``("rst",)``, ``("fin",)``, ``("wait", s)``, ``("stay",)``.
A script ``"refuse"`` answers 503 to the handshake. As a program it prints its port and sends a frame every 20 ms, so
that a test can freeze it.
"""

import asyncio
import contextlib
import http
import socket
import struct
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


class FakeVenue:
    """``async with FakeVenue(script, …) as venue: venue.url``."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.connections = 0
        self.said = []
        self.paths = []
        self.headers = []
        self.answer = None

    async def __aenter__(self):
        self._server = await serve(
            self._play, "127.0.0.1", 0, process_request=self._shake_hands, ping_interval=None, close_timeout=0.2
        )
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    def _script(self, number):
        return self.scripts[min(number, len(self.scripts) - 1)]

    def _shake_hands(self, connection, request):
        connection.number = self.connections
        self.connections += 1
        self.paths.append(request.path)
        self.headers.append(request.headers)
        if self._script(connection.number) == "refuse":
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "")
        return None

    async def _play(self, connection):
        listening = asyncio.create_task(self._listen(connection))
        with contextlib.suppress(ConnectionClosed, OSError):
            for step, *rest in self._script(connection.number):
                await getattr(self, f"_{step}")(connection, *rest)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, connection):
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                self.said.append(message)
                if self.answer is not None:
                    for text in self.answer(message):
                        await connection.send(text)

    async def _send(self, connection, text):
        await connection.send(text)

    async def _dup(self, connection, text):
        await connection.send(text)
        await connection.send(text)

    async def _garbage(self, connection, data):
        await connection.send(data)

    async def _fragments(self, connection, *parts):
        await connection.send(list(parts))

    async def _ping(self, connection, payload):
        waiter = await connection.ping(payload)
        await asyncio.wait_for(waiter, 20)

    async def _wait(self, connection, seconds):
        await asyncio.sleep(seconds)

    async def _silence(self, connection):
        await connection.wait_closed()

    _stay = _silence

    async def _close(self, connection, code=1000, reason=""):
        await connection.close(code, reason)

    async def _rst(self, connection):
        peer = connection.transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()

    async def _fin(self, connection):
        connection.transport.close()


async def _tick():
    async def speak(connection):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.send(sys.argv[1])
                await asyncio.sleep(0.02)

    async with serve(speak, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_tick())
