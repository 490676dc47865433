"""The simulated exchanges on one local port: websockets and REST side by side, at the pace of the clock or faster.

Everything of a venue lies under its name: ``/bybit/v5/market/time``, ``/bybit/v5/public/linear``.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections import deque
from collections.abc import Mapping
from operator import itemgetter

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_MIN, MS_S
from fbkit.simulator.fault import Done, Fault, Where, line_of, meant, where_of
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.market import Market
from fbkit.simulator.pace import Pace
from fbkit.simulator.sockets import Socket
from fbkit.simulator.wires import WIRES, resettable
from fbkit.simulator.wires.wire import Asked, Frame, Manners, Stream, Wire

log = logging.getLogger(__name__)

#: Frames that are due are written this often, s.
_TICK_S = 0.01

#: The next second is made this long before it begins, ms of real time.
_AHEAD_MS = 250

#: Whoever falls further behind than this (the process stood still) goes on with the present, ms of real time.
_LOST_MS = 5_000

#: History made before anybody asks, in minutes: what a collector fetches first.
_WARM_MINUTES = 48 * 60


class Server:
    """Serves markets by venue. ``await start()`` gives the port; ``await stop()`` ends everything.

    ``wires`` are the venues' own, ``generosity`` times as patient with requests as the venues; ``manners`` replaces
    what the venues do about pings and lifetimes. ``done``: what the script of faults has done so far.
    """

    def __init__(
        self,
        markets: Mapping[str, Market],
        pace: Pace,
        *,
        faults: FaultScript | None = None,
        generosity: int = 100,
        manners: Manners | None = None,
        warm: bool = True,
        wires: Mapping[str, type[Wire]] = WIRES,
    ) -> None:
        self.pace = pace
        self.wires = {venue: wires[venue](market, generosity) for venue, market in markets.items()}
        for wire in self.wires.values():
            wire.scene.patient = False
        self.faults = faults or FaultScript()
        self.faults.check(self.wires, resettable(self.wires))
        self.clients: set[Socket] = set()
        self.first_ms = 0
        self._manners = manners
        self._sockets: dict[Socket, None] = {}
        self._made_until_ms = 0
        self._warm = warm
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    @property
    def done(self) -> list[Done]:
        """The faults that have begun, and how often each has acted."""
        return self.faults.done

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

    def refuses(self, venue: str, route: str) -> bool:
        """Whether the script refuses a new websocket now."""
        return bool(self.first_ms) and self.faults.refuses(self.now_ms(), self.first_ms, Where(venue, route))

    def join(self, client: Socket) -> None:
        """A websocket opened; its streams begin with what is still to come."""
        self.first_ms = self.first_ms or self.now_ms()
        self._sockets[client] = None
        if client.talk is not None:
            self.subscribed(client, client.talk.streams, self.now_ms())

    def leave(self, client: Socket) -> None:
        """A websocket ended."""
        self._sockets.pop(client, None)
        client.pending.clear()

    def subscribed(self, client: Socket, streams: list[Stream], now: int) -> None:
        """Queue what new streams have yet to say of the seconds already made, and what the script has them repeat.

        ``now`` is when the subscription was heard: a snapshot of then and what is queued here leave no hole.
        """
        if not streams or not self._made_until_ms:
            return
        frames: list[Frame] = []
        back = MS_S if self.faults.replaying(now, self.first_ms) else 0
        for second in range(now // MS_S * MS_S - back, self._made_until_ms, MS_S):
            frames += self.wires[client.venue].second(second, streams)
        heard = [frame for frame in frames if now - MS_S < frame.ts_ms <= now]
        again = self.faults.replays(heard, now, self.first_ms, self._where(client))
        self.queue(client, [*again, *(frame for frame in frames if frame.ts_ms > now)])

    async def answer(self, venue: str, asked: Asked) -> Answer:
        """Answer a request, letting the frames go out while what it needs is made."""
        wire = self.wires[venue]
        for _ in wire.prepare(asked, self.now_ms()):
            await asyncio.sleep(0)
        now = self.now_ms()
        refusal = wire.spend(asked, now)
        if self.first_ms:
            refusal = self.faults.answers(now, self.first_ms, venue, asked.path, wire.limited()) or refusal
        return wire.finish(wire.answer(asked, now)) if refusal is None else refusal

    def queue(self, client: Socket, frames: list[Frame]) -> None:
        """Put frames in a client's line, as the script leaves them."""
        shaped = self.faults.shape(frames, self.first_ms, self._where(client)) if self.faults.faults else frames
        client.pending = deque(heapq.merge(client.pending, shaped, key=itemgetter(0)))

    def _where(self, client: Socket) -> Where:
        talk = client.talk
        if talk is None or not self.faults.faults:
            return Where(client.venue, "")
        return where_of(client.venue, talk.route, talk.streams, self.wires[client.venue].channel_of)

    async def _pump(self) -> None:
        while True:
            now = self.now_ms()
            self._disturb(now)
            self._make(now)
            for client in list(self._sockets):
                client.send_due(now)
                self._keep(client, now)
            await asyncio.sleep(_TICK_S)

    def _make(self, now: int) -> None:
        speed = max(self.pace.speed, 1e-9)
        if now - self._made_until_ms > _LOST_MS * max(speed, 1.0):
            self._made_until_ms = now // MS_S * MS_S + MS_S
        while self._made_until_ms <= now + _AHEAD_MS * speed:
            start, self._made_until_ms = self._made_until_ms, self._made_until_ms + MS_S
            for venue, wire in self.wires.items():
                clients = [client for client in self._sockets if client.venue == venue]
                wanted = {stream for client in clients if client.talk for stream in client.talk.streams}
                self._hand_out(start, clients, wire.second(start, wanted) if wanted else [])

    def _hand_out(self, start: int, clients: list[Socket], frames: list[Frame]) -> None:
        for client in clients:
            if client.talk is None:
                continue
            names = {stream.name for stream in client.talk.streams}
            own = frames if len(clients) == 1 else [frame for frame in frames if frame.stream in names]
            said = self.faults.sayings(start, start + MS_S, self.first_ms, self._where(client))
            self.queue(client, sorted([*own, *said], key=itemgetter(0)) if said else own)

    def _disturb(self, now: int) -> None:
        if not self.faults.faults or not self.first_ms:
            return
        for fault in self.faults.begun(now, self.first_ms):
            log.warning("%s", line_of(fault, now))
        for fault in self.faults.cuts(now, self.first_ms):
            for client in list(self._sockets):
                if client.talk and fault.at(client.venue, client.talk.route) and self.faults.acted(fault, now):
                    client.reset() if fault.fault == "rst" else client.end(fault.code, "scripted")
        for fault in self.faults.resets(now, self.first_ms):
            self._begin_anew(fault)
        for client in list(self._sockets):
            if client.talk:
                frozen = self.faults.frozen(now, self.first_ms, Where(client.venue, client.talk.route))
                if client.frozen and not frozen:
                    client.thaw()
                client.frozen = frozen

    def _begin_anew(self, fault: Fault) -> None:
        """Sequences begin anew with the next second that is made."""
        for venue, wire in self.wires.items():
            talks = [client.talk for client in self._sockets if client.venue == venue and client.talk]
            for stream in meant(fault, venue, talks, wire.channel_of):
                if wire.reset_sequence(stream, self._made_until_ms):
                    self.faults.acted(fault, self._made_until_ms)

    def _keep(self, client: Socket, now: int) -> None:
        real = self.real_ms()
        client.keep(real, self._manners or self.wires[client.venue].manners)
        # Who lives faster than the clock is not cut for a heartbeat that comes by the clock.
        if self.pace.speed == 1.0 and client.talk is not None and real - client.ticked_ms >= MS_S:
            client.ticked_ms = real
            client.follow(client.talk.tick(now))

    async def _warm_up(self) -> None:
        """Make the history that everybody will ask for, newest first, while nothing else is to be done."""
        now = self.now_ms() // MS_MIN
        for minute in range(now - 1, now - _WARM_MINUTES - 1, -1):
            # The venues take turns at a minute: what they share of it is made once.
            for wire in self.wires.values():
                wire.market.closed(minute)
                await asyncio.sleep(0)
