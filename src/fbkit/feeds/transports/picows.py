"""picows: framing in C, and nothing else; joining, keepalive and goodbyes are ours."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from fbkit.errors import ConnectFailed, ConnectionLost
from fbkit.feeds.transport import (
    INTERNAL_ERROR,
    KEEPALIVE,
    LIMITS,
    PROTOCOL_ERROR,
    TOO_BIG,
    Connection,
    Farewell,
    Keepalive,
    Limits,
    OnClose,
    OnFrame,
    check_url,
    farewell,
    short,
)

if TYPE_CHECKING:
    from picows.picows import WSCloseHandshake

log = logging.getLogger(__name__)

# picows reports at error level what we report as a reason; its words stay available below ours.
logging.getLogger("picows").setLevel(logging.CRITICAL)


# Looking a member up through its class costs more than the rest of the look at a frame.
_TEXT, _BINARY = WSMsgType.TEXT, WSMsgType.BINARY

#: How JSON begins, and what no control frame of ours or of a goodbye does.
_JSON = frozenset({b"{", b"["})


class PicowsTransport:
    """Websockets by picows."""

    def __init__(self, keepalive: Keepalive = KEEPALIVE, limits: Limits = LIMITS) -> None:
        self.keepalive, self.limits = keepalive, limits

    async def connect(
        self, url: str, on_frame: OnFrame, on_close: OnClose, headers: Mapping[str, str] = {}
    ) -> Connection:
        """Open a websocket to ``url``."""
        check_url(url)

        def listener() -> _Listener:
            return _Listener(url, on_frame, on_close, self.keepalive, self.limits)

        try:
            _, opened = await ws_connect(
                listener,
                url,
                max_frame_size=self.limits.message_bytes,
                websocket_handshake_timeout=self.limits.open_s,
                max_redirects=0,  # a venue that moves is news, not something to follow into the unknown
                read_buffer_init_size=256 * 1024,
                extra_headers=dict(headers),
            )
        except (OSError, TimeoutError, WSError) as error:
            raise ConnectFailed(urlsplit(url).hostname or url, short(url), _why(error)) from error
        connection = cast(_Listener, opened)
        connection.hand_over()
        return connection


def _why(error: Exception) -> str:
    if isinstance(error, WSHandshakeError) and error.response is not None:
        return f"answered {int(error.response.status)} to the handshake"
    return str(error) or type(error).__name__


class _Listener(WSListener):
    """One connection."""

    def __init__(self, url: str, on_frame: OnFrame, on_close: OnClose, keepalive: Keepalive, limits: Limits) -> None:
        super().__init__()
        self.url = url
        self._on_frame, self._on_close = on_frame, on_close
        self._keepalive = keepalive
        self._loop = asyncio.get_running_loop()
        self._most = limits.message_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._is_plain = True  # no message is half here, and no goodbye was said
        self._pings = 0
        self._timer: asyncio.TimerHandle | None = None
        self._abort: asyncio.TimerHandle | None = None
        self._sent: Farewell | None = None
        self._received: Farewell | None = None
        self._received_first = False
        self._handed_over = False
        self._gone = asyncio.Event()

    # what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._waiter = self._loop.create_task(_consume(transport))
        self._timer = self._loop.call_later(self._keepalive.interval_s, self._ping)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # Whole, wanted, of a fair size, and JSON, as nearly all are. What else begins as JSON does is a message too, or
        # an unasked-for pong; asking picows for the kind of frame costs as much as half of its work. It says goodbye
        # to an oversized frame and hands it over all the same.
        payload = frame.get_payload_as_bytes()
        if payload[:1] in _JSON and frame.fin and self._is_plain and len(payload) <= self._most:
            try:
                self._on_frame(payload)
            except Exception as error:  # noqa: BLE001 - told, and the connection ends
                self._untaken(error)
        else:
            self._look_closely(frame)

    def _look_closely(self, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is _TEXT or kind is _BINARY or kind is WSMsgType.CONTINUATION:
            self._join(frame)
        elif kind is WSMsgType.PONG:
            self._ponged(frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            self._closed(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        for timer in (self._timer, self._abort):
            if timer is not None:
                timer.cancel()
        self._gone.set()
        if self._handed_over:
            self._say_goodbye()

    # what the feed calls

    async def send(self, text: str) -> None:
        """Send one text message."""
        if self._gone.is_set() or self._sent is not None:
            raise ConnectionLost(urlsplit(self.url).hostname or "", short(self.url), "already closed")
        self._transport.send(WSMsgType.TEXT, text.encode())

    async def close(self) -> None:
        """Say goodbye and wait for the answer, at most the close timeout."""
        self._end(1000, "")
        await self._gone.wait()

    def rest(self, seconds: float) -> None:
        """Read nothing for so long; what comes waits in the kernel, and is read at once."""
        if not self._gone.is_set():
            self._transport.underlying_transport.pause_reading()
            self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        if not self._gone.is_set():
            self._transport.underlying_transport.resume_reading()

    def hand_over(self) -> None:
        """The feed has the connection now: whatever ends it from here on is told."""
        self._handed_over = True
        if self._gone.is_set():
            self._loop.call_soon(self._say_goodbye)

    # the rest

    def _untaken(self, error: Exception) -> None:
        log.error("a frame from %s could not be taken", short(self.url), exc_info=error)
        self._end(INTERNAL_ERROR, "a frame could not be taken")

    def _join(self, frame: WSFrame) -> None:
        if self._sent is not None or frame.payload_size > self._most:
            return
        starts = frame.msg_type is not WSMsgType.CONTINUATION
        if starts == bool(self._parts):
            self._end(PROTOCOL_ERROR, "fragments out of order")
            return
        self._is_plain = False
        self._parts.append(frame.get_payload_as_bytes())
        self._size += frame.payload_size
        if self._size > self._most:
            self._end(TOO_BIG, f"message over {self._most} bytes")
        elif frame.fin:
            message = b"".join(self._parts)
            self._parts, self._size, self._is_plain = [], 0, True
            try:
                self._on_frame(message)
            except Exception as error:  # noqa: BLE001 - as above
                self._untaken(error)

    def _ping(self) -> None:
        self._pings += 1
        self._transport.send_ping(struct.pack(">I", self._pings))
        self._timer = self._loop.call_later(self._keepalive.timeout_s, self._frozen)

    def _ponged(self, payload: bytes) -> None:
        if self._timer is not None and self._sent is None and payload == struct.pack(">I", self._pings):
            self._timer.cancel()
            self._timer = self._loop.call_later(self._keepalive.interval_s, self._ping)

    def _frozen(self) -> None:
        self._end(INTERNAL_ERROR, "keepalive ping timeout")

    def _closed(self, frame: WSFrame) -> None:
        code: Any = frame.get_close_code()
        number = int(getattr(code, "value", code))  # a private code (3000 to 4999) has no name and comes as a number
        self._received = Farewell(number, frame.get_close_reason() or "")
        self._received_first = self._sent is None
        if self._received_first:
            self._transport.send_close(code if number else WSCloseCode.OK)
            self._sent, self._is_plain = Farewell(number, ""), False
        self._transport.disconnect()
        self._abort_later()

    def _end(self, code: int, reason: str) -> None:
        if self._sent is not None or self._gone.is_set():
            return
        self._sent, self._is_plain = Farewell(code, reason), False
        self._transport.send_close(WSCloseCode(code), reason.encode())
        self._abort_later()

    def _abort_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._abort is None:
            self._abort = self._loop.call_later(self._keepalive.close_s, self._transport.disconnect, False)

    def _say_goodbye(self) -> None:
        sent = self._sent
        handshake: WSCloseHandshake | None = self._transport.close_handshake
        if sent is None and handshake is not None and handshake.sent is not None:
            # picows itself ended it: an oversized or broken frame
            sent = Farewell(handshake.sent.code.value, handshake.sent.reason or "")
        code, reason = farewell(self._received, sent, received_first=self._received_first)
        self._on_close(reason, code)


async def _consume(transport: WSTransport) -> None:
    """Take the exception of a connection that picows ended, so that nobody asks who forgot it; we told it already."""
    try:
        await transport.wait_disconnected()
    except Exception as error:  # noqa: BLE001 - whatever it was has been told by on_close
        log.debug("picows ended a connection: %s", error)
