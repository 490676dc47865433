"""What a venue does not stream, asked for in rounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, NamedTuple

from fbkit.errors import FeedError
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.rounds import rounds
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.model import NS_S, Event, Ignored, Item, Ratio, channel_of

log = logging.getLogger(__name__)


class Poll(NamedTuple):
    """One question about many things, once a period.

    The i-th of n things is asked about at ``start + i / n · spread`` of each period (the spread is the whole period
    unless said otherwise). With ``at_once``, ``ask`` gets all of ``things`` as one. ``also_now`` asks a round right
    away, before the one at ``start_s``.
    """

    channel: str
    period_s: float
    things: Sequence[Any]
    ask: Callable[[Any], Awaitable[list[Item]]]
    start_s: float = 0.0
    spread_s: float | None = None
    at_once: bool = False
    also_now: bool = False


class Polls:
    """Asks, and tells what is new: an item whose instant we had is ``unchanged``.

    One missed answer is trouble, until the next answer; when none came for two periods, the channel is silent.
    Channels that are ``streamed`` besides are neither: a poll only helps them.
    """

    def __init__(self, venue: str, sink: Sink, silence: Silence, world: World, streamed: Collection[str] = ()) -> None:
        self._venue, self._sink, self._silence, self._world = venue, sink, silence, world
        self._streamed = frozenset(streamed)
        self._newest: dict[tuple[str, str, str], int] = {}
        self._missing: set[str] = set()

    async def run(self, polls: Sequence[Poll]) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            for number, poll in enumerate(polls):
                if poll.things:
                    asked = _Asked(poll, f"rest-{number}", self._world.clock.now())
                    group.create_task(self._rounds(asked), name=f"{self._venue} {poll.channel} {asked.source}")
                    if poll.also_now:
                        group.create_task(self._once(asked), name=f"{self._venue} {poll.channel} now")

    async def _rounds(self, asked: _Asked) -> None:
        poll = asked.poll
        ask = partial(self._ask, asked)
        await rounds(asked.things, poll.period_s, ask, self._world, start_s=poll.start_s, spread_s=poll.spread_s)

    async def _once(self, asked: _Asked) -> None:
        for thing in asked.things:
            await self._ask(asked, thing)
            await self._world.sleep((asked.poll.spread_s or 0.0) / len(asked.things))

    async def _ask(self, asked: _Asked, thing: Any) -> None:
        try:
            items = await asked.poll.ask(thing)
        except (FeedError, *MALFORMED) as error:
            self._missed(asked, f"{error}")
            return
        ts = self._world.clock.now()
        fresh = [self._fresh(item) for item in items]
        if fresh:
            self._sink.take(self._venue, fresh, ts)
        self._answered(asked, ts)

    def _answered(self, asked: _Asked, ts: int) -> None:
        channel = asked.poll.channel
        asked.well = ts
        self._silence.end(asked.source, [channel], ts)
        if channel in self._missing:
            self._missing.discard(channel)
            self._sink.well(self._venue, channel)

    def _missed(self, asked: _Asked, sentence: str) -> None:
        log.info("%s", sentence)
        channel = asked.poll.channel
        if channel in self._streamed:
            return
        self._missing.add(channel)
        self._sink.trouble(self._venue, channel, "rest", sentence)
        if self._world.clock.now() - asked.well > 2 * asked.poll.period_s * NS_S:
            self._silence.begin(asked.source, [channel], "refused", asked.well, sentence)

    def _fresh(self, item: Item) -> Item:
        """The item, or what of it is new, or that nothing is."""
        if isinstance(item, tuple):
            new = tuple(event for event in item if self._is_new(event))
            return new if len(new) > 1 else new[0] if new else Ignored(channel_of(item[0]), "unchanged")
        if isinstance(item, Event) and not self._is_new(item):
            return Ignored(channel_of(item), "unchanged")
        return item

    def _is_new(self, event: Event) -> bool:
        key = (channel_of(event), event.instrument, event.ratio_kind if isinstance(event, Ratio) else "")
        if event.ts_event <= self._newest.get(key, -1):
            return False
        self._newest[key] = event.ts_event
        return True


class _Asked:
    """A poll under way: under which name it is silent, and when it was last answered (UTC ns)."""

    def __init__(self, poll: Poll, source: str, well: int) -> None:
        self.poll, self.source, self.well = poll, source, well
        self.things: Sequence[Any] = [poll.things] if poll.at_once else poll.things
