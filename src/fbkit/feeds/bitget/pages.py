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
from fbkit.feeds.decoding import MALFORMED, decoded, each, in_order, malformed, positive
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
from fbkit.model.events import RatioKind

R = TypeVar("R")

#: Length of the periods we ask the ratios for.
PERIOD, PERIOD_S = "5m", 300

_page = msgspec.json.Decoder(Page, strict=False)
_raws = msgspec.json.Decoder(list[msgspec.Raw])


def contracts(body: bytes) -> tuple[list[Instrument], dict[str, float]]:
    """``contracts``: linear contracts on coins, and hours between settlements. Raises what decoding raises."""
    found: list[Instrument] = []
    hours: dict[str, float] = {}
    for raw in _raws.decode(_page.decode(body).data):
        row = decoded(raw, ContractRow)
        instrument = None if row is None else make(row)
        if row is None or instrument is None:
            continue
        found.append(instrument)
        interval = positive(row.fundInterval)
        if interval is not None and interval <= 31 * 24:
            hours[instrument.venue_symbol] = interval
    return found, hours


def day_volumes(body: bytes) -> dict[str, float]:
    """``tickers``: turnover of the last 24 h in the quote coin, by symbol. Raises what decoding raises."""
    rows = [decoded(raw, TickerRow) for raw in _raws.decode(_page.decode(body).data)]
    return {row.symbol: positive(row.quoteVolume) or 0.0 for row in rows if row is not None}


def funding_hours(body: bytes) -> dict[str, float]:
    """``current-fund-rate``: hours between settlements by symbol. Raises what decoding raises."""
    rows = [decoded(raw, FundRateRow) for raw in _raws.decode(_page.decode(body).data)]
    return {row.symbol: row.fundingRateInterval for row in rows if row is not None}


def candles(body: bytes, known: Known, ts_recv: int, tf: str = "1m", length: int = NS_MIN) -> list[Item]:
    """``candles`` and ``history-candles``: closed ones; the one still open at ``ts_recv`` is set aside."""
    unit = known.unit_mult

    def item(row: CandleRow) -> Item:
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
        page = msgspec.json.decode(_page.decode(body).data, type=OpenInterestPage, strict=False)
    except MALFORMED:
        return [malformed("open_interest", body, known.name)]
    coins = known.size_mult / (2.0 if halved else 1.0)
    symbol = known.instrument.venue_symbol
    return [
        OpenInterest(known.name, page.ts * NS_MS, ts_recv, row.size * coins)
        if row.symbol == symbol
        else Ignored("open_interest", "not_subscribed")
        for row in page.openInterestList
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
    try:
        data = _page.decode(body).data
    except MALFORMED:
        return [malformed(channel, body, known.name)]
    return in_order(each(data, kind, channel, known.name, item))
