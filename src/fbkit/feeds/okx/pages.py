"""OKX's REST pages → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns). Pages come newest first and
are told oldest first. Whole lists (:func:`instruments`, :func:`volumes`, :func:`funding_hours`) raise what a decoder
raises where they are no list at all.

Source: OKX v5 docs, "Market Data", "Public Data", "Trading Statistics".
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TypeVar

import msgspec

from fbkit.feeds.decoding import MALFORMED, each, malformed, page, positive, readable
from fbkit.feeds.instruments import Known
from fbkit.feeds.okx.predictions import hours_between
from fbkit.feeds.okx.readings import bar_from, interest_from, trade_from
from fbkit.feeds.okx.rows import InterestRow, Page, RatioRow, SettledRow, TakerRow
from fbkit.feeds.okx.symbols import make, spelling_of
from fbkit.feeds.okx.wire import CandleRow, FundingRow, InstrumentRow, OpenInterestRow, TickerRow, TradeRow
from fbkit.model import NS_MS, Event, Funding, Ignored, Instrument, Item, OpenInterest, Origin, Ratio
from fbkit.model.events import RatioKind

R = TypeVar("R")

#: Length of the periods we ask ratios and the history of open interest for.
PERIOD, PERIOD_S = "5m", 300

_page = msgspec.json.Decoder(Page)


def candles(body: bytes, known: Known, ts_recv: int, tf: str = "1m") -> list[Item]:
    """``market/candles``, ``market/history-candles``: closed candles; the one that is open is set aside."""
    return _each(body, CandleRow, "bar", known, lambda row: bar_from(row, known, tf, ts_recv, Origin.BACKFILL))


def trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``market/trades``, ``market/history-trades``: the fills of ``trades-all``, under the same ids."""

    def item(row: TradeRow) -> Item:
        # The page is of the instrument asked about; a row of another would have another's units.
        if row.instId != known.instrument.venue_symbol:
            return Ignored("trade", "not_subscribed")
        return trade_from(row, known, ts_recv, Origin.BACKFILL)

    return _each(body, TradeRow, "trade", known, item)


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``public/funding-rate-history``: ``realizedRate`` is what was paid, ``fundingRate`` what was predicted."""

    def item(row: SettledRow) -> Event:
        return Funding(
            known.name, row.fundingTime * NS_MS, ts_recv, row.realizedRate, known.funding_hours, origin=origin
        )

    return _each(body, SettledRow, "funding", known, item)


def open_interest_history(body: bytes, known: Known, ts_recv: int, share: float = 1.0) -> list[Item]:
    """``rubik/stat/contracts/open-interest-history``; ``share`` as the parser's."""

    def item(row: InterestRow) -> Event:
        return OpenInterest(
            known.name, row.ts * NS_MS, ts_recv, row.oiCcy * share, row.oiUsd * share, origin=Origin.BACKFILL
        )

    return _each(body, InterestRow, "open_interest", known, item)


def ratios(body: bytes, kind: RatioKind, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """The three ratios of ``rubik/stat/contracts`` that are long to short."""

    def item(row: RatioRow) -> Event:
        return Ratio(known.name, row.ts * NS_MS, ts_recv, kind, row.ratio, PERIOD_S, origin=origin)

    return _each(body, RatioRow, "ratio", known, item)


def taker(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``rubik/stat/taker-volume-contract``: sold comes before bought; nothing sold is no ratio."""

    def item(row: TakerRow) -> Item:
        if not row.sellVol:
            return Ignored("ratio", "unchanged")
        ratio = row.buyVol / row.sellVol
        return Ratio(known.name, row.ts * NS_MS, ts_recv, "taker", ratio, PERIOD_S, origin=origin)

    return _each(body, TakerRow, "ratio", known, item)


def open_interest(body: bytes, find: Callable[[str], Known | None], ts_recv: int, share: float = 1.0) -> list[Item]:
    """``public/open-interest``: one instrument or all of a type; in recordings."""

    def item(row: OpenInterestRow) -> Item:
        known = find(row.instId)
        if known is None:
            return Ignored("open_interest", "not_subscribed" if spelling_of(row.instId) else "other_market")
        return interest_from(row, known, ts_recv, share)

    try:
        return each(_rows(body), OpenInterestRow, "open_interest", "", item)
    except MALFORMED:
        return [malformed("open_interest", body)]


def instruments(body: bytes, funded: Container[str] = ()) -> list[Instrument]:
    """``public/instruments``: every swap and future on a coin; those that do not trade are among them.

    ``funded`` are the symbols that are known to have a funding rate.

    >>> row = b'{"instId":"BTC-USDT-SWAP","instType":"SWAP","ctVal":"0.01","ctType":"linear","state":"live"}'
    >>> [instrument.name for instrument in instruments(b'{"code":"0","data":[%b,{"instId":1}]}' % row)]
    ['okx:BTC-USDT-PERP']
    """
    made = (make(row, funded=row.instId in funded) for row in readable(_rows(body), InstrumentRow))
    return [instrument for instrument in made if instrument is not None]


def volumes(body: bytes) -> dict[str, float]:
    """``market/tickers``: USD volume of 24 h by symbol; the venue states coins, the last price makes them USD."""
    found = {}
    for row in readable(_rows(body), TickerRow):
        last, coins = positive(row.last), positive(row.volCcy24h)
        if last is not None and coins is not None:
            found[row.instId] = last * coins
    return found


def funding_hours(body: bytes) -> dict[str, float]:
    """``public/funding-rate?instId=ANY``: hours between settlements, of all that have any."""
    found = {
        row.instId: hours_between(row.fundingTime, row.nextFundingTime) for row in readable(_rows(body), FundingRow)
    }
    return {symbol: hours for symbol, hours in found.items() if hours is not None}


def _rows(body: bytes) -> msgspec.Raw:
    return _page.decode(body).data


def _each(body: bytes, kind: type[R], channel: str, known: Known, item: Callable[[R], Item]) -> list[Item]:
    return page(body, _rows, kind, channel, known.name, item)
