"""Bitget's REST pages → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns). Items are in order of time.

Source: Bitget API v2, "Contract / Market" and "Common / Trading data".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from fbkit.feeds.bitget.parse import MOST_COINS, trade_id
from fbkit.feeds.bitget.rows import (
    AccountRatioRow,
    CandleRow,
    ContractRow,
    FillRow,
    FundingRow,
    FundRateRow,
    OpenInterestPage,
    Page,
    TakerRow,
    TickerRow,
)
from fbkit.feeds.bitget.symbols import make
from fbkit.feeds.candle import Ohlcv, past_bar
from fbkit.feeds.decoding import MALFORMED, malformed, page, positive, readable
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
from fbkit.model.events import RatioKind

R = TypeVar("R")

#: Length of the periods we ask the ratios for.
PERIOD, PERIOD_S = "5m", 300

_page = msgspec.json.Decoder(Page, strict=False)


def contracts(body: bytes) -> tuple[list[Instrument], dict[str, float]]:
    """``contracts``: linear contracts on coins, and hours between settlements. Raises what decoding raises."""
    found: list[Instrument] = []
    hours: dict[str, float] = {}
    for row in readable(_rows(body), ContractRow):
        instrument = make(row)
        if instrument is None:
            continue
        found.append(instrument)
        interval = positive(row.fundInterval)
        if interval is not None and interval <= 31 * 24:
            hours[instrument.venue_symbol] = interval
    return found, hours


def day_volumes(body: bytes) -> dict[str, float]:
    """``tickers``: turnover of the last 24 h in the quote coin, by symbol. Raises what decoding raises."""
    return {row.symbol: positive(row.quoteVolume) or 0.0 for row in readable(_rows(body), TickerRow)}


def funding_hours(body: bytes) -> dict[str, float]:
    """``current-fund-rate``: hours between settlements by symbol. Raises what decoding raises."""
    return {row.symbol: row.fundingRateInterval for row in readable(_rows(body), FundRateRow)}


def candles(body: bytes, known: Known, ts_recv: int, tf: str = "1m", length: int = NS_MIN) -> list[Item]:
    """``candles`` and ``history-candles``: closed ones; the one still open at ``ts_recv`` is set aside."""

    def item(row: CandleRow) -> Item:
        numbers = Ohlcv(row.open, row.high, row.low, row.close, row.volume * known.size_mult, row.turnover)
        return past_bar(known, tf, row.start * NS_MS + length, ts_recv, numbers)

    return _items(body, CandleRow, "bar", known, item)


def fills(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``fills`` and ``fills-history``: the trades of the ``trade`` channel, under the same ids."""

    def item(row: FillRow) -> Item:
        return Trade(
            known.name,
            row.ts * NS_MS,
            ts_recv,
            trade_id(row.tradeId),
            row.price / known.unit_mult,
            row.size * known.size_mult,
            Side.BUY if row.side in {"buy", "Buy"} else Side.SELL,
            origin=Origin.BACKFILL,
        )

    return _items(body, FillRow, "trade", known, item)


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``history-fund-rate``: settled rates."""

    def item(row: FundingRow) -> Item:
        ts_event = row.fundingTime * NS_MS
        return Funding(known.name, ts_event, ts_recv, row.fundingRate, known.funding_hours, origin=origin)

    return _items(body, FundingRow, "funding", known, item)


def open_interest(body: bytes, known: Known, ts_recv: int, *, halved: bool = False) -> list[Item]:
    """``open-interest``: coins, now; ``halved`` where it is read as both sides' sum."""
    try:
        now = msgspec.json.decode(_rows(body), type=OpenInterestPage, strict=False)
    except MALFORMED:
        return [malformed("open_interest", body, known.name)]
    coins = known.size_mult / (2.0 if halved else 1.0)
    symbol = known.instrument.venue_symbol
    return [
        OpenInterest(known.name, now.ts * NS_MS, ts_recv, row.size * coins)
        if row.symbol == symbol
        else Ignored("open_interest", "not_subscribed")
        for row in now.openInterestList
    ]


def account_ratios(
    body: bytes, known: Known, ts_recv: int, kind: RatioKind = "acct_top", origin: Origin = Origin.BACKFILL
) -> list[Item]:
    """``account-long-short``: of whom it is, is ``kind``."""

    def item(row: AccountRatioRow) -> Item:
        value, ts_event = row.longShortAccountRatio, row.ts * NS_MS
        return Ratio(known.name, ts_event, ts_recv, kind, value, PERIOD_S, origin=origin)

    return _items(body, AccountRatioRow, "ratio", known, item)


def taker_ratios(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``taker-buy-sell``: takers' buys over their sells; a period without a sell has no ratio."""

    def item(row: TakerRow) -> Item:
        if row.sellVolume == 0:
            return Ignored("ratio", "no_state")
        value = row.buyVolume / row.sellVolume
        if value >= MOST_COINS:
            return malformed("ratio", msgspec.json.encode(row), known.name)
        return Ratio(known.name, row.ts * NS_MS, ts_recv, "taker", value, PERIOD_S, origin=origin)

    return _items(body, TakerRow, "ratio", known, item)


def _items(body: bytes, kind: type[R], channel: str, known: Known, item: Callable[[R], Item]) -> list[Item]:
    """A page's rows, oldest first, whatever their order was."""
    return page(body, _rows, kind, channel, known.name, item)


def _rows(body: bytes) -> msgspec.Raw:
    return _page.decode(body).data
