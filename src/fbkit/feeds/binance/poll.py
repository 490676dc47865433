"""What Binance does not stream: open interest, the four ratios, settled funding."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from fbkit.errors import FeedError
from fbkit.feeds.binance import VENUE, pages
from fbkit.feeds.binance.channels import POLLED
from fbkit.feeds.binance.rest import Rest
from fbkit.feeds.binance.symbols import Known
from fbkit.feeds.feed import World
from fbkit.feeds.rounds import rounds
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.model import NS_MS, Event, Ignored, Item, Origin, channel_of
from fbkit.model.events import RatioKind

log = logging.getLogger(__name__)

#: Path of each ratio.
RATIOS: dict[RatioKind, str] = {
    "acct_global": "/futures/data/globalLongShortAccountRatio",
    "acct_top": "/futures/data/topLongShortAccountRatio",
    "pos_top": "/futures/data/topLongShortPositionRatio",
    "taker": "/futures/data/takerlongshortRatio",
}

#: Open interest may use this share of the weight; with many instruments its period grows instead.
_SHARE = 0.5
_ASSUMED_WEIGHT = 2400

#: The newest settlements are asked for a little after the hour.
_AFTER_HOUR_S = 30.0


class Polls:
    """Asks in rounds and tells what is new."""

    def __init__(self, rest: Rest, sink: Sink, silence: Silence, world: World) -> None:
        self._rest, self._sink, self._silence, self._world = rest, sink, silence, world
        self._newest: dict[tuple[str, str, str], int] = {}
        self._well: dict[str, int] = {}
        self._missing: set[str] = set()

    async def run(self, followed: Sequence[Known]) -> None:
        """For ever, for these instruments."""
        start = self._world.clock.now()
        self._well = dict.fromkeys(POLLED, start)
        patient = max(POLLED["open_interest"], len(followed) * 60 / (_ASSUMED_WEIGHT * _SHARE))
        questions = [(known, kind) for known in followed for kind in RATIOS]
        hour_s = POLLED["funding"]
        to_hour = hour_s - start / 1e9 % hour_s + _AFTER_HOUR_S
        soon_s = max(60.0, float(len(followed)))
        async with asyncio.TaskGroup() as group:
            group.create_task(rounds(followed, patient, self._open_interest, self._world))
            group.create_task(rounds(questions, POLLED["ratio"], self._ratio, self._world))
            # All at the start, and all after each hour: settlements fall on hours.
            perpetual = [known for known in followed if known.instrument.expiry is None]
            group.create_task(self._newest_funding(perpetual, soon_s))
            funding = rounds(perpetual, hour_s, self._funding, self._world, start_s=to_hour, spread_s=soon_s)
            group.create_task(funding)

    async def _open_interest(self, known: Known) -> None:
        await self._ask(
            "open_interest",
            known,
            "/fapi/v1/openInterest",
            {},
            lambda body, ts: pages.open_interest(body, known, ts),
        )

    async def _ratio(self, question: tuple[Known, RatioKind]) -> None:
        known, kind = question
        await self._ask(
            "ratio",
            known,
            RATIOS[kind],
            {"period": pages.PERIOD, "limit": 1},
            lambda body, ts: pages.ratios(body, kind, known, ts, Origin.LIVE),
            kind,
        )

    async def _newest_funding(self, followed: Sequence[Known], spread_s: float) -> None:
        for known in followed:
            await self._funding(known)
            await self._world.sleep(spread_s / len(followed))

    async def _funding(self, known: Known) -> None:
        since = self._newest.get(("funding", known.name, ""))
        params: dict[str, str | int] = {"limit": 1} if since is None else {"startTime": since // NS_MS + 1, "limit": 10}
        await self._ask(
            "funding",
            known,
            "/fapi/v1/fundingRate",
            params,
            lambda body, ts: pages.funding(body, known, ts, Origin.LIVE),
        )

    async def _ask(
        self,
        channel: str,
        known: Known,
        path: str,
        params: dict[str, str | int],
        parse: Callable[[bytes, int], list[Item]],
        variant: str = "",
    ) -> None:
        try:
            body = await self._rest.get(path, {"symbol": known.instrument.venue_symbol, **params})
        except FeedError as error:
            self._missed(channel, error)
            return
        ts = self._world.clock.now()
        self._sink.raw(VENUE, f"rest:{path}?symbol={known.instrument.venue_symbol}", ts, body)
        items = [self._fresh(item, variant) for item in parse(body, ts)]
        if items:
            self._sink.take(VENUE, items, ts)
        self._well[channel] = ts
        self._silence.end("rest", [channel], ts)
        if channel in self._missing:
            self._missing.discard(channel)
            self._sink.well(VENUE, channel)

    def _fresh(self, item: Item, variant: str) -> Item:
        """The item, or that it is the one we had."""
        if not isinstance(item, Event):
            return item
        key = (channel_of(item), item.instrument, variant)
        if item.ts_event <= self._newest.get(key, -1):
            return Ignored(key[0], "unchanged")
        self._newest[key] = item.ts_event
        return item

    def _missed(self, channel: str, error: FeedError) -> None:
        """One missed answer is nothing; when none came for two periods, the channel is silent."""
        log.info("%s", error)
        self._missing.add(channel)
        self._sink.trouble(VENUE, channel, "rest", str(error))
        since = self._well[channel]
        if self._world.clock.now() - since > 2 * POLLED[channel] * 1e9:
            self._silence.begin("rest", [channel], "refused", since, str(error))
