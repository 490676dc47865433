"""Books that lost their sequence: told, and asked for again until they have one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from fbkit.errors import FeedError
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.book import Break
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import World
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.sink import Sink

log = logging.getLogger(__name__)

#: A book that is not mended is asked for again: first after this long, at most every so often.
_FIRST_S, _LONGEST_S = 5.0, 120.0


def broken_sentence(name: str, broken: Break) -> str:
    """What happened, for people."""
    return (
        f"{name}: the book expected an update after {broken.expected} and got one after {broken.received}; "
        "no depth until the next snapshot"
    )


class Mending:
    """Hears of a parser's books; ``ask`` brings one snapshot, however the venue gives them."""

    def __init__(
        self, venue: str, instruments: Instruments, ask: Callable[[Known], Awaitable[None]], sink: Sink, world: World
    ) -> None:
        self._venue, self._instruments, self._ask = venue, instruments, ask
        self._sink, self._world = sink, world
        self._broken: dict[str, asyncio.Task[None]] = {}

    def broke(self, broken: Break) -> None:
        """A book lost its sequence."""
        known = self._instruments.by_symbol.get(broken.symbol)
        if known is None or broken.symbol in self._broken:
            return
        sentence = broken_sentence(known.name, broken)
        log.info("%s", sentence)
        self._sink.broke(self._venue, known.name, "depth", self._world.clock.now(), sentence)
        task = asyncio.create_task(self._mend(known), name=f"{self._venue} mends {broken.symbol}")
        self._broken[broken.symbol] = task

    def mended(self, symbol: str) -> None:
        """A book found its sequence again."""
        task = self._broken.pop(symbol, None)
        known = self._instruments.by_symbol.get(symbol)
        if task is None or known is None:
            return
        if task is not asyncio.current_task():
            task.cancel()
        self._sink.mended(self._venue, known.name, "depth", self._world.clock.now())

    def forget(self, symbols: Sequence[str]) -> None:
        """Their connection was cut: from here on it is the channel that is silent, and books begin anew."""
        for symbol in symbols:
            self.mended(symbol)

    async def stop(self) -> None:
        """Leave nothing behind."""
        tasks = list(self._broken.values())
        self._broken.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _mend(self, known: Known) -> None:
        backoff = Backoff(self._world.random, _FIRST_S, _LONGEST_S)
        symbol = known.instrument.venue_symbol
        while True:
            try:
                await self._ask(known)
            except (FeedError, *MALFORMED) as error:
                log.info("%s: no snapshot: %s", known.name, error)
            if symbol not in self._broken:
                return
            await self._world.sleep(backoff.next())
