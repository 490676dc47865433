"""A feed of one socket on which a :class:`rig.voices.Chatter` speaks: no REST, no past, else as any venue's."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from importlib import import_module
from typing import Any

from rig.voices import Chatter

from fbkit.feeds.feed import Progress, World
from fbkit.feeds.instruments import Instruments, listing_of
from fbkit.feeds.link import Link
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.feeds.transport import Connection
from fbkit.feeds.venues import FEEDS
from fbkit.model import Control, Listing, OpenInterest, Ratio

#: No channel is silent for so long, on either clock.
_SILENCE_S = 3600.0

#: A connection that lives longer than the bench.
_LIFETIME_S = 30 * 86_400.0

CHANNELS = ("trade", "quote", "depth", "mark")


class Silent:
    """Nothing is to be said."""

    said = True

    async def run(self, connection: Connection) -> None:
        """Say nothing."""

    def heard(self, control: Control) -> bool:
        """Nothing answers."""
        return False

    def again(self, topic: str) -> None:
        """Topics never break."""


class ChatterFeed:
    """A :class:`fbkit.feeds.feed.Feed` of what a chatter says, read by the venue's own parser."""

    def __init__(self, chatter: Chatter, address: str, world: World) -> None:
        self.venue, self._address, self._world = chatter.venue, address, world
        self.contiguous = FEEDS[self.venue].contiguous
        self.instruments = Instruments(map(self._room("symbols").assume, chatter.symbols))
        self.instruments.set_funding_hours({}, 8.0)
        self.parser = self._room("parse").Parser(self.instruments)
        self.sink: Sink | None = None

    def _room(self, name: str) -> Any:
        return import_module(f"fbkit.feeds.{self.venue}.{name}")

    def expected_s(self) -> dict[str, float]:
        """As usual."""
        return {}

    async def listings(self) -> list[Listing]:
        """Whose past is to be fetched: nobody's."""
        return []

    async def run(self, sink: Sink) -> None:
        """Listen for ever."""
        self.sink = sink
        now = self._world.clock.now()
        sink.take(self.venue, [listing_of(known.instrument, now) for known in self.instruments], now)
        link = Link(
            venue=self.venue,
            name="chatter",
            url=self._address,
            limits_s=dict.fromkeys(CHANNELS, _SILENCE_S),
            parse=self.parser.frames,
            talk=Silent,
            sink=sink,
            silence=Silence(sink, self.venue),
            world=self._world,
            lifetime_s=_LIFETIME_S,
        )
        await link.run()

    def poll_interest(self, now: int) -> None:
        """Open interest of everybody, as a poll every fifteen seconds would bring it."""
        self._take([OpenInterest(one.name, now, now, 60_000.0 + now % 977) for one in self.instruments], now)

    def poll_ratios(self, now: int) -> None:
        """Two ratios of everybody, as a poll every five minutes would bring them."""
        self._take(
            [
                Ratio(one.name, now, now, kind, 1.0 + now % 89 / 100, 300)
                for one in self.instruments
                for kind in ("acct_global", "taker")
            ],
            now,
        )

    def _take(self, items: list[Any], now: int) -> None:
        if self.sink is not None:
            self.sink.take(self.venue, items, now)

    async def backfill(self, sink: Sink, since: int, until: int) -> AsyncGenerator[Progress, None]:
        """There is no past."""
        return
        yield

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        """Nothing is missing."""
        return 0
