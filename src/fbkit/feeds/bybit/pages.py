"""Bybit's REST pages → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns). Pages come newest first; their
items are in order of time.

Source: Bybit v5 docs, "Market".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from fbkit.feeds.bybit.rows import (
    AccountRatioRow,
    Answer,
    FundingRow,
    InstrumentRow,
    KlineRow,
    OpenInterestRow,
    Page,
    RecentTradeRow,
    TickerRow,
)
from fbkit.feeds.bybit.symbols import FOLLOWED_QUOTES, make
from fbkit.feeds.bybit.ticker import one_side
from fbkit.feeds.candle import Ohlcv, past_bar
from fbkit.feeds.decoding import hashed, malformed, page, readable
from fbkit.feeds.instruments import Known
from fbkit.model import (
    NS_MIN,
    NS_MS,
    Funding,
    Ignored,
    Instrument,
    Item,
    OpenInterest,
    Origin,
    Ratio,
    Side,
    Trade,
)

R = TypeVar("R")

#: Length of the periods we ask the ratios and the open interest history for.
PERIOD, PERIOD_S = "5min", 300


class Listed(NamedTuple):
    """A page of the instrument list: linear contracts on coins, hours between settlements by symbol, the next page."""

    instruments: list[Instrument]
    hours: dict[str, float]
    cursor: str


def instruments(body: bytes) -> Listed:
    """``/v5/market/instruments-info``; contracts that are not traded are among them. Raises what decoding raises."""
    answer = _page(body)
    found: list[Instrument] = []
    hours: dict[str, float] = {}
    for row in readable(answer.list, InstrumentRow):
        instrument = make(row)
        if instrument is None:
            continue
        found.append(instrument)
        if instrument.expiry is None and 0 < row.fundingInterval <= 31 * 24 * 60:
            hours[row.symbol] = row.fundingInterval / 60.0
    return Listed(found, hours, answer.nextPageCursor)


def followable(instrument: Instrument) -> bool:
    """Whether we follow a contract live, should it trade: against dollars."""
    return instrument.quote in FOLLOWED_QUOTES


def day_volumes(body: bytes) -> dict[str, float]:
    """``/v5/market/tickers``: turnover of the last 24 h in the quote coin, by symbol. Raises what decoding raises."""
    return {row.symbol: row.turnover24h for row in readable(_rows(body), TickerRow)}


def klines(body: bytes, known: Known, ts_recv: int, tf: str = "1m", length: int = NS_MIN) -> list[Item]:
    """``/v5/market/kline``: closed candles; the one still open at ``ts_recv`` is set aside."""

    def item(row: KlineRow) -> Item:
        numbers = Ohlcv(row.open, row.high, row.low, row.close, row.volume * known.size_mult, row.turnover)
        return past_bar(known, tf, row.start * NS_MS + length, ts_recv, numbers)

    return _items(body, KlineRow, "bar", known, item)


def recent_trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``/v5/market/recent-trade``: the newest trades, under the ids of ``publicTrade``."""

    def item(row: RecentTradeRow) -> Item:
        if row.isBlockTrade:
            return Ignored("trade", "other_market")
        return Trade(
            known.name,
            row.time * NS_MS,
            ts_recv,
            hashed(row.execId),
            row.price / known.unit_mult,
            row.size * known.size_mult,
            Side.BUY if row.side == "Buy" else Side.SELL,
            origin=Origin.BACKFILL,
        )

    return _items(body, RecentTradeRow, "trade", known, item)


def open_interest_history(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``/v5/market/open-interest``: one side, in coins of the quoted unit."""

    def item(row: OpenInterestRow) -> Item:
        coins = one_side(row.singleOpenInterest, row.openInterest)
        if coins is None:
            return malformed("open_interest", msgspec.json.encode(row), known.name)
        return OpenInterest(known.name, row.timestamp * NS_MS, ts_recv, coins * known.size_mult, origin=Origin.BACKFILL)

    return _items(body, OpenInterestRow, "open_interest", known, item)


def account_ratios(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``/v5/market/account-ratio``: accounts net long over accounts net short; nobody short is no ratio."""

    def item(row: AccountRatioRow) -> Item:
        if not row.sellRatio:
            return malformed("ratio", msgspec.json.encode(row), known.name)
        value = row.buyRatio / row.sellRatio
        return Ratio(known.name, row.timestamp * NS_MS, ts_recv, "acct_global", value, PERIOD_S, origin=origin)

    return _items(body, AccountRatioRow, "ratio", known, item)


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``/v5/market/funding/history``: settled rates."""

    def item(row: FundingRow) -> Item:
        return Funding(
            known.name,
            row.fundingRateTimestamp * NS_MS,
            ts_recv,
            row.fundingRate,
            known.funding_hours,
            origin=origin,
        )

    return _items(body, FundingRow, "funding", known, item)


def _page(body: bytes) -> Page:
    return msgspec.json.decode(msgspec.json.decode(body, type=Answer, strict=False).result, type=Page)


def _rows(body: bytes) -> msgspec.Raw:
    return _page(body).list


def _items(body: bytes, kind: type[R], channel: str, known: Known, item: Callable[[R], Item]) -> list[Item]:
    """An item a row of a page, in order of time."""
    return page(body, _rows, kind, channel, known.name, item)
