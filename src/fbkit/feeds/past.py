"""What a venue remembers for us, asked for beside what is live."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from fbkit.errors import FeedError, VenueRefused
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.feed import Progress
from fbkit.feeds.instruments import Known
from fbkit.model import Item, Trade

log = logging.getLogger(__name__)

#: Tells the sink, with the instant.
Take: TypeAlias = Callable[[list[Item]], None]

#: A backfill may use this share of a budget: what is live goes first.
SHARE = 0.6

#: Trades of the open minute and of holes may use this: somebody waits for them.
TRADES_SHARE = 0.75


async def everyone(
    what: str, step: Callable[[Known], Awaitable[None]], followed: Sequence[Known], parallel: int
) -> AsyncGenerator[Progress, None]:
    """``step`` for each instrument, so many at a time; one whom the venue refuses is left out and said."""
    waiting: Iterator[Known] = iter(followed)
    running: dict[asyncio.Task[bool], Known] = {}
    done = 0
    yield Progress(what, 0, len(followed))
    try:
        while True:
            for known in waiting:
                running[asyncio.create_task(_guarded(step, known))] = known
                if len(running) >= parallel:
                    break
            if not running:
                return
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                known = running.pop(task)
                done += 1
                yield Progress(what, done, len(followed), known.name, complete=task.result())
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _guarded(step: Callable[[Known], Awaitable[None]], known: Known) -> bool:
    try:
        await step(known)
    except (FeedError, *MALFORMED) as error:
        log.warning("%s: history left out: %s", known.name, error)
        return False
    return True


async def trades_of(
    venue: str, pages: AsyncIterator[list[Item]], take: Take, since: int, until: int, *, by_id: bool
) -> int:
    """Take the trades of ``[since, until)`` (UTC ns) out of pages; how many there were.

    Where we go ``by_id``, the id says where to begin and not the instant.
    """
    taken = 0
    try:
        async for page in pages:
            wanted = [item for item in page if _within(item, since, until, by_id=by_id)]
            if wanted:
                take(wanted)
                taken += sum(_trade(item) is not None for item in wanted)
    except MALFORMED as error:
        raise VenueRefused(venue, "trades", 200, "", f"an answer of another shape: {error}") from error
    return taken


def _trade(item: Item) -> Trade | None:
    """The trade of an item; one that was a liquidation, too, comes with that as a pair."""
    first = item[0] if isinstance(item, tuple) and item else item
    return first if isinstance(first, Trade) else None


def _within(item: Item, since: int, until: int, *, by_id: bool) -> bool:
    trade = _trade(item)
    return trade is None or (trade.ts_event < until and (by_id or trade.ts_event >= since))


def windows(since: int, until: int, length: int) -> Iterator[tuple[int, int]]:
    """``[since, until)`` cut into stretches of at most ``length``, oldest first.

    >>> list(windows(0, 5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    while since < until:
        yield since, min(until, since + length)
        since += length
