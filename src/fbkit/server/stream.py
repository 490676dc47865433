"""The websocket API: ``/fbkit/api/stream?topics=live,rows&cursor=``.

``live`` is the newest values, conflated, without a cursor. ``rows`` is what each commit made; its ``cursor`` given at
the next connection goes on behind that commit, none lost, none repeated. A cursor too old for what the server keeps
is answered by ``{"t": "reset"}``: read the lists anew, then go on from here.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable
from typing import Any

import msgspec
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from fbkit.hub import Commit, Gone, Hello, Live
from fbkit.hub.listener import Listener, SlowListener
from fbkit.server.handlers import foreign
from fbkit.server.plain import instant, plain
from fbkit.server.voice import Heard, Voice

STREAM_TOPICS = frozenset({"live", "rows"})


class Stream(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One client of the stream; slow ones are conflated, then cut, as on the hub."""

    auth_resource = "fbkit"

    def initialize(self, voice: Voice) -> None:
        """Remember whose words are passed on."""
        self._voice = voice
        self._end = lambda: None
        self._task: asyncio.Task[None] | None = None
        self._wire = ClientWire(self)

    def check_origin(self, origin: str | None = None) -> bool:
        """Pages of others get nothing, token or not."""
        return not foreign(self.request.headers)

    @ws_authenticated
    async def get(self, *arguments: Any, **keywords: Any) -> None:
        """Check before the upgrade: who it is, whether they may, what they want."""
        if not await self._may():
            raise web.HTTPError(403)
        self.topics = frozenset(self.get_query_argument("topics", "live,rows").split(",")) - {""}
        if not self.topics <= STREAM_TOPICS:
            raise web.HTTPError(400, f"topics are out of {', '.join(sorted(STREAM_TOPICS))}")
        self.cursor = self.get_query_argument("cursor", "")
        if self.cursor and not (self.cursor.isascii() and self.cursor.isdigit()):
            raise web.HTTPError(400, "cursor is what the last `rows` message gave")
        await super().get(*arguments, **keywords)

    async def _may(self) -> bool:
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", self.auth_resource)
        return bool(await allowed if isinstance(allowed, Awaitable) else allowed)

    def open(self, *arguments: Any, **keywords: Any) -> None:
        """Greet, catch up, then pass on."""
        super().open(*arguments, **keywords)
        self._listener = Listener(self._wire, self.topics, encode_live=_live)
        self._greet()
        self._end = self._voice.tell(self._pass_on)
        self._task = asyncio.create_task(self._send())

    def on_close(self) -> None:
        """Forget the client."""
        self._end()
        if self._task is not None:
            self._task.cancel()
        super().on_close()  # type: ignore[no-untyped-call]  # Jupyter declares none

    def on_message(self, message: str | bytes) -> None:
        """Clients only listen."""

    def _greet(self) -> None:
        self._pass_on(self._voice.hello or Gone(self._voice.why))
        if "rows" in self.topics and self.cursor:
            for body in caught_up(list(self._voice.commits), int(self.cursor)):
                self._listener.put(msgspec.json.encode(body))
        if "live" in self.topics and self._voice.latest:
            rows = list(self._voice.latest.values())
            self._listener.put(_live(Live(max(row.ts_event or 0 for row in rows), rows)))

    def _pass_on(self, message: Heard) -> None:
        if isinstance(message, Live):
            if "live" in self.topics:
                self._listener.live(message.ts, message.rows, _live(message))
        elif isinstance(message, Commit):
            if "rows" in self.topics:
                self._listener.put(msgspec.json.encode(commit_body(message)))
        elif isinstance(message, Hello):
            hello = {"t": "hello", "market": message.market, "seed": message.seed, "epoch": message.epoch}
            self._listener.put(msgspec.json.encode(hello))
        elif isinstance(message, Gone):
            self._listener.put(msgspec.json.encode({"t": "gone", "why": message.why}))

    async def _send(self) -> None:
        try:
            await self._listener.run()
        except SlowListener as verdict:
            self.log.warning("cut a client of the stream: %s", verdict)
            self.close(1013, "too slow; connect again with your cursor")
        except WebSocketClosedError:
            pass  # on_close tidies up

    def on_pong(self, data: bytes) -> None:
        """The client has read what was sent before the ping."""
        super().on_pong(data)  # type: ignore[no-untyped-call]  # Jupyter declares none
        self._wire.heard(data)


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


def caught_up(commits: list[Commit], cursor: int) -> list[dict[str, Any]]:
    """What a client with this cursor has not heard, or that it cannot be told.

    >>> caught_up([Commit(7), Commit(9)], 7)[0]["cursor"], caught_up([Commit(7)], 3)[0]["t"]
    (9, 'reset')
    """
    if not commits or not commits[0].commit <= cursor <= commits[-1].commit:
        return [{"t": "reset", "why": "what came after the cursor is not kept; read the lists anew"}]
    return [commit_body(commit) for commit in commits if commit.commit > cursor]


def commit_body(commit: Commit) -> dict[str, Any]:
    """A commit as clients hear it."""
    rows = {name: plain(getattr(commit, name)) for name in ("bars", "metrics", "summary", "alerts", "gaps")}
    return {"t": "rows", "cursor": commit.commit, **{name: some for name, some in rows.items() if some}}


def _live(message: Live) -> bytes:
    body: dict[str, Any] = {"t": "live", "ts": instant(message.ts), "rows": plain(message.rows)}
    if message.missed:
        body["missed"] = message.missed
    return msgspec.json.encode(body)
