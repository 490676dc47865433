"""One socket kept up for ever: connect, subscribe, watch, connect again, and move before its time is up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

from fbkit.errors import ConnectFailed, ConnectionLost, FeedError, Stalled
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.feed import World
from fbkit.feeds.reading import Heard, Reading
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.feeds.transport import INTERNAL_ERROR, Connection, short
from fbkit.feeds.watchdog import Overdue, Watchdog
from fbkit.feeds.weights import Budget, Unlimited
from fbkit.model import NS_S, Control, Item

log = logging.getLogger(__name__)

#: The longest that an old connection is kept while a new one warms up.
_OVERLAP_S = 30.0

#: A look at the watchdog that comes later than this says that we were away.
_AWAY_S = 2.0


class Talk(Protocol):
    """What is said on a connection: ``run`` speaks after it opened.

    ``heard`` gets the answers, and is true when the venue wants us to move to a new connection; ``again`` begins a
    topic anew. ``said`` is whether every topic has been asked for.
    """

    @property
    def said(self) -> bool: ...
    async def run(self, connection: Connection) -> None: ...
    def heard(self, control: Control) -> bool: ...
    def again(self, topic: str) -> None: ...


class Session:
    """One connection of a link: what was heard on it and when, how it ended, and when to move on (UTC ns)."""

    def __init__(self, opened: int, retire: int, talk: Talk) -> None:
        self.opened, self.retire, self.talk = opened, retire, talk
        self.heard: dict[str, int] = {}
        self.alive = opened
        self.early: list[str] = []
        self.ended: asyncio.Future[tuple[str, int | None]] = asyncio.get_running_loop().create_future()
        self.connection: Connection | None = None
        self.reading: Reading | None = None
        self.talking: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        """When anything was last heard, an answer or a pong too, else when it opened (UTC ns).

        One socket keeps its order: what was sent before a pong has come before it.
        """
        return max([self.alive, *self.heard.values()])

    def on_close(self, why: str, code: int | None) -> None:
        """How it ended; what came before is taken before."""
        if self.reading is not None:
            self.reading.take()
        if not self.ended.done():
            self.ended.set_result((why, code))

    async def close(self) -> None:
        """Leave nothing behind, and hear nothing more: what still waits came too late."""
        if self.reading is not None:
            self.reading.stop()
        try:
            if self.talking is not None:
                self.talking.cancel()
                await asyncio.gather(self.talking, return_exceptions=True)
        finally:
            if self.connection is not None:
                await self.connection.close()


def _nothing() -> None:
    pass


class Link:
    """Keeps one socket up until it is cancelled.

    ``limits_s`` names its channels and how long each may be silent (``None``: for ever); ``riders`` come inside a
    channel's frames, and are silent and back with it. ``parse`` makes items of frames that came together, ``talk`` a
    :class:`Talk` for each new connection. ``lifetime_s`` ends before the venue's does: we move to a new connection,
    both speaking for a while, and duplicates are dropped upstairs. ``connects`` is shared by a venue's links.
    ``opened`` is called after the first connect, ``lost`` when a connection was cut and nothing overlapped it, ``news``
    when the venue spoke of what it lists.
    """

    def __init__(  # noqa: PLR0913 - a socket has that many sides
        self,
        *,
        venue: str,
        name: str,
        url: str,
        limits_s: Mapping[str, float | None],
        parse: Callable[[Sequence[bytes], int], list[Item]],
        talk: Callable[[], Talk],
        sink: Sink,
        silence: Silence,
        world: World,
        lifetime_s: float,
        tick_s: float | None = None,
        riders: Mapping[str, Sequence[str]] = {},
        headers: Mapping[str, str] = {},
        connects: Budget | None = None,
        opened: Callable[[], None] = _nothing,
        lost: Callable[[], None] = _nothing,
        news: Callable[[], None] = _nothing,
    ) -> None:
        self.venue, self.name, self.url = venue, name, url
        self._riders, self._headers = riders, headers
        self._timed = tuple(channel for channel, limit in limits_s.items() if limit is not None)
        riding = {rider: channel for channel, along in riders.items() for rider in along if rider not in self._timed}
        self._carrier = riding
        self.channels = tuple(dict.fromkeys([*limits_s, *riding]))
        self._rare = tuple(channel for channel in self.channels if channel not in self._timed and channel not in riding)
        self._parse, self._talk = parse, talk
        self._opened, self._lost, self._news = opened, lost, news
        self._connects = connects or Unlimited()
        self._sink, self._silence, self._world = sink, silence, world
        self._watchdog = Watchdog(limits_s)
        self._backoff = Backoff(world.random)
        self._lifetime_s = lifetime_s
        self._tick_s = tick_s or min(1.0, self._watchdog.shortest_s / 4)
        self._last = world.clock.now()
        self._sessions: list[Session] = []

    def again(self, topic: str) -> None:
        """Leave a topic and subscribe to it anew, where we are connected; a new connection does so anyway."""
        if self._sessions:
            self._sessions[-1].talk.again(topic)

    def retire_now(self) -> None:
        """Move to a new connection at the next look, the old one speaking until the new one does."""
        if self._sessions:
            self._sessions[-1].retire = 0

    async def run(self) -> None:
        """For ever."""
        self._last = self._world.clock.now()
        while True:
            try:
                await self._live()
            except FeedError as error:
                self._went(error)
            await self._world.sleep(self._backoff.next())

    async def _live(self) -> None:
        """One connection after another, as long as they overlap."""
        try:
            session = await self._open()
            self._watchdog.arm(session.opened)
            self._opened()
            self._opened = _nothing
            while True:
                await self._watch(session)
                session = await self._move(session)
        finally:
            self._last = max((session.last for session in self._sessions), default=self._last)
            while self._sessions:
                await self._sessions.pop().close()

    async def _open(self) -> Session:
        await self._connects.take()
        now = self._world.clock.now()
        session = Session(now, now + int(self._lifetime_s * NS_S), self._talk())
        session.reading = reading = self._reading(session)
        try:
            connect = self._world.transport.connect
            connection = await connect(self.url, reading.on_frame, session.on_close, self._headers)
        except ConnectFailed as error:
            raise ConnectFailed(self.venue, error.url, error.why) from error
        session.connection = connection
        reading.rest = getattr(connection, "rest", None)
        session.talking = asyncio.create_task(
            self._speak(session.talk, connection), name=f"{self.venue} {self.name} talk"
        )
        self._sessions.append(session)
        return session

    async def _speak(self, talk: Talk, connection: Connection) -> None:
        with suppress(ConnectionLost):  # told by on_close
            await talk.run(connection)

    def _reading(self, session: Session) -> Reading:
        return Reading(
            self.venue,
            self.name,
            parse=self._parse,
            sink=self._sink,
            now=self._world.clock.now,
            heard=partial(self._note, session),
            failed=partial(session.on_close, "a frame could not be taken", INTERNAL_ERROR),
        )

    def _note(self, session: Session, said: Heard, ts: int) -> None:
        """Who spoke, and when."""
        for control in said.controls:
            session.alive = ts
            self._hear(session, control)
        heard = session.heard
        for channel in said.noise & heard.keys():
            heard[channel] = ts
        for spoken in sorted(said.channels):  # in one order, whatever a set makes of it: a run is the same twice
            channel = spoken if spoken in heard else self._carrier.get(spoken, spoken)
            is_first = channel not in heard
            heard[channel] = ts
            if is_first:
                self._spoke(session, channel, ts)
        if "listing" in said.channels:
            self._news()

    def _hear(self, session: Session, control: Control) -> None:
        if control.kind == "listing":
            self._news()
        elif session.talk.heard(control):
            log.info("%s %s: the venue will close it soon; moving to a new connection", self.venue, self.name)
            session.retire = 0

    def _spoke(self, session: Session, channel: str, ts: int) -> None:
        """First data of a channel on a connection: only data ends a silence and calms the backoff.

        While there are topics still to be asked for, the channel speaks of some instruments and of others not.
        """
        self._backoff.reset()
        self._watchdog.spoke(channel)
        session.early.append(channel)
        self._end_silences(session, ts)

    def _end_silences(self, session: Session, ts: int) -> None:
        if session.early and session.talk.said:
            self._silence.end(self.name, [*self._with_riders(session.early), *self._rare], ts)
            session.early.clear()

    def _with_riders(self, channels: Iterable[str]) -> list[str]:
        """Channels, each followed by those inside its frames."""
        return [one for channel in channels for one in (channel, *self._riders.get(channel, ()))]

    async def _watch(self, session: Session) -> None:
        """Returns when it is time to move; raises when the connection ended or is silent altogether."""
        before = self._world.clock.now()
        while True:
            await asyncio.wait({session.ended}, timeout=self._tick_s)
            now = self._world.clock.now()
            if now - before > (self._tick_s + _AWAY_S) * NS_S:
                self._watchdog.arm(now)  # a suspend, or a cell that held our loop: it was not the venue who was silent
            before = now
            if session.ended.done():
                why, code = session.ended.result()
                raise ConnectionLost(self.venue, short(self.url), why, code)
            self._end_silences(session, now)
            late = self._watchdog.overdue(session.heard, now)
            if late:
                self._stalled(session, late, now)
                return
            if now >= session.retire:
                return

    def _stalled(self, session: Session, late: list[Overdue], now: int) -> None:
        """Tell who is silent. While others speak, they must not pay for it: we move; else the connection is no good."""
        for overdue in late:
            self._watchdog.stalled(overdue.channel, now)
            error = Stalled(self.venue, overdue.channel, overdue.silent_s)
            log.info("%s", error)
            channels = self._with_riders([overdue.channel])
            self._silence.begin(self.name, channels, "stalled", overdue.since, str(error))
            session.heard.pop(overdue.channel, None)  # its next word is its first
        if not any(channel in session.heard for channel in self._timed):
            raise Stalled(self.venue, ", ".join(overdue.channel for overdue in late), late[0].silent_s)

    async def _move(self, old: Session) -> Session:
        """To a new connection, the old one speaking until the new one does."""
        try:
            new = await self._open()
        except ConnectFailed as error:
            log.warning("%s; staying on the old connection", error)
            old.retire = self._world.clock.now() + int(self._backoff.next() * NS_S)
            return old
        wanted = [channel for channel in old.heard if channel in self._timed]
        patience = new.opened + int(_OVERLAP_S * NS_S)
        while not all(channel in new.heard for channel in wanted) and self._world.clock.now() < patience:
            await asyncio.wait({new.ended, old.ended}, timeout=self._tick_s, return_when=asyncio.FIRST_COMPLETED)
            if old.ended.done():
                break
            if new.ended.done():
                await self._leave(new)
                old.retire = self._world.clock.now() + int(self._backoff.next() * NS_S)
                return old
        missing = [channel for channel in wanted if channel not in new.heard]
        silent = [channel for channel in missing if old.heard[channel] < new.opened and not old.ended.done()]
        self._moved_without([channel for channel in missing if channel not in silent], old.last)
        self._silent_on_both(silent, old)
        self._watchdog.arm(new.opened)
        await self._leave(old)
        return new

    def _moved_without(self, channels: list[str], since: int) -> None:
        """Channels that the old connection gave and the new one does not."""
        if channels:
            missing = self._with_riders(channels)
            why = f"moved, and nothing yet of {', '.join(missing)}"
            sentence = str(ConnectionLost(self.venue, short(self.url), why))
            self._silence.begin(self.name, missing, "disconnect", since, sentence)

    def _silent_on_both(self, channels: list[str], old: Session) -> None:
        """Channels that neither connection gives: it was not the move that lost them."""
        now = self._world.clock.now()
        for channel in channels:
            since = old.heard[channel]
            error = Stalled(self.venue, channel, (now - since) / NS_S)
            self._silence.begin(self.name, self._with_riders([channel]), "stalled", since, str(error))

    async def _leave(self, session: Session) -> None:
        if session.reading is not None:
            session.reading.take()
        await session.close()
        self._sessions.remove(session)

    def _went(self, error: FeedError) -> None:
        log.info("%s", error)
        cause = {ConnectFailed: "refused", Stalled: "stalled"}.get(type(error), "disconnect")
        self._silence.begin(self.name, self.channels, cause, self._last, str(error))
        self._lost()
