"""The websocket API: ``/fbkit/api/stream?topics=live,rows&cursor=``.

``live`` is the newest values, conflated, without a cursor. ``rows`` is what each commit made; its ``cursor`` given at
the next connection goes on behind that commit. A slow client is cut, and resumes.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from fbkit.hub import Commit, Gone, Hello, Live
from fbkit.hub.listener import Listener, SlowListener
from fbkit.server.handlers import Plainly, foreign
from fbkit.server.manager import Manager
from fbkit.server.plain import instant, plain
from fbkit.server.rows_topic import RowsTopic
from fbkit.server.voice import Heard, Voice

STREAM_TOPICS = frozenset({"live", "rows"})

#: What may stand behind ``?``; ``token`` is the server's own.
STREAM_WORDS = frozenset({"topics", "cursor", "token"})

_TRY_AGAIN_LATER = 1013


class Stream(WebSocketMixin, WebSocketHandler, Plainly):
    """One client of the stream: :class:`~fbkit.server.rows_topic.RowsTopic` and the hub's live values, one listener."""

    auth_resource = "fbkit"

    def initialize(self, voice: Voice, manager: Manager) -> None:
        """Remember whose words are passed on."""
        self._voice, self._manager = voice, manager
        self._wire = ClientWire(self)
        self._end: Callable[[], None] = lambda: None
        self._tasks: list[asyncio.Task[None]] = []

    def check_origin(self, origin: str | None = None) -> bool:
        """Pages of others get nothing, token or not."""
        return not foreign(self.request.headers)

    @ws_authenticated
    async def get(self, *arguments: Any, **keywords: Any) -> None:
        """Check before the upgrade: who it is, whether they may, what they want."""
        if not await self._may():
            raise web.HTTPError(403)
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise web.HTTPError(426, "this is a websocket: open it with ws:// or wss://")
        unknown = self.request.query_arguments.keys() - STREAM_WORDS
        if unknown:
            raise web.HTTPError(400, f"{min(unknown)!r} is not possible; allowed: {', '.join(sorted(STREAM_WORDS))}")
        self.topics = frozenset(self.get_query_argument("topics", "live,rows").split(",")) - {""}
        if not self.topics <= STREAM_TOPICS:
            raise web.HTTPError(400, f"topics are out of {', '.join(sorted(STREAM_TOPICS))}")
        cursor = self.get_query_argument("cursor", "")
        if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise web.HTTPError(400, "cursor is what the last `rows` message gave")
        self._rows = RowsTopic(self._manager, self._tell, int(cursor) if cursor else None)
        await super().get(*arguments, **keywords)

    async def _may(self) -> bool:
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", self.auth_resource)
        return bool(await allowed if isinstance(allowed, Awaitable) else allowed)

    def open(self, *arguments: Any, **keywords: Any) -> None:
        """Greet, then pass on."""
        super().open(*arguments, **keywords)
        self._listener = Listener(self._wire, self.topics, encode_live=_live)
        self._pass_on(self._voice.hello or Gone(self._voice.why))
        if "live" in self.topics and self._voice.latest:
            rows = list(self._voice.latest.values())
            self._pass_on(Live(max(row.ts_event or 0 for row in rows), rows))
        self._end = self._voice.tell(self._pass_on)
        self._tasks.append(asyncio.create_task(self._send()))
        if "rows" in self.topics:
            self._tasks.append(asyncio.create_task(self._rows.run()))

    def on_close(self) -> None:
        """Forget the client."""
        self._end()
        for task in self._tasks:
            task.cancel()
        super().on_close()

    def on_message(self, message: str | bytes) -> None:
        """Clients only listen."""

    def on_pong(self, data: bytes) -> None:
        """The client has read what was sent before the ping."""
        super().on_pong(data)  # type: ignore[no-untyped-call]  # Jupyter declares none
        self._wire.heard(data)

    def _pass_on(self, message: Heard) -> None:
        if isinstance(message, Live):
            if "live" in self.topics:
                self._listener.live(message.ts, message.rows, _live(message))
        elif isinstance(message, Commit):
            self._rows.wake()
        elif isinstance(message, Hello):
            self._rows.wake()
            hello = {"t": "hello", "market": message.market, "seed": message.seed, "epoch": message.epoch}
            self._listener.put(msgspec.json.encode(hello))
        elif isinstance(message, Gone):
            self._listener.put(msgspec.json.encode({"t": "gone", "why": message.why}))

    async def _tell(self, body: dict[str, Any]) -> None:
        """Pass on rows, one message at a time: what waits is in the store, not here."""
        self._listener.put(msgspec.json.encode(body))
        await self._listener.drained()

    async def _send(self) -> None:
        try:
            await self._listener.run()
        except SlowListener as verdict:
            self.log.warning("cut a client of the stream: %s", verdict)
            self.close(_TRY_AGAIN_LATER, "too slow; connect again with your cursor")
        except WebSocketClosedError:
            pass  # on_close tidies up


class ClientWire:
    """A client's websocket as a :class:`~fbkit.hub.listener.Listener` wants it."""

    def __init__(self, socket: WebSocketHandler) -> None:
        self._socket = socket
        self._pongs: dict[bytes, asyncio.Future[float]] = {}
        self._numbers = itertools.count(1)

    async def send(self, message: bytes, *, text: bool | None = None) -> None:
        """Send one message; returns when the socket took it."""
        await self._socket.write_message(message, binary=False)

    async def ping(self) -> Awaitable[float]:
        """Send a ping; what is returned is done when its pong comes."""
        data = next(self._numbers).to_bytes(8, "big")
        self._pongs[data] = asyncio.get_running_loop().create_future()
        self._socket.ping(data)
        return self._pongs[data]

    def heard(self, data: bytes) -> None:
        """A pong came."""
        waiting = self._pongs.pop(data, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(0.0)


def _live(message: Live) -> bytes:
    body: dict[str, Any] = {"t": "live", "ts": instant(message.ts), "rows": plain(message.rows)}
    if message.missed:
        body["missed"] = message.missed
    return msgspec.json.encode(body)
