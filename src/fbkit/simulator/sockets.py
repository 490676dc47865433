"""One TCP connection to the simulated exchanges: HTTP requests one after the other, or a websocket after a handshake.

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
from fbkit.simulator.answers import Answer
from fbkit.simulator.wires.wire import Asked, Frame, Manners, Reply, Talk

if TYPE_CHECKING:
    from fbkit.simulator.server import Server

_MOST_UNSENT = 32 * 1024 * 1024

#: The longest message that a client may send: OKX and Bybit take a subscription of tens of kilobytes.
_MOST_HEARD = 128 * 1024


class Socket(asyncio.Protocol):
    """The server's side of a connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.venue = ""
        self.talk: Talk | None = None
        self.pending: deque[Frame] = deque()
        self.opened_ms = 0
        self.heard_pong_ms = 0
        self.pinged_ms = 0
        self.ticked_ms = 0
        self.frozen = False
        self._transport: asyncio.Transport
        self._head = bytearray()
        self._asked: deque[tuple[http.Head, bytes]] = deque()
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
            asked = http.read(head)
            if asked is None:
                self._refuse_head(400)
                return
            if len(self._head) < end + 4 + asked.length:
                break
            body = bytes(self._head[end + 4 : end + 4 + asked.length])
            del self._head[: end + 4 + asked.length]
            if asked.upgrade:
                self._shake_hands(head, asked)
                return
            self._asked.append((asked, body))
        if len(self._head) > http.MOST_HEAD + http.MOST_BODY:
            self._refuse_head(431)
        elif self._asked and self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def _refuse_head(self, status: int) -> None:
        self._write(http.reply(Answer(status, (), b""), keep_alive=False))
        self._transport.close()

    async def _work(self) -> None:
        while self._asked:
            head, body = self._asked.popleft()
            answer = await self._answer(head, body)
            self._write(http.reply(answer, keep_alive=head.keep_alive))
            if not head.keep_alive:
                self._transport.close()
                break
        self._worker = None

    async def _answer(self, head: http.Head, body: bytes) -> Answer:
        parts = urlsplit(head.target)
        found = http.venue_of(parts.path, self.server.wires)
        if found is None:
            return Answer(404, (), b"")
        venue, path = found
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        return await self.server.answer(venue, Asked(head.method, path, given, body))

    def _shake_hands(self, raw: bytes, head: http.Head) -> None:
        ws = ServerProtocol(extensions=None, max_size=_MOST_HEARD)
        ws.receive_data(raw)
        request = next((event for event in ws.events_received() if isinstance(event, Request)), None)
        if request is None:
            self._transport.abort()
            return
        found = http.venue_of(head.target, self.server.wires)
        venue, target = found or ("", "")
        talk = self.server.wires[venue].talk(target, head.headers) if found else None
        if talk is None:
            ws.send_response(ws.reject(404, "Not Found\n"))
        elif self.server.refuses(venue, talk.route):
            ws.send_response(ws.reject(503, "Service Unavailable\n"))
        else:
            ws.send_response(ws.accept(request))
        self._ws = ws
        self._flush()
        if talk is not None and ws.state is OPEN:
            self._begin(venue, talk)
            rest, self._head = bytes(self._head), bytearray()
            if rest:
                self._hear(rest)

    def _begin(self, venue: str, talk: Talk) -> None:
        self.venue, self.talk = venue, talk
        self.opened_ms = self.heard_pong_ms = self.pinged_ms = self.ticked_ms = self.server.real_ms()
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
        now = self.server.now_ms()
        if frame.opcode is Opcode.TEXT:
            known = set(talk.streams)
            reply = talk.hear(bytes(frame.data).decode(errors="replace"), now)
            self.follow(reply)
            if reply.ends is None:
                self.server.subscribed(self, [stream for stream in talk.streams if stream not in known], now)
        elif frame.opcode in {Opcode.PING, Opcode.PONG}:
            if frame.opcode is Opcode.PONG:
                self.heard_pong_ms = self.server.real_ms()
            self.follow(talk.counted(now))

    def follow(self, reply: Reply) -> None:
        """Do what the conversation came to."""
        self.send(list(reply.texts))
        if reply.ends is not None:
            self.end(reply.code, reply.ends)
        elif reply.frames:
            self.server.queue(self, list(reply.frames))

    def keep(self, now_ms: int, manners: Manners) -> None:
        """Ping, miss a pong, end what is too old; ``now_ms`` is real."""
        if manners.lifetime_ms is not None and now_ms - self.opened_ms > manners.lifetime_ms:
            self.end(1001, "24 hours are over")
        elif self.pinged_ms > self.heard_pong_ms and now_ms - self.heard_pong_ms > manners.pong_within_ms:
            self.end(1008, "Pong timeout")
        elif manners.ping_every_ms is not None and now_ms - self.pinged_ms > manners.ping_every_ms:
            self.ping(now_ms)

    def send_due(self, now_ms: int) -> None:
        """Write every frame whose time has come; a client that does not read is cut off."""
        pending = self.pending
        if not pending or pending[0].ts_ms > now_ms or self.talk is None:
            return
        wrap = self.talk.wrap
        due: list[bytes] = []
        while pending and pending[0].ts_ms <= now_ms:
            frame = pending.popleft()
            due.append(wrap(frame) if frame.stream else frame.payload)
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
