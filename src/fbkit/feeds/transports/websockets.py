"""websockets: the equal fallback. Its frames are taken where they are parsed, before its queues."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event

from fbkit.errors import ConnectFailed, ConnectionLost
from fbkit.feeds.transport import (
    INTERNAL_ERROR,
    KEEPALIVE,
    LIMITS,
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

log = logging.getLogger(__name__)

# What ends a connection is told as a reason; the library's tracebacks would say it twice.
_quiet = logging.getLogger("fbkit.feeds.transports.websockets.library")
_quiet.setLevel(logging.CRITICAL)


class WebsocketsTransport:
    """Websockets by websockets."""

    def __init__(self, keepalive: Keepalive = KEEPALIVE, limits: Limits = LIMITS) -> None:
        self.keepalive, self.limits = keepalive, limits

    async def connect(
        self, url: str, on_frame: OnFrame, on_close: OnClose, headers: Mapping[str, str] = {}
    ) -> Connection:
        """Open a websocket to ``url``."""
        check_url(url)

        def opened(protocol: ClientProtocol, **options: Any) -> _Client:
            return _Client(protocol, on_frame, on_close, **options)

        try:
            client = await _connect(
                url,
                create_connection=cast("type[ClientConnection]", opened),
                additional_headers=dict(headers),
                compression=None,
                proxy=None,
                open_timeout=self.limits.open_s,
                ping_interval=self.keepalive.interval_s,
                ping_timeout=self.keepalive.timeout_s,
                close_timeout=self.keepalive.close_s,
                max_size=self.limits.message_bytes,
                logger=_quiet,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            raise ConnectFailed(urlsplit(url).hostname or url, short(url), _why(error)) from error
        connection = cast(_Client, client)
        connection.hand_over()
        return _Door(connection, url)


def _why(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        return f"answered {error.response.status_code} to the handshake"
    return str(error) or type(error).__name__


class _connect(connect):  # noqa: N801 - follows its parent's spelling
    """As the library's, but a venue that moves is news, not something to follow into the unknown."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Client(ClientConnection):
    def __init__(self, protocol: ClientProtocol, on_frame: OnFrame, on_close: OnClose, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._on_frame, self._on_close = on_frame, on_close
        self._parts: list[bytes] = []
        self._handed_over = False
        self._broken = False

    def process_event(self, event: Event) -> None:
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
        elif event.fin and not self._parts:
            self._deliver(bytes(event.data))
        else:
            self._parts.append(bytes(event.data))
            if event.fin:
                message = b"".join(self._parts)
                self._parts = []
                self._deliver(message)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._handed_over:
            self._say_goodbye()

    def hand_over(self) -> None:
        self._handed_over = True
        if self.connection_lost_waiter.done():
            self.loop.call_soon(self._say_goodbye)

    def _deliver(self, message: bytes) -> None:
        if self._broken:
            return
        try:
            self._on_frame(message)
        except Exception:
            log.exception("a frame could not be taken")
            self._broken = True
            self._goodbye = self.loop.create_task(self.close(INTERNAL_ERROR, "a frame could not be taken"))

    def _say_goodbye(self) -> None:
        got, gave = self.protocol.close_rcvd, self.protocol.close_sent
        code, reason = farewell(
            Farewell(int(got.code), got.reason) if got else None,
            Farewell(int(gave.code), gave.reason) if gave else None,
            received_first=bool(self.protocol.close_rcvd_then_sent),
        )
        self._on_close(reason, code)


class _Door:
    """What the feed holds."""

    def __init__(self, client: _Client, url: str) -> None:
        self._client, self.url = client, url

    async def send(self, text: str) -> None:
        """Send one text message."""
        try:
            await self._client.send(text)
        except ConnectionClosed as error:
            raise ConnectionLost(urlsplit(self.url).hostname or "", short(self.url), "already closed") from error

    async def close(self) -> None:
        """Say goodbye and wait for the answer, at most the close timeout."""
        await self._client.close()
        await asyncio.shield(self._client.connection_lost_waiter)
