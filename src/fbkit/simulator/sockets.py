"""One TCP connection to the simulated exchange: HTTP requests one after the other, or a websocket after a handshake.

The handshake and the control frames are the ``websockets`` library's; data frames are written straight to the
transport, all that are due in one write. No compression is offered, as none is known of the real one.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from websockets.exceptions import ProtocolError
from websockets.frames import Frame as WsFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from fbkit.simulator import http
from fbkit.simulator.answers import Answer, Refusal
from fbkit.simulator.limits import with_weight
from fbkit.simulator.streams import Frame
from fbkit.simulator.talk import TOO_MANY_REQUESTS, Address, Talk, address_of
from fbkit.simulator.wire import combined

if TYPE_CHECKING:
    from fbkit.simulator.server import Server

_MOST_UNSENT = 32 * 1024 * 1024


class Socket(asyncio.Protocol):
    """The server's side of a connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.talk: Talk | None = None
        self.pending: deque[Frame] = deque()
        self.opened_ms = 0
        self.heard_pong_ms = 0
        self.pinged_ms = 0
        self.frozen = False
        self._transport: asyncio.Transport
        self._head = bytearray()
        self._asked: deque[http.Asked] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._ws: ServerProtocol | None = None
        self._kept_back = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- asyncio hands a TCP server nothing else
        self._transport = transport
        self.server.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self.server.clients.discard(self)
        self.server.leave(self)
        if self._worker is not None:
            self._worker.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self.frozen:
            self._kept_back += data
        elif self._ws is not None:
            self._hear(data)
        else:
            self._head += data
            self._read_heads()

    def thaw(self) -> None:
        """Read again after a freeze, beginning with what came meanwhile."""
        self.frozen = False
        data, self._kept_back = bytes(self._kept_back), bytearray()
        if data:
            self.data_received(data)

    def _read_heads(self) -> None:
        while self._ws is None and (end := self._head.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._head[: end + 4])
            del self._head[: end + 4]
            asked = http.read(head)
            if asked is None:
                self._refuse_head(400)
                return
            if asked.upgrade:
                self._shake_hands(head, asked.target)
                return
            self._asked.append(asked)
        if len(self._head) > http.MOST_HEAD:
            self._refuse_head(431)
        elif self._asked and self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def _refuse_head(self, status: int) -> None:
        self._write(http.reply(Answer(status, (), b""), keep_alive=False))
        self._transport.close()

    async def _work(self) -> None:
        while self._asked:
            asked = self._asked.popleft()
            answer = await self._answer(asked)
            self._write(http.reply(answer, keep_alive=asked.keep_alive))
            if not asked.keep_alive:
                self._transport.close()
                break
        self._worker = None

    async def _answer(self, asked: http.Asked) -> Answer:
        if asked.method != "GET":
            return Answer(405, (("Allow", "GET"),), b"")
        parts = urlsplit(asked.target)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        server = self.server
        if server.faults.refuses_rest(server.now_ms(), server.first_ms):
            return http.BUSY
        try:
            used = server.limits.spend(parts.path, given, server.now_ms())
        except Refusal as refusal:
            return refusal.answer()
        await server.prepare(parts.path, given)
        return with_weight(server.rest.answer(parts.path, given, server.now_ms()), used)

    def _shake_hands(self, head: bytes, target: str) -> None:
        address = address_of(target)
        ws = ServerProtocol(extensions=None, max_size=65_536)
        ws.receive_data(head)
        request = next((event for event in ws.events_received() if isinstance(event, Request)), None)
        if request is None:
            self._transport.abort()
            return
        if address is None:
            ws.send_response(ws.reject(404, "Not Found\n"))
        elif self.server.refuses(address.route):
            ws.send_response(ws.reject(503, "Service Unavailable\n"))
        else:
            ws.send_response(ws.accept(request))
        self._ws = ws
        self._flush()
        if address is not None and ws.state is OPEN:
            self._begin(address)
            rest, self._head = bytes(self._head), bytearray()
            if rest:
                self._hear(rest)

    def _begin(self, address: Address) -> None:
        self.talk = Talk(address, self.server.market.universe.index)
        self.opened_ms = self.heard_pong_ms = self.pinged_ms = self.server.real_ms()
        self.server.join(self)

    def _hear(self, data: bytes) -> None:
        ws = self._ws
        assert ws is not None  # noqa: S101 -- only called after the handshake
        try:
            ws.receive_data(data)
        except ProtocolError:
            self._transport.abort()
            return
        for event in ws.events_received():
            if isinstance(event, WsFrame):
                self._take(event)
        self._flush()

    def _take(self, frame: WsFrame) -> None:
        talk = self.talk
        if talk is None:
            return
        now = self.server.real_ms()
        if frame.opcode is Opcode.TEXT:
            known = set(talk.streams)
            reply = talk.hear(bytes(frame.data), now)
            if reply.text is not None:
                self.send([reply.text])
            if reply.ends is not None:
                self.end(1008, reply.ends)
                return
            self.server.subscribed(self, [stream for stream in talk.streams if stream not in known])
        elif frame.opcode in {Opcode.PING, Opcode.PONG}:
            if frame.opcode is Opcode.PONG:
                self.heard_pong_ms = now
            if not talk.counted(now):
                self.end(1008, TOO_MANY_REQUESTS)

    def send_due(self, now_ms: int) -> None:
        """Write every frame whose time has come; a client that does not read is cut off."""
        pending = self.pending
        if not pending or pending[0].ts_ms > now_ms or self.talk is None:
            return
        wrap = self.talk.combined
        due: list[bytes] = []
        while pending and pending[0].ts_ms <= now_ms:
            frame = pending.popleft()
            due.append(combined(frame.stream, frame.payload) if wrap and frame.stream else frame.payload)
        if not self.frozen:
            self.send(due)
        if self._transport.get_write_buffer_size() > _MOST_UNSENT:
            self._transport.abort()

    def send(self, payloads: list[bytes]) -> None:
        """Write text messages."""
        if self._ws is not None and self._ws.state is OPEN and not self._transport.is_closing():
            self._transport.write(b"".join([part for payload in payloads for part in (_header(len(payload)), payload)]))

    def ping(self, now_ms: int) -> None:
        """Ask whether the client is still there, in the exchange's way: the payload is the time."""
        self.pinged_ms = now_ms
        if self._ws is not None and self._ws.state is OPEN:
            self._ws.send_ping(b"%d" % self.server.now_ms())
            self._flush()

    def end(self, code: int, why: str) -> None:
        """End the websocket politely."""
        self.server.leave(self)
        if self._ws is not None and self._ws.state is OPEN:
            self._ws.send_close(code, why)
            self._flush()

    def hang_up(self) -> None:
        """Close the connection as soon as what was written is out."""
        self._transport.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            # Linger for no time at all: the system then resets instead of closing. Windows has shorts there.
            pair = "hh" if sys.platform == "win32" else "ii"
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(pair, 1, 0))
        self._transport.abort()

    def _flush(self) -> None:
        ws = self._ws
        if ws is None or self._transport.is_closing():
            return
        for data in ws.data_to_send():
            if data:
                self._write(data)
            else:
                self._transport.close()
        if ws.close_expected():
            self._transport.close()

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


def _header(length: int) -> bytes:
    """The head of an unmasked, whole text message."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")
