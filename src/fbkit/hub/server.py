"""The hub: a websocket server of the collector's own on 127.0.0.1, for whoever has the runtime file's token.

Browsers are refused (they always send ``Origin``); they reach live values through the Jupyter Server.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import inspect
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from fbkit import __version__
from fbkit.clock import Clock
from fbkit.errors import FbkitError
from fbkit.hub.conflation import Conflation
from fbkit.hub.listener import PATIENCE, Listener, Patience, SlowListener
from fbkit.hub.messages import COMMANDS, ROLES, TOPICS, Commit, Do, Done, Hello, Live, LiveRow, Pulse, decode_do, encode
from fbkit.model import AlertRow, BarRow, Gap, MetricRow, SummaryRow

log = logging.getLogger(__name__)

#: A commit of more rows than this goes out in several messages.
ROWS_A_MESSAGE = 2000

#: So many may listen at once.
MAX_LISTENERS = 64

#: How long :meth:`Hub.stop` waits for commands to be answered and messages to leave.
DRAIN_S = 0.5

_MAX_REQUEST_BYTES = 64 * 1024
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[..., Any]


class Hub:
    """Sends live values, committed rows and beats to listeners, and passes their commands on.

    Belongs to one event loop: ``publish_…`` are called there, return at once and never block, however slow a listener.

    ``owners`` is how many listeners keep the collector alive; ``ownerless_since`` the UTC ns since when there is none
    (the hub's start at first), ``None`` while there is one. ``counts``: ``accepted refused cut missed commands``.
    """

    def __init__(
        self,
        *,
        token: str,
        epoch: int,
        market: str,
        seed: int | None,
        database: str,
        clock: Clock,
        patience: Patience = PATIENCE,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.owners = 0
        self.ownerless_since: int | None = clock.now()
        self.url = ""
        self._token = token.encode()
        self._clock = clock
        self._hello = Hello(epoch, str(market), seed, database, __version__, os.getpid(), clock.now())
        self._patience = patience
        self._live = Conflation()
        self._pulse: Pulse | None = None
        self._listeners: set[Listener] = set()
        self._handlers: dict[str, Handler] = {}
        self._doing: set[asyncio.Task[None]] = set()
        self._flush: asyncio.TimerHandle | None = None
        self._server: Server | None = None

    async def start(self) -> str:
        """Listen on 127.0.0.1 at a free port; returns the ``ws://`` URL."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            compression=None,
            max_size=_MAX_REQUEST_BYTES,
            ping_interval=None,  # a Listener pings, after what it sends
            close_timeout=DRAIN_S,
            server_header=None,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}"
        return self.url

    async def stop(self) -> None:
        """Let what is on its way leave (0.5 s at most), then end every connection. Safe to call twice."""
        server, self._server = self._server, None
        if server is None:
            return
        self._flush_live()
        await self._drained()
        for task in self._doing - {asyncio.current_task()}:
            task.cancel()
        if self._flush is not None:
            self._flush.cancel()
        server.close(code=1001, reason="the collector stopped")
        await server.wait_closed()

    def on(self, name: str, handler: Handler) -> None:
        """Answer a command by ``handler(**arguments)``, plain or ``async``; what it returns must fit JSON."""
        if name not in COMMANDS:
            raise ValueError(f"{name!r} is none of the hub's commands: {', '.join(COMMANDS)}")
        self._handlers[name] = handler

    def hold(self) -> None:
        """Count the collector's own process as an owner: it was started to collect, not for somebody."""
        self._count_owner("owner", +1)

    def publish_live(self, rows: Iterable[LiveRow]) -> None:
        """Take changed instruments, whole rows; sent at once when nothing was for 100 ms, else with the next ones."""
        self._live.add(rows)
        if self._flush is None and self._server is not None:
            loop = asyncio.get_running_loop()
            delay = self._live.due(loop.time())
            if delay > 0:
                self._flush = loop.call_later(delay, self._flush_live)
            else:
                self._flush_live()

    def publish_rows(
        self,
        commit: int,
        *,
        bars: Sequence[BarRow] = (),
        metrics: Sequence[MetricRow] = (),
        summary: Sequence[SummaryRow] = (),
        alerts: Sequence[AlertRow] = (),
        gaps: Sequence[Gap] = (),
    ) -> None:
        """Tell what a commit made. Nothing is sent when it made nothing."""
        if not any(listener.topics & {"rows"} for listener in self._listeners):
            return
        for message in _messages(commit, bars=bars, metrics=metrics, summary=summary, alerts=alerts, gaps=gaps):
            self._tell("rows", encode(message))

    def publish_beat(self, pulse: Pulse) -> None:
        """Tell how the collector is; also the first thing a new listener of ``beat`` hears."""
        self._pulse = pulse
        self._tell("beat", encode(pulse))

    def _tell(self, topic: str, message: bytes) -> None:
        for listener in self._listeners:
            if topic in listener.topics:
                listener.put(message)

    def _flush_live(self) -> None:
        self._flush = None
        rows = self._live.take(asyncio.get_running_loop().time())
        to = [listener for listener in self._listeners if "live" in listener.topics]
        if not rows or not to:
            return
        ts = self._clock.now()
        encoded = encode(Live(ts, rows))
        for listener in to:
            self.counts["missed"] += listener.live(ts, rows, encoded)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        why = self._refusal(request)
        if why is None:
            return None
        status, sentence = why
        self.counts["refused"] += 1
        log.warning("refused a listener: %s", sentence)
        return connection.respond(status, sentence + "\n")

    def _refusal(self, request: Request) -> tuple[http.HTTPStatus, str] | None:
        headers = request.headers
        if headers.get_all("Origin"):
            return http.HTTPStatus.FORBIDDEN, "browsers reach the collector through the Jupyter Server"
        if _host_name(headers.get_all("Host")) not in _LOOPBACK_NAMES:
            return http.HTTPStatus.FORBIDDEN, "this is 127.0.0.1 and answers to no other name"
        given = headers.get_all("Authorization")
        if len(given) != 1 or not hmac.compare_digest(given[0].encode(), b"Bearer " + self._token):
            return http.HTTPStatus.UNAUTHORIZED, "the token is missing or wrong"
        try:
            _wishes(request.path)
        except ValueError as error:
            return http.HTTPStatus.BAD_REQUEST, str(error)
        if len(self._listeners) >= MAX_LISTENERS:
            return http.HTTPStatus.SERVICE_UNAVAILABLE, f"{MAX_LISTENERS} are listening already"
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        role, topics = _wishes(request.path if request else "/")
        listener = Listener(connection, topics, self._patience)
        self._greet(listener)
        self._listeners.add(listener)
        self.counts["accepted"] += 1
        self._count_owner(role, +1)
        sending = asyncio.create_task(self._send(connection, listener))
        try:
            async for frame in connection:
                self._ask(listener, frame)
        except ConnectionClosed:
            pass  # how a listener leaves is its own affair
        finally:
            self._listeners.discard(listener)
            self._count_owner(role, -1)
            sending.cancel()

    def _greet(self, listener: Listener) -> None:
        listener.put(encode(msgspec.structs.replace(self._hello, owners=self.owners)))
        if "beat" in listener.topics and self._pulse is not None:
            listener.put(encode(self._pulse))
        if "live" in listener.topics and self._live.latest:
            listener.put(encode(Live(self._clock.now(), list(self._live.latest.values()))))

    async def _send(self, connection: ServerConnection, listener: Listener) -> None:
        try:
            await listener.run()
        except SlowListener as verdict:
            self.counts["cut"] += 1
            log.warning("cut a listener: %s", verdict)
            connection.transport.abort()
        except ConnectionClosed:
            pass  # the reading side notices too, and tidies up

    def _count_owner(self, role: str, change: int) -> None:
        if role != "owner":
            return
        self.owners += change
        self.ownerless_since = None if self.owners else self._clock.now()

    def _ask(self, listener: Listener, frame: str | bytes) -> None:
        try:
            do = decode_do(frame)
        except msgspec.DecodeError as error:
            listener.put(encode(Done(0, ok=False, error=f"not a command: {error}")))
            return
        self.counts["commands"] += 1
        task = asyncio.create_task(self._answer(listener, do))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _answer(self, listener: Listener, do: Do) -> None:
        listener.put(encode(await self._done(do)))

    async def _done(self, do: Do) -> Done:
        handler = self._handlers.get(do.name)
        if handler is None:
            return Done(do.id, ok=False, error=f"no command {do.name!r} here; there are {', '.join(self._handlers)}")
        try:
            inspect.signature(handler).bind(**do.arguments)
        except TypeError as error:
            return Done(do.id, ok=False, error=f"{do.name}: {error}")
        try:
            result = handler(**do.arguments)
            return Done(do.id, ok=True, result=await result if inspect.isawaitable(result) else result)
        except FbkitError as error:
            return Done(do.id, ok=False, error=str(error))
        except Exception as error:
            log.exception("command %s failed", do.name)
            return Done(do.id, ok=False, error=f"{do.name}: {type(error).__name__}: {error}")

    async def _drained(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_S):
                await asyncio.gather(*(self._doing - {asyncio.current_task()}), return_exceptions=True)
                await asyncio.gather(*(listener.drained() for listener in self._listeners))
        except TimeoutError:
            log.warning("ended before every listener had heard everything")


def _host_name(hosts: Sequence[str]) -> str | None:
    return urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None


def _wishes(path: str) -> tuple[str, frozenset[str]]:
    """Role and topics out of ``/?role=owner&topics=live,beat``; everything and ``listener`` where nothing is said."""
    query = parse_qs(urlsplit(path).query, keep_blank_values=True)
    role = query.get("role", ["listener"])[0]
    topics = frozenset(query.get("topics", [",".join(TOPICS)])[0].split(",")) - {""}
    if role not in ROLES or not topics <= set(TOPICS):
        raise ValueError(f"role is one of {', '.join(ROLES)}; topics are out of {', '.join(TOPICS)}")
    return role, topics


def _messages(commit: int, **rows: Sequence[Any]) -> Iterator[Commit]:
    flat = [(name, row) for name, some in rows.items() for row in some]
    for start in range(0, len(flat), ROWS_A_MESSAGE):
        part: dict[str, list[Any]] = {}
        for name, row in flat[start : start + ROWS_A_MESSAGE]:
            part.setdefault(name, []).append(row)
        yield Commit(commit, more=start + ROWS_A_MESSAGE < len(flat), **part)
