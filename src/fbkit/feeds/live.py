"""One run of a venue's feed: its links, its polls, the instrument list again and again, books that broke."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fbkit.errors import FeedError
from fbkit.feeds.instruments import Known
from fbkit.feeds.link import Link
from fbkit.feeds.mending import Mending
from fbkit.feeds.polling import Polls
from fbkit.feeds.roster import Ranked
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.feeds.socket import Socket
from fbkit.feeds.talking import Talker
from fbkit.feeds.weights import Budget, SlidingWindow, Unlimited
from fbkit.model import NS_MIN, NS_S, floor_to

if TYPE_CHECKING:  # a feed makes its runs, and a run asks its feed
    from fbkit.feeds.venue import VenueFeed

log = logging.getLogger(__name__)

#: How often the instrument list is read again; after news of it at once, but not more often than the calm between.
REFRESH_S, CALM_S, RETRY_S = 3600.0, 60.0, 300.0

#: Connections move before the venue's end, not all at once.
_JITTER_S = 1800.0


class Live:
    """Everything that runs as long as the feed does."""

    def __init__(self, feed: VenueFeed, sink: Sink) -> None:
        self._feed, self._sink, self._world = feed, sink, feed.world
        self._silence = Silence(sink, feed.venue)
        streamed = [offer.channel for offer in feed.offers if offer.how == "stream"]
        self._polls = Polls(feed.venue, sink, self._silence, feed.world, streamed)
        self._mending = Mending(feed.venue, feed.instruments, self._ask_book, sink, feed.world)
        self._connects = self._budget()
        self._numbers = itertools.count(1)
        self._carriers: dict[str, Link] = {}
        self._filling: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._polling: asyncio.Task[None] | None = None
        self._further = 0

    async def run(self) -> None:
        """For ever."""
        books = getattr(self._feed.parser, "books", None)
        if books is not None:
            books.on_break, books.on_mend = self._mending.broke, self._mending.mended
        self._feed.rest.on_trouble = self._rest_trouble
        followed = self._feed.roster.followed()
        try:
            async with self._group:
                for socket in self._feed.sockets(followed):
                    self._connect(socket)
                self._poll(followed)
                self._group.create_task(self._keep_listings(), name=f"{self._feed.venue} listings")
        finally:
            for task in self._filling:
                task.cancel()
            await asyncio.gather(*self._filling, return_exceptions=True)
            await self._mending.stop()

    def _rest_trouble(self, error: FeedError | None) -> None:
        """REST makes us wait, in whichever words, or answers again."""
        if error is None:
            self._sink.well(self._feed.venue, "rest")
        else:
            self._sink.trouble(self._feed.venue, "rest", "rest", str(error))

    # sockets

    def _connect(self, socket: Socket) -> None:
        feed = self._feed
        refused: dict[str, None] = {}

        def talk() -> Talker:
            numbers = self._numbers.__next__
            return Talker(feed.venue, socket.topics, feed.wording(), self._sink, self._world, numbers, refused=refused)

        link = Link(
            venue=feed.venue,
            name=socket.name,
            url=socket.url,
            limits_s=socket.limits_s,
            riders=socket.riders,
            headers=socket.headers,
            parse=feed.parser.frames,
            talk=talk,
            sink=self._sink,
            silence=self._silence,
            world=self._world,
            lifetime_s=feed.lifetime_s - self._world.random() * min(_JITTER_S, feed.lifetime_s / 20),
            connects=self._connects,
            opened=lambda: self._fill_open_minute(socket),
            lost=lambda: self._forget(socket.symbols),
            news=self._news.set,
        )
        self._carriers.update(dict.fromkeys(socket.topics, link))
        self._group.create_task(link.run(), name=f"{feed.venue} {socket.name}")

    def _budget(self) -> Budget:
        """Connects are limited by address: all links share one budget."""
        if not self._world.limited:
            return Unlimited()
        return SlidingWindow(*self._feed.connects, self._world.clock, self._world.sleep)

    def _forget(self, symbols: Sequence[str]) -> None:
        """What was put together from their frames is as old as the cut."""
        forget: Callable[[Sequence[str]], None] | None = getattr(self._feed.parser, "forget", None)
        if forget is not None:
            forget(symbols)
        self._mending.forget(symbols)

    async def _ask_book(self, known: Known) -> None:
        items = await self._feed.book_snapshot(known)
        if items is None:
            topic = self._feed.book_topic(known.instrument.venue_symbol)
            if topic in self._carriers:
                self._carriers[topic].again(topic)
        elif items:
            self._sink.take(self._feed.venue, items, self._world.clock.now())

    # the open minute

    def _fill_open_minute(self, socket: Socket) -> None:
        """Trades of the minute that was under way when we first connected, so that its bar can be ours.

        After a cut it was heard up to the cut, and who keeps the gap asks for the rest (:meth:`VenueFeed.trades`).
        """
        if "trade" in socket.limits_s and socket.symbols:
            name = f"{self._feed.venue} open minute"
            task = asyncio.create_task(self._open_minute(socket.symbols), name=name)
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def _open_minute(self, symbols: Sequence[str]) -> None:
        since = floor_to(self._world.clock.now(), NS_MIN)
        for symbol in symbols:
            known = self._feed.instruments.by_symbol.get(symbol)
            now = self._world.clock.now()
            if now >= since + NS_MIN:
                return  # the limits made us late: the minute is over, and the venue's candle stands in for the rest
            if known is None:
                continue
            try:
                # A little beyond now: pages and stream must overlap, or what lies between them is missed unnoticed.
                await self._feed.trades(self._sink, known.name, since, now + NS_S)
            except FeedError as error:
                log.info("%s: the open minute stays open: %s", known.name, error)

    # polls

    def _poll(self, followed: Sequence[Known]) -> None:
        """Ask about these from now on."""
        if self._polling is not None:
            self._polling.cancel()
        polls = self._polls.run(self._feed.polls(followed))
        self._polling = self._group.create_task(polls, name=f"{self._feed.venue} polls")

    # the list of instruments, again and again

    async def _keep_listings(self) -> None:
        """Once an hour, and whenever the venue speaks of it: states, ticks, funding intervals, newcomers."""
        venue = self._feed.venue
        while True:
            await self._an_hour_or_news()
            try:
                ranked = await self._feed.read_list()
            except FeedError as error:
                log.info("%s", error)
                self._sink.trouble(venue, "listing", "rest", str(error))
                self._news.set()
                await self._world.sleep(RETRY_S)
                continue
            self._sink.well(venue, "listing")
            self._learn(ranked)
            await self._world.sleep(CALM_S)

    async def _an_hour_or_news(self) -> None:
        hour = asyncio.ensure_future(self._world.sleep(REFRESH_S))
        news = asyncio.create_task(self._news.wait(), name=f"{self._feed.venue} news")
        try:
            await asyncio.wait({hour, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hour.cancel()
            news.cancel()
            await asyncio.gather(hour, news, return_exceptions=True)
        self._news.clear()

    def _learn(self, ranked: Sequence[Ranked]) -> None:
        ts = self._world.clock.now()
        news = self._feed.roster.learn(ranked, ts)
        if not news.listings:
            return
        self._forget(news.redefined)
        self._sink.take(self._feed.venue, news.listings, ts)
        if news.newly:
            self._further += 1
            for socket in self._feed.further(news.newly):
                new = self._less(socket)
                if new is not None:
                    self._connect(new._replace(name=f"{socket.name}-more-{self._further}"))
        self._poll(self._feed.roster.followed())

    def _less(self, socket: Socket) -> Socket | None:
        """A further socket without the topics that another has; ``None`` if nothing is left."""
        topics = tuple(topic for topic in socket.topics if topic not in self._carriers)
        if topics == socket.topics:
            return socket
        channel_of = self._feed.wording().channel_of
        channels = {channel_of(topic) for topic in topics}
        limits = {channel: limit for channel, limit in socket.limits_s.items() if channel in channels}
        riders = {channel: along for channel, along in socket.riders.items() if channel in channels}
        return socket._replace(topics=topics, limits_s=limits, riders=riders) if topics else None
