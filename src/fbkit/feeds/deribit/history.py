"""What Deribit remembers for us: settled funding, candles, trades. It has no past of open interest and of ratios.

Source: Deribit API 2.1.1, "Market Data".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import NamedTuple

from fbkit.errors import NotRemembered
from fbkit.feeds.deribit import VENUE, pages
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import windows
from fbkit.model import NS_DAY, NS_MIN, NS_MS, Item, Trade

PUBLIC = "/api/v2/public/"

#: Rows of a page: the venue gives 5,000 candles at most, 744 hours of funding, 1,000 trades.
CANDLES_A_PAGE, FUNDING_PAGE, TRADES_A_PAGE = 5_000, 30 * NS_DAY, 1_000

Params = dict[str, str | int]
Ask = Callable[[str, Params], Awaitable[bytes]]
Page = Callable[[bytes, Known, int], list[Item]]


class Question(NamedTuple):
    """A page to ask for, and how to read it."""

    path: str
    params: Params
    read: Page


def questions(known: Known, since: int, until: int) -> Iterator[Question]:
    """Everything to ask about ``[since, until)`` (UTC ns), candles last."""
    if known.instrument.expiry is None:
        for start, stop in windows(since, until, FUNDING_PAGE):
            yield Question(f"{PUBLIC}get_funding_rate_history", _span(known, start, stop), pages.funding)
    for start, stop in windows(since, until, CANDLES_A_PAGE * NS_MIN):
        params = {**_span(known, start, stop), "resolution": "1"}
        yield Question(f"{PUBLIC}get_tradingview_chart_data", params, pages.klines)


async def trades(
    ask: Ask, now: Callable[[], int], known: Known, since: int, until: int, from_id: int | None
) -> AsyncIterator[list[Item]]:
    """Trades from an instant or a number on, page by page; from the second page on we go by number.

    A trade that somebody was liquidated in is an item of several events, which only we can place in time.
    """
    first = from_id
    while True:
        if first is None:
            path, where = "get_last_trades_by_instrument_and_time", _span(known, since, until)
        else:
            path, where = "get_last_trades_by_instrument", _from(known, first)
        body = await ask(PUBLIC + path, {**where, "count": TRADES_A_PAGE, "sorting": "asc"})
        items = pages.trades(body, known, now())
        told = [trade for item in items if (trade := trade_in(item)) is not None]
        yield [item for item in items if _wanted(item, since, until, by_id=from_id is not None)]
        if told and first is not None and told[0].venue_id > first:
            raise NotRemembered(VENUE, f"trade {first} of {known.name}", f"its memory begins with {told[0].venue_id}")
        if len(items) < TRADES_A_PAGE or not told or told[-1].ts_event >= until:
            return
        first = told[-1].venue_id + 1


def trade_in(item: Item) -> Trade | None:
    """The trade of an item, ``None`` if it has none."""
    found = item[0] if isinstance(item, tuple) else item
    return found if isinstance(found, Trade) else None


def _wanted(item: Item, since: int, until: int, *, by_id: bool) -> bool:
    trade = trade_in(item)
    return trade is None or (trade.ts_event < until and (by_id or trade.ts_event >= since))


def _span(known: Known, since: int, until: int) -> Params:
    """The venue's ends are both inclusive, and in milliseconds."""
    return {
        "instrument_name": known.instrument.venue_symbol,
        "start_timestamp": -(-since // NS_MS),
        "end_timestamp": -(-until // NS_MS) - 1,
    }


def _from(known: Known, first: int) -> Params:
    return {
        "instrument_name": known.instrument.venue_symbol,
        "start_seq": first,
        "end_seq": first + TRADES_A_PAGE - 1,
    }
