"""The simulated exchange on a local port: websockets and REST side by side, at the pace of the clock or faster."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections import deque
from collections.abc import Mapping
from operator import itemgetter
from typing import NamedTuple

from fbkit.simulator.calendar import MS_DAY, MS_MIN, MS_S
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.frames import Frames
from fbkit.simulator.limits import Limits
from fbkit.simulator.market import Market
from fbkit.simulator.pace import Pace
from fbkit.simulator.rest import Rest
from fbkit.simulator.sockets import Socket
from fbkit.simulator.streams import Frame, Route, Stream

#: Frames that are due are written this often, s.
_TICK_S = 0.01

#: The next second is made this long before it begins, ms of real time.
_AHEAD_MS = 250

#: Whoever falls further behind than this (the process stood still) goes on with the present, ms of real time.
_LOST_MS = 5_000

#: History made before anybody asks, in minutes: what a collector fetches first.
_WARM_MINUTES = 48 * 60


class Manners(NamedTuple):
    """How the exchange keeps its connections, in ms of real time."""

    ping_every_ms: int = 3 * MS_MIN
    pong_within_ms: int = 10 * MS_MIN
    lifetime_ms: int = MS_DAY


class Server:
    """Serves one market. ``await start()`` gives the port; ``await stop()`` ends everything."""

    def __init__(
        self,
        market: Market,
        pace: Pace,
        *,
        faults: FaultScript | None = None,
        generosity: int = 100,
        manners: Manners = Manners(),  # noqa: B008 -- an immutable tuple
        warm: bool = True,
    ) -> None:
        self.market, self.pace, self.manners = market, pace, manners
        self.faults = faults or FaultScript()
        self.frames = Frames(market, patient=False)
        self.rest = Rest(market, self.frames, generosity)
        self.limits = Limits(generosity)
        self.clients: set[Socket] = set()
        self.first_ms = 0
        self._sockets: dict[Socket, None] = {}
        self._made_until_ms = 0
        self._warm = warm
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1 and give the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Socket(self), "127.0.0.1", port)
        self._tasks = [loop.create_task(self._pump())]
        if self._warm:
            self._tasks.append(loop.create_task(self._warm_up()))
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def until(self, ended: asyncio.Event) -> None:
        """Serve until ``ended``; raises what broke the frames, should anything."""
        waiting = asyncio.ensure_future(ended.wait())
        done, _ = await asyncio.wait({waiting, self._tasks[0]}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        for task in done - {waiting}:
            task.result()

    async def stop(self) -> None:
        """Go away: websockets are told (1001), the rest is cut."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._server is not None:
            self._server.close()
        for client in list(self.clients):
            client.end(1001, "going away")
            client.hang_up()

    def now_ms(self) -> int:
        """Simulated UTC ms."""
        return self.pace.now_ms()

    def real_ms(self) -> int:
        """Real ms from some beginning, for pings, lifetimes and how fast a client speaks."""
        return round(asyncio.get_running_loop().time() * MS_S)

    def refuses(self, route: Route) -> bool:
        """Whether the script refuses a new websocket now."""
        return bool(self.first_ms) and self.faults.refuses(self.now_ms(), self.first_ms, route)

    def join(self, client: Socket) -> None:
        """A websocket opened; its streams begin with what is still to come."""
        self.first_ms = self.first_ms or self.now_ms()
        self._sockets[client] = None
        if client.talk is not None:
            self.subscribed(client, client.talk.streams)

    def leave(self, client: Socket) -> None:
        """A websocket ended."""
        self._sockets.pop(client, None)
        client.pending.clear()

    def subscribed(self, client: Socket, streams: list[Stream]) -> None:
        """Queue what new streams have yet to say of the seconds already made."""
        if not streams or not self._made_until_ms:
            return
        now = self.now_ms()
        second = now // MS_S * MS_S
        frames: list[Frame] = []
        while second < self._made_until_ms:
            frames += [frame for frame in self.frames.second(second, streams) if frame.ts_ms > now]
            second += MS_S
        self._queue(client, frames)

    async def prepare(self, path: str, given: Mapping[str, str]) -> None:
        """Make what an answer needs, letting the frames go out in between."""
        for _ in self.rest.prepare(path, given, self.now_ms()):
            await asyncio.sleep(0)

    def _queue(self, client: Socket, frames: list[Frame]) -> None:
        if client.talk is None:
            return
        shaped = self.faults.shape(frames, self.first_ms, client.talk.address.route)
        client.pending = deque(heapq.merge(client.pending, shaped, key=itemgetter(0)))

    async def _pump(self) -> None:
        while True:
            now = self.now_ms()
            self._make(now)
            self._disturb(now)
            for client in list(self._sockets):
                client.send_due(now)
                self._keep(client)
            await asyncio.sleep(_TICK_S)

    def _make(self, now: int) -> None:
        speed = max(self.pace.speed, 1e-9)
        if now - self._made_until_ms > _LOST_MS * max(speed, 1.0):
            self._made_until_ms = now // MS_S * MS_S + MS_S
        while self._made_until_ms <= now + _AHEAD_MS * speed:
            start, self._made_until_ms = self._made_until_ms, self._made_until_ms + MS_S
            wanted = {stream for client in self._sockets if client.talk for stream in client.talk.streams}
            if wanted:
                self._hand_out(start, self.frames.second(start, wanted))

    def _hand_out(self, start: int, frames: list[Frame]) -> None:
        for client in self._sockets:
            if client.talk is None:
                continue
            names = {stream.name for stream in client.talk.streams}
            own = [frame for frame in frames if frame.stream in names]
            said = self.faults.sayings(start, start + MS_S, self.first_ms, client.talk.address.route)
            self._queue(client, sorted([*own, *said], key=itemgetter(0)) if said else own)

    def _disturb(self, now: int) -> None:
        if not self.faults.faults or not self.first_ms:
            return
        for fault in self.faults.cuts(now, self.first_ms):
            for client in list(self._sockets):
                if client.talk and fault.route in {None, client.talk.address.route}:
                    client.reset() if fault.fault == "rst" else client.end(fault.code, "scripted")
        for client in list(self._sockets):
            if client.talk:
                frozen = self.faults.frozen(now, self.first_ms, client.talk.address.route)
                if client.frozen and not frozen:
                    client.thaw()
                client.frozen = frozen

    def _keep(self, client: Socket) -> None:
        now = self.real_ms()
        if now - client.opened_ms > self.manners.lifetime_ms:
            client.end(1001, "24 hours are over")
        elif client.pinged_ms - client.heard_pong_ms > 0 and now - client.heard_pong_ms > self.manners.pong_within_ms:
            client.end(1008, "Pong timeout")
        elif now - client.pinged_ms > self.manners.ping_every_ms:
            client.ping(now)

    async def _warm_up(self) -> None:
        """Make the history that everybody will ask for, newest first, while nothing else is to be done."""
        now = self.now_ms() // MS_MIN
        for minute in range(now - 1, now - _WARM_MINUTES - 1, -1):
            self.market.closed(minute)
            await asyncio.sleep(0)
