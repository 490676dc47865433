"""The venue without a network: the same frames and pages, on a clock that stands still between them.

Frames come in the order (send time, connection, frame number) through timers of the event loop; REST is answered one
request at a time, at a standing clock and without limits. On :class:`~fbkit.clock.VirtualLoop` a run is the same twice.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from operator import itemgetter
from urllib.parse import parse_qsl, urlsplit

import httpx

from fbkit.clock import Clock
from fbkit.errors import ConnectFailed
from fbkit.model.timeframe import NS_MS, NS_S
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.frames import Frames
from fbkit.simulator.market import Market
from fbkit.simulator.rest import Rest
from fbkit.simulator.streams import Frame, Stream
from fbkit.simulator.talk import Talk, address_of
from fbkit.simulator.wire import combined

#: An answer to a request takes this long, ms.
_ANSWER_MS = 1

OnFrame = Callable[[bytes], None]
OnClose = Callable[[str, int | None], None]


class MemoryVenue:
    """A venue in this process. ``connect`` fits a feed's transport; ``http`` is one for ``httpx.AsyncClient``.

    ``faults`` plays the same script as the server does, on the virtual clock.
    """

    def __init__(self, market: Market, clock: Clock, faults: FaultScript | None = None) -> None:
        self.market, self.clock = market, clock
        self.faults = faults or FaultScript()
        self.first_ms = 0
        self.frames = Frames(market)
        self.rest = Rest(market, self.frames)
        self.http: httpx.AsyncBaseTransport = _MemoryHttp(self)
        self._connections: dict[int, MemoryConnection] = {}
        self._opened = 0
        self._due: list[tuple[int, int, int, bytes]] = []
        self._numbers: dict[int, int] = {}
        self._made_until_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def connect(self, url: str, on_frame: OnFrame, on_close: OnClose) -> MemoryConnection:
        """Open a websocket. Streams named in the URL begin with the next frame that is sent after now."""
        parts = urlsplit(url)
        address = address_of(f"{parts.path}?{parts.query}")
        if address is None:
            raise ConnectFailed("binance", url, "404 Not Found")
        if not self.first_ms:
            self._first()
        if self.faults.refuses(self.now_ms(), self.first_ms, address.route):
            raise ConnectFailed("binance", url, "503 Service Unavailable")
        self._opened += 1
        connection = MemoryConnection(self, self._opened, Talk(address, self.market.universe.index), on_frame, on_close)
        self._connections[self._opened] = connection
        self._numbers[self._opened] = 0
        self._wake_up()
        self.subscribed(connection, connection.talk.streams)
        return connection

    def now_ms(self) -> int:
        """The clock, in ms."""
        return self.clock.now() // NS_MS

    def subscribed(self, connection: MemoryConnection, streams: list[Stream]) -> None:
        """Send what is still to come of the second that runs: the timer makes whole seconds only."""
        if self._made_until_ms is None or not streams:
            return
        now = self.now_ms()
        rest = self.frames.second(self._made_until_ms - MS_S, streams)
        self._schedule(connection, [frame for frame in rest if frame.ts_ms > now])

    def say(self, connection: MemoryConnection, payload: bytes, at_ms: int) -> None:
        """Send one message at an instant."""
        number = self._numbers[connection.number]
        self._numbers[connection.number] = number + 1
        heapq.heappush(self._due, (at_ms, connection.number, number, payload))
        self._wake_up()

    def gone(self, connection: MemoryConnection) -> None:
        """Forget a connection and all that was on its way to it."""
        self._connections.pop(connection.number, None)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer, self._made_until_ms = None, None
            self._due.clear()

    def _first(self) -> None:
        self.first_ms = self.now_ms()
        loop = asyncio.get_running_loop()
        for fault in self.faults.faults:
            if fault.fault in {"rst", "close"}:
                loop.call_later(fault.at_s, self._cut)

    def _cut(self) -> None:
        for fault in self.faults.cuts(self.now_ms(), self.first_ms):
            for connection in list(self._connections.values()):
                if fault.route in {None, connection.talk.address.route}:
                    connection.end(*(("reset", None) if fault.fault == "rst" else ("scripted", fault.code)))

    def _schedule(self, connection: MemoryConnection, frames: list[Frame]) -> None:
        wrap = connection.talk.combined
        for frame in self.faults.shape(frames, self.first_ms, connection.talk.address.route):
            enveloped = wrap and frame.stream
            self.say(connection, combined(frame.stream, frame.payload) if enveloped else frame.payload, frame.ts_ms)

    def _wake_up(self) -> None:
        if self._made_until_ms is None:
            self._made_until_ms = self.now_ms() // MS_S * MS_S + MS_S
        due = min(self._due[0][0] if self._due else self._made_until_ms, self._made_until_ms)
        loop = asyncio.get_running_loop()
        when = due * NS_MS / NS_S
        if self._timer is not None:
            if self._timer.when() <= when and not self._timer.cancelled():
                return
            self._timer.cancel()
        # On a loop whose time is not the clock's, only the distance counts.
        self._timer = loop.call_at(loop.time() + max(0.0, (due * NS_MS - self.clock.now()) / NS_S), self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        now = self.clock.now()
        while self._made_until_ms is not None and self._made_until_ms * NS_MS <= now:
            self._make_second(self._made_until_ms)
        while self._due and self._due[0][0] * NS_MS <= now:
            _, number, _, payload = heapq.heappop(self._due)
            connection = self._connections.get(number)
            if connection is not None and not self.frozen(connection):
                connection.on_frame(payload)
        if self._connections:
            self._wake_up()

    def _make_second(self, start_ms: int) -> None:
        self._made_until_ms = start_ms + MS_S
        for connection in list(self._connections.values()):
            said = self.faults.sayings(start_ms, start_ms + MS_S, self.first_ms, connection.talk.address.route)
            frames = self.frames.second(start_ms, connection.talk.streams)
            self._schedule(connection, sorted([*frames, *said], key=itemgetter(0)) if said else frames)

    def frozen(self, connection: MemoryConnection) -> bool:
        """Whether the script has frozen a connection: it is open, and nothing passes."""
        return self.faults.frozen(self.now_ms(), self.first_ms, connection.talk.address.route)


class MemoryConnection:
    """One websocket in memory."""

    def __init__(self, venue: MemoryVenue, number: int, talk: Talk, on_frame: OnFrame, on_close: OnClose) -> None:
        self.number, self.talk, self.on_frame = number, talk, on_frame
        self._venue, self._on_close = venue, on_close
        self._open = True

    async def send(self, text: str) -> None:
        """Say something to the venue; the answer comes a millisecond later."""
        if not self._open or self._venue.frozen(self):
            return
        before = set(self.talk.streams)
        now = self._venue.now_ms()
        reply = self.talk.hear(text, now)
        if reply.ends is not None:
            if reply.text is not None:
                self.on_frame(reply.text)
            self.end(reply.ends, 1008)
            return
        if reply.text is not None:
            self._venue.say(self, reply.text, now + _ANSWER_MS)
        self._venue.subscribed(self, [stream for stream in self.talk.streams if stream not in before])

    async def close(self) -> None:
        """End it. Safe to call twice."""
        self.end("closed", 1000)

    def end(self, why: str, code: int | None) -> None:
        """End it from the venue's side."""
        if self._open:
            self._open = False
            self._venue.gone(self)
            self._on_close(why, code)


class _MemoryHttp(httpx.AsyncBaseTransport):
    """Answers from the market at the clock's instant; takes no time."""

    def __init__(self, venue: MemoryVenue) -> None:
        self._venue = venue

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One GET."""
        venue = self._venue
        if venue.first_ms and venue.faults.refuses_rest(venue.now_ms(), venue.first_ms):
            return httpx.Response(503, request=request)
        given = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        reply = venue.rest.answer(request.url.path, given, venue.now_ms())
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body, request=request)
