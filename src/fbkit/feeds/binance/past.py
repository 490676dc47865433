"""What Binance remembers: candles, open interest, ratios, funding, trades.

Source: Binance USDⓈ-M Futures, "Market Data Endpoints". Ends of a span are both inclusive, and in milliseconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from fbkit.errors import NotRemembered, VenueRefused
from fbkit.feeds.asking import Rest
from fbkit.feeds.binance import VENUE, pages
from fbkit.feeds.feed import World
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import SHARE, TRADES_SHARE, Take, windows
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_MS, NS_S, Item, Trade

KLINES_A_PAGE, KLINES_WEIGHT = 1000, 5
DATA_A_PAGE = 500
FUNDING_A_PAGE = 1000
TRADES_A_PAGE, TRADES_WEIGHT = 1000, 20

#: ``/futures/data`` remembers this long; an hour less is asked for, as the edge moves while we ask.
DATA_MEMORY = 30 * NS_DAY - NS_HOUR

#: Trades by time reach back 48 h; what is older is refused under this code.
_TOO_OLD = "-4166"


class Past:
    """Fetches, page by page, oldest first."""

    def __init__(self, rest: Rest, world: World, *, both_sides: bool) -> None:
        self._rest, self._world, self._both_sides = rest, world, both_sides

    async def klines(self, take: Take, known: Known, since: int, until: int) -> None:
        """Candles of a minute."""
        for start, stop in windows(since, until, KLINES_A_PAGE * NS_MIN):
            params = {**_span(known, start, stop), "interval": "1m", "limit": KLINES_A_PAGE}
            body = await self._rest.get("/fapi/v1/klines", params, weight=KLINES_WEIGHT, share=SHARE)
            _tell(take, pages.klines(body, known, self._world.clock.now()))

    async def statistics(self, take: Take, known: Known, since: int, until: int) -> None:
        """Open interest and the four ratios, as far back as they are remembered."""
        since = max(since, self._world.clock.now() - DATA_MEMORY)
        interest = partial(pages.open_interest_history, both_sides=self._both_sides)
        for start, stop in windows(since, until, DATA_A_PAGE * pages.PERIOD_S * NS_S):
            params = {**_span(known, start, stop), "period": pages.PERIOD, "limit": DATA_A_PAGE}
            body = await self._rest.get("/futures/data/openInterestHist", params, share=SHARE)
            _tell(take, interest(body, known, self._world.clock.now()))
            for kind, path in pages.RATIOS.items():
                body = await self._rest.get(path, params, share=SHARE)
                _tell(take, pages.ratios(body, kind, known, self._world.clock.now()))

    async def funding(self, take: Take, known: Known, since: int, until: int) -> None:
        """Settled rates."""
        if known.instrument.expiry is None:
            params = {**_span(known, since, until), "limit": FUNDING_A_PAGE}
            body = await self._rest.get("/fapi/v1/fundingRate", params, share=SHARE)
            _tell(take, pages.funding(body, known, self._world.clock.now()))

    async def trades(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """Trades; a page by time covers an hour at most, and from the first page on we go by id."""
        while from_id is not None or since < until:
            stop = min(until, since + NS_HOUR)
            items = await self._trades_page(
                known, _span(known, since, stop) if from_id is None else _from(known, from_id)
            )
            yield items
            last = next((item for item in reversed(items) if isinstance(item, Trade)), None)
            if last is not None and last.ts_event < until and len(items) >= TRADES_A_PAGE:
                from_id = last.venue_id + 1
            elif from_id is None and (last is None or last.ts_event < until):
                since = stop
            else:
                return

    async def _trades_page(self, known: Known, where: dict[str, str | int]) -> list[Item]:
        path, params = "/fapi/v1/aggTrades", {**where, "limit": TRADES_A_PAGE}
        try:
            body = await self._rest.get(path, params, weight=TRADES_WEIGHT, share=TRADES_SHARE)
        except VenueRefused as error:
            if error.code == _TOO_OLD:
                raise NotRemembered(VENUE, f"trades of {known.name}", error.why) from error
            raise
        return pages.agg_trades(body, known, self._world.clock.now())


def _tell(take: Take, items: list[Item]) -> None:
    if items:
        take(items)


def _from(known: Known, first: int) -> dict[str, str | int]:
    return {"symbol": known.instrument.venue_symbol, "fromId": first}


def _span(known: Known, since: int, until: int) -> dict[str, str | int]:
    return {
        "symbol": known.instrument.venue_symbol,
        "startTime": -(-since // NS_MS),
        "endTime": -(-until // NS_MS) - 1,
    }
