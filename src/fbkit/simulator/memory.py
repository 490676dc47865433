"""The venues without a network: the same frames and pages, on a clock that stands still between them.

Frames come in the order (send time, connection, frame number) through timers of the event loop; REST is answered one
request at a time, at a standing clock and without limits. On :class:`~fbkit.clock.VirtualLoop` a run is the same twice.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from urllib.parse import parse_qsl, urlsplit

import httpx

from fbkit.clock import Clock
from fbkit.errors import ConnectFailed
from fbkit.model.timeframe import NS_MS, NS_S
from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.fault import Done, Where, meant, where_of
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.http import venue_of
from fbkit.simulator.market import Market
from fbkit.simulator.wires import WIRES, resettable
from fbkit.simulator.wires.wire import Asked, Frame, Reply, Stream, Talk, Wire

#: An answer to a request takes this long, ms.
_ANSWER_MS = 1

OnFrame = Callable[[bytes], None]
OnClose = Callable[[str, int | None], None]


class MemoryVenues:
    """Venues in this process, as far as there are ``markets`` by their names.

    ``connect`` fits a feed's transport; ``http`` is one for ``httpx.AsyncClient``. A venue's addresses are
    ``ws://127.0.0.1/<venue>`` and ``http://127.0.0.1/<venue>``. ``faults`` plays the same script as the server does, on
    the virtual clock; ``done`` says what it has done.
    """

    def __init__(
        self,
        markets: Mapping[str, Market],
        clock: Clock,
        faults: FaultScript | None = None,
        wires: Mapping[str, type[Wire]] = WIRES,
    ) -> None:
        self.clock = clock
        self.wires = {venue: wires[venue](market) for venue, market in markets.items()}
        self.faults = faults or FaultScript()
        self.faults.check(self.wires, resettable(self.wires))
        self.first_ms = 0
        self.http: httpx.AsyncBaseTransport = _MemoryHttp(self)
        self._connections: dict[int, MemoryConnection] = {}
        self._opened = 0
        self._due: list[tuple[int, int, int, bytes]] = []
        self._numbers: dict[int, int] = {}
        self._made_until_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def done(self) -> list[Done]:
        """The faults that have begun, and how often each has acted."""
        if self.first_ms:
            self.faults.begun(self.now_ms(), self.first_ms)
        return self.faults.done

    async def connect(
        self, url: str, on_frame: OnFrame, on_close: OnClose, headers: Mapping[str, str] = {}
    ) -> MemoryConnection:
        """Open a websocket. Streams named in the URL begin with the next frame that is sent after now."""
        parts = urlsplit(url)
        found = venue_of(f"{parts.path}?{parts.query}" if parts.query else parts.path, self.wires)
        venue, target = found or ("", "")
        lower = {name.lower(): value for name, value in headers.items()}
        talk = self.wires[venue].talk(target, lower) if found else None
        if talk is None:
            raise ConnectFailed(venue or "simulator", url, "404 Not Found")
        if not self.first_ms:
            self._first()
        if self.faults.refuses(self.now_ms(), self.first_ms, Where(venue, talk.route)):
            raise ConnectFailed(venue, url, "503 Service Unavailable")
        self._opened += 1
        connection = MemoryConnection(self, self._opened, venue, talk, on_frame, on_close)
        self._connections[self._opened] = connection
        self._numbers[self._opened] = 0
        self._wake_up()
        self.subscribed(connection, talk.streams)
        return connection

    def now_ms(self) -> int:
        """The clock, in ms."""
        return self.clock.now() // NS_MS

    def subscribed(self, connection: MemoryConnection, streams: list[Stream]) -> None:
        """Send what is still to come of the second that runs, and what the script has the streams repeat."""
        if self._made_until_ms is None or not streams:
            return
        now = self.now_ms()
        wire, running = self.wires[connection.venue], self._made_until_ms - MS_S
        frames: list[Frame] = []
        for second in (running - MS_S, running) if self.faults.replaying(now, self.first_ms) else (running,):
            frames += wire.second(second, streams)
        heard = [frame for frame in frames if now - MS_S < frame.ts_ms <= now]
        again = self.faults.replays(heard, now, self.first_ms, self._where(connection))
        self.schedule(connection, [*again, *(frame for frame in frames if frame.ts_ms > now)])

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
        now = self.now_ms()
        for fault in self.faults.cuts(now, self.first_ms):
            for connection in list(self._connections.values()):
                if fault.at(connection.venue, connection.talk.route) and self.faults.acted(fault, now):
                    connection.end(*(("reset", None) if fault.fault == "rst" else ("scripted", fault.code)))

    def _begin_anew(self, start_ms: int) -> None:
        """Sequences begin anew with the second that is made next."""
        for fault in self.faults.resets(start_ms, self.first_ms):
            for venue, wire in self.wires.items():
                talks = [one.talk for one in self._connections.values() if one.venue == venue]
                for stream in meant(fault, venue, talks, wire.channel_of):
                    if wire.reset_sequence(stream, start_ms):
                        self.faults.acted(fault, start_ms)

    def _where(self, connection: MemoryConnection) -> Where:
        talk = connection.talk
        return where_of(connection.venue, talk.route, talk.streams, self.wires[connection.venue].channel_of)

    def schedule(self, connection: MemoryConnection, frames: Iterable[Frame]) -> None:
        """Send frames as the script leaves them, each at its instant."""
        shaped = list(frames)
        if self.faults.faults:
            shaped = self.faults.shape(shaped, self.first_ms, self._where(connection))
        for frame in shaped:
            self.say(connection, connection.talk.wrap(frame) if frame.stream else frame.payload, frame.ts_ms)

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
        self._begin_anew(start_ms)
        # What the connections of a venue want is made once.
        for venue, wire in self.wires.items():
            connections = [one for one in self._connections.values() if one.venue == venue]
            wanted = {stream for one in connections for stream in one.talk.streams}
            frames = wire.second(start_ms, wanted) if wanted else []
            for connection in connections:
                names = {stream.name for stream in connection.talk.streams}
                own = [frame for frame in frames if frame.stream in names]
                said = self.faults.sayings(start_ms, start_ms + MS_S, self.first_ms, self._where(connection))
                self.schedule(connection, sorted([*own, *said], key=itemgetter(0)) if said else own)
        for connection in list(self._connections.values()):
            connection.follow(connection.talk.tick(start_ms), start_ms)

    def frozen(self, connection: MemoryConnection) -> bool:
        """Whether the script has frozen a connection: it is open, and nothing passes."""
        return self.faults.frozen(self.now_ms(), self.first_ms, Where(connection.venue, connection.talk.route))

    def answer(self, venue: str, asked: Asked) -> Answer:
        """Answer a request, or what the script makes of it."""
        wire, now = self.wires[venue], self.now_ms()
        if self.first_ms and self.faults.faults:
            instead = self.faults.answers(now, self.first_ms, venue, asked.path, wire.limited())
            if instead is not None:
                return instead
        return wire.answer(asked, now)


class MemoryConnection:
    """One websocket in memory."""

    def __init__(
        self, venues: MemoryVenues, number: int, venue: str, talk: Talk, on_frame: OnFrame, on_close: OnClose
    ) -> None:
        self.number, self.venue, self.talk, self.on_frame = number, venue, talk, on_frame
        self._venues, self._on_close = venues, on_close
        self._open = True

    async def send(self, text: str) -> None:
        """Say something to the venue; the answer comes a millisecond later."""
        if not self._open or self._venues.frozen(self):
            return
        before = set(self.talk.streams)
        now = self._venues.now_ms()
        reply = self.talk.hear(text, now)
        self.follow(reply, now + _ANSWER_MS)
        if reply.ends is None:
            self._venues.subscribed(self, [stream for stream in self.talk.streams if stream not in before])

    def follow(self, reply: Reply, at_ms: int) -> None:
        """Do what the conversation came to: its texts, its frames, its end."""
        if reply.ends is not None:
            for text in reply.texts:
                self.on_frame(text)
            self.end(reply.ends, reply.code)
            return
        for text in reply.texts:
            self._venues.say(self, text, at_ms)
        if reply.frames:
            self._venues.schedule(self, [frame._replace(ts_ms=max(frame.ts_ms, at_ms)) for frame in reply.frames])

    async def close(self) -> None:
        """End it. Safe to call twice."""
        self.end("closed", 1000)

    def end(self, why: str, code: int | None) -> None:
        """End it from the venue's side."""
        if self._open:
            self._open = False
            self._venues.gone(self)
            self._on_close(why, code)


class _MemoryHttp(httpx.AsyncBaseTransport):
    """Answers from the markets at the clock's instant; takes no time."""

    def __init__(self, venues: MemoryVenues) -> None:
        self._venues = venues

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        found = venue_of(request.url.path, self._venues.wires)
        if found is None:
            return httpx.Response(404, request=request)
        given = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        reply = self._venues.answer(found[0], Asked(request.method, found[1], given, await request.aread()))
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body, request=request)
