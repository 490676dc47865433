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
from fbkit.feeds.decoding import MALFORMED, decoded, each, hashed, in_order, malformed
from fbkit.feeds.instruments import Known
from fbkit.model import (
    NS_MIN,
    NS_MS,
    Bar,
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

_raws = msgspec.json.Decoder(list[msgspec.Raw])


class Listed(NamedTuple):
    """A page of the instrument list: linear contracts on coins, hours between settlements by symbol, the next page."""

    instruments: list[Instrument]
    hours: dict[str, float]
    cursor: str


def instruments(body: bytes) -> Listed:
    """``/v5/market/instruments-info``; contracts that are not traded are among them. Raises what decoding raises."""
    page = _page(body)
    found: list[Instrument] = []
    hours: dict[str, float] = {}
    for raw in _raws.decode(page.list):
        row = decoded(raw, InstrumentRow)
        instrument = None if row is None else make(row)
        if row is None or instrument is None:
            continue
        found.append(instrument)
        if instrument.expiry is None and 0 < row.fundingInterval <= 31 * 24 * 60:
            hours[row.symbol] = row.fundingInterval / 60.0
    return Listed(found, hours, page.nextPageCursor)


def followable(instrument: Instrument) -> bool:
    """Whether we follow a contract live, should it trade: against dollars."""
    return instrument.quote in FOLLOWED_QUOTES


def day_volumes(body: bytes) -> dict[str, float]:
    """``/v5/market/tickers``: turnover of the last 24 h in the quote coin, by symbol. Raises what decoding raises."""
    rows = (decoded(raw, TickerRow) for raw in _raws.decode(_page(body).list))
    return {row.symbol: row.turnover24h for row in rows if row is not None}


def klines(body: bytes, known: Known, ts_recv: int, tf: str = "1m", length: int = NS_MIN) -> list[Item]:
    """``/v5/market/kline``: closed candles; the one still open at ``ts_recv`` is set aside."""
    unit = known.unit_mult

    def item(row: KlineRow) -> Item:
        ts_event = row.start * NS_MS + length
        if ts_event > ts_recv:
            return Ignored("bar", "open_bar")
        return Bar(
            known.name,
            ts_event,
            ts_recv,
            tf,
            row.open / unit,
            row.high / unit,
            row.low / unit,
            row.close / unit,
            row.volume * known.size_mult,
            row.turnover,
            origin=Origin.BACKFILL,
        )

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


def _items(body: bytes, kind: type[R], channel: str, known: Known, item: Callable[[R], Item]) -> list[Item]:
    """An item a row of a page, in order of time."""
    try:
        rows = _page(body).list
    except MALFORMED:
        return [malformed(channel, body, known.name)]
    return in_order(each(rows, kind, channel, known.name, item))
