"""What Binance remembers for us: candles, open interest, ratios, funding, trades."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from fbkit.errors import FeedError
from fbkit.feeds.binance import VENUE, pages
from fbkit.feeds.binance.poll import RATIOS
from fbkit.feeds.binance.rest import Rest
from fbkit.feeds.binance.symbols import Known
from fbkit.feeds.feed import Progress, World
from fbkit.feeds.sink import Sink
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_MS, NS_S, Item, Trade
from fbkit.model.events import RatioKind

log = logging.getLogger(__name__)

KLINES_A_PAGE, KLINES_WEIGHT = 1000, 5
DATA_A_PAGE = 500
FUNDING_A_PAGE = 1000
TRADES_A_PAGE, TRADES_WEIGHT = 1000, 20

#: ``/futures/data`` remembers this long; an hour less is asked for, as the edge moves while we ask.
DATA_MEMORY = 30 * NS_DAY - NS_HOUR

#: A backfill may use this share of a budget: what is live goes first.
SHARE = 0.6

Step = Callable[[Known], Awaitable[None]]


class History:
    """Fetches the past through ``sink.take``, page by page, oldest first."""

    def __init__(self, rest: Rest, world: World) -> None:
        self._rest, self._world = rest, world

    async def backfill(self, sink: Sink, followed: Sequence[Known], since: int, until: int) -> AsyncGenerator[Progress]:
        """Instrument by instrument, each whole: a slot of the past is filled once, with all that belongs to it."""

        async def whole(known: Known) -> None:
            await self._interest(sink, known, max(since, self._world.clock.now() - DATA_MEMORY), until)
            await self._funding(sink, known, since, until)
            await self._klines(sink, known, since, until)

        yield Progress("history", 0, len(followed))
        # Closed by hand, so that whoever abandons us leaves no task behind.
        async with aclosing(self._all("history", whole, followed)) as steps:
            async for progress in steps:
                yield progress

    async def trades(
        self, sink: Sink, known: Known, since: int, until: int | None, from_id: int | None, share: float = SHARE
    ) -> int:
        """Trades from ``since`` (or from an id) to ``until``, both UTC ns; how many were taken.

        A page by time covers an hour at most; from the first page on we go by id.
        """
        end = self._world.clock.now() if until is None else until
        path, taken = "/fapi/v1/aggTrades", 0
        while from_id is not None or since < end:
            stop = min(end, since + NS_HOUR)
            where = _span(known, since, stop) if from_id is None else _from(known, from_id)
            body = await self._rest.get(path, {**where, "limit": TRADES_A_PAGE}, weight=TRADES_WEIGHT, share=share)
            items = self._read(sink, path, known, body, pages.agg_trades)
            wanted = [item for item in items if not (isinstance(item, Trade) and item.ts_event >= end)]
            if wanted:
                sink.take(VENUE, wanted, self._world.clock.now())
                taken += sum(isinstance(item, Trade) for item in wanted)
            last = next((item for item in reversed(items) if isinstance(item, Trade)), None)
            if last is not None and last.ts_event < end and len(items) >= TRADES_A_PAGE:
                from_id = last.venue_id + 1
            elif from_id is None and (last is None or last.ts_event < end):
                since = stop
            else:
                break
        return taken

    async def _klines(self, sink: Sink, known: Known, since: int, until: int) -> None:
        for start, stop in _windows(since, until, KLINES_A_PAGE * NS_MIN):
            params = {**_span(known, start, stop), "interval": "1m", "limit": KLINES_A_PAGE}
            body = await self._rest.get("/fapi/v1/klines", params, weight=KLINES_WEIGHT, share=SHARE)
            self._take(sink, "/fapi/v1/klines", known, body, pages.klines)

    async def _interest(self, sink: Sink, known: Known, since: int, until: int) -> None:
        path = "/futures/data/openInterestHist"
        for start, stop in _windows(since, until, DATA_A_PAGE * pages.PERIOD_S * NS_S):
            params = {**_span(known, start, stop), "period": pages.PERIOD, "limit": DATA_A_PAGE}
            body = await self._rest.get(path, params, share=SHARE)
            self._take(sink, path, known, body, pages.open_interest_history)
            for kind, ratio_path in RATIOS.items():
                body = await self._rest.get(ratio_path, params, share=SHARE)
                self._take(sink, ratio_path, known, body, partial(_ratios, kind))

    async def _funding(self, sink: Sink, known: Known, since: int, until: int) -> None:
        if known.instrument.expiry is not None:
            return
        params = {**_span(known, since, until), "limit": FUNDING_A_PAGE}
        body = await self._rest.get("/fapi/v1/fundingRate", params, share=SHARE)
        self._take(sink, "/fapi/v1/fundingRate", known, body, pages.funding)

    def _take(
        self, sink: Sink, path: str, known: Known, body: bytes, parse: Callable[[bytes, Known, int], list[Item]]
    ) -> None:
        items = self._read(sink, path, known, body, parse)
        if items:
            sink.take(VENUE, items, self._world.clock.now())

    def _read(
        self, sink: Sink, path: str, known: Known, body: bytes, parse: Callable[[bytes, Known, int], list[Item]]
    ) -> list[Item]:
        ts = self._world.clock.now()
        sink.raw(VENUE, f"rest:{path}?symbol={known.instrument.venue_symbol}", ts, body)
        return parse(body, known, ts)

    async def _all(self, what: str, step: Step, followed: Sequence[Known]) -> AsyncGenerator[Progress]:
        """``step`` for each instrument, so many at a time; an instrument the venue refuses is left out and said."""
        waiting: Iterator[Known] = iter(followed)
        running: dict[asyncio.Task[bool], Known] = {}
        done = 0
        try:
            while True:
                for known in waiting:
                    running[asyncio.create_task(_guarded(step, known))] = known
                    if len(running) >= self._world.parallel:
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


def _ratios(kind: RatioKind, body: bytes, known: Known, ts_recv: int) -> list[Item]:
    return pages.ratios(body, kind, known, ts_recv)


async def _guarded(step: Step, known: Known) -> bool:
    try:
        await step(known)
    except FeedError as error:
        log.warning("%s: history left out: %s", known.name, error)
        return False
    return True


def _windows(since: int, until: int, length: int) -> Iterator[tuple[int, int]]:
    """``[since, until)`` cut into stretches of at most ``length``, oldest first.

    >>> list(_windows(0, 5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    while since < until:
        yield since, min(until, since + length)
        since += length


def _from(known: Known, first: int) -> dict[str, str | int]:
    return {"symbol": known.instrument.venue_symbol, "fromId": first}


def _span(known: Known, since: int, until: int) -> dict[str, str | int]:
    """The venue's ends are both inclusive, and in milliseconds."""
    return {
        "symbol": known.instrument.venue_symbol,
        "startTime": -(-since // NS_MS),
        "endTime": -(-until // NS_MS) - 1,
    }
