"""Binance's REST pages → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns).

Source: Binance USDⓈ-M Futures, "Market Data Endpoints".
"""

from __future__ import annotations

import msgspec

from fbkit.feeds.binance import VENUE
from fbkit.feeds.binance.rows import (
    AggTradeRow,
    DayRow,
    ExchangeInfo,
    FundingInfoRow,
    FundingRow,
    KlineRow,
    OpenInterestNow,
    OpenInterestRow,
    PremiumRow,
    RatioRow,
    SymbolRow,
    TakerRow,
)
from fbkit.feeds.binance.symbols import FOLLOWED_QUOTES, is_coin_margined
from fbkit.feeds.candle import Ohlcv, past_bar
from fbkit.feeds.decoding import decoded, each, in_order, malformed, number, positive, readable
from fbkit.feeds.instruments import Instruments, Known, is_symbol, linear, unprefixed
from fbkit.model import (
    NS_MS,
    Event,
    Funding,
    Ignored,
    Instrument,
    Item,
    Mark,
    OpenInterest,
    Origin,
    Ratio,
    Side,
    Trade,
)
from fbkit.model.events import RatioKind

#: Path of each ratio.
RATIOS: dict[RatioKind, str] = {
    "acct_global": "/futures/data/globalLongShortAccountRatio",
    "acct_top": "/futures/data/topLongShortAccountRatio",
    "pos_top": "/futures/data/topLongShortPositionRatio",
    "taker": "/futures/data/takerlongshortRatio",
}

#: Length of the periods we ask the ratios and the open interest history for.
PERIOD, PERIOD_S = "5m", 300


def klines(body: bytes, known: Known, ts_recv: int, tf: str = "1m") -> list[Item]:
    """``/fapi/v1/klines``: closed candles; the one still open at ``ts_recv`` is set aside."""

    def item(row: KlineRow) -> Item:
        numbers = Ohlcv(row.o, row.h, row.l, row.c, row.v * known.size_mult, row.q, row.Q, row.n)
        return past_bar(known, tf, (row.T + 1) * NS_MS, ts_recv, numbers)

    return each(body, KlineRow, "bar", known.name, item)


def agg_trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``/fapi/v1/aggTrades``: the same trades as ``<s>@aggTrade``, under the same ids."""
    unit, size = known.unit_mult, known.size_mult

    def item(row: AggTradeRow) -> Event:
        side = Side.SELL if row.m else Side.BUY
        return Trade(
            known.name, row.T * NS_MS, ts_recv, row.a, row.p / unit, row.q * size, side, origin=Origin.BACKFILL
        )

    return each(body, AggTradeRow, "trade", known.name, item)


def open_interest(body: bytes, known: Known, ts_recv: int, *, both_sides: bool = False) -> list[Item]:
    """``/fapi/v1/openInterest``: coins (of the quoted unit), now; ``both_sides`` reads them as counted twice."""
    row = decoded(body, OpenInterestNow)
    if row is None:
        return [malformed("open_interest", body, known.name)]
    return [OpenInterest(known.name, row.time * NS_MS, ts_recv, _one_side(row.openInterest, known, both_sides))]


def open_interest_history(body: bytes, known: Known, ts_recv: int, *, both_sides: bool = False) -> list[Item]:
    """``/futures/data/openInterestHist``."""

    def item(row: OpenInterestRow) -> Event:
        usd = positive(row.sumOpenInterestValue)
        return OpenInterest(
            known.name,
            row.timestamp * NS_MS,
            ts_recv,
            _one_side(row.sumOpenInterest, known, both_sides),
            usd / 2 if usd is not None and both_sides else usd,
            origin=Origin.BACKFILL,
        )

    return in_order(each(body, OpenInterestRow, "open_interest", known.name, item))


def _one_side(wire: float, known: Known, both_sides: bool) -> float:  # noqa: FBT001 - handed on by name
    return wire * known.size_mult / 2 if both_sides else wire * known.size_mult


def marks(body: bytes, instruments: Instruments, ts_recv: int) -> list[Item]:
    """``/fapi/v1/premiumIndex`` of all symbols: what the mark stream says, before its first word."""

    def item(row: PremiumRow) -> Item:
        known = instruments.by_symbol.get(row.symbol)
        if known is None:
            return Ignored("mark", "other_market" if is_coin_margined(row.symbol) else "not_subscribed")
        index, funded = positive(row.indexPrice), row.nextFundingTime > 0
        return Mark(
            known.name,
            row.time * NS_MS,
            ts_recv,
            row.markPrice / known.unit_mult,
            index / known.unit_mult if index else None,
            number(row.lastFundingRate) if funded else None,
            known.funding_hours if funded else None,
            row.nextFundingTime * NS_MS if funded else None,
        )

    return each(body, PremiumRow, "mark", "", item)


def ratios(body: bytes, kind: RatioKind, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """One of the four long/short ratios of ``/futures/data``; the takers' has a key of its own."""

    def ratio(value: float, ts_ms: int) -> Event:
        return Ratio(known.name, ts_ms * NS_MS, ts_recv, kind, value, PERIOD_S, origin=origin)

    if kind == "taker":
        return in_order(each(body, TakerRow, "ratio", known.name, lambda row: ratio(row.buySellRatio, row.timestamp)))
    return in_order(each(body, RatioRow, "ratio", known.name, lambda row: ratio(row.longShortRatio, row.timestamp)))


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``/fapi/v1/fundingRate``: settled rates; ``markPrice`` is empty on old rows, instants may be off by some ms."""

    def item(row: FundingRow) -> Event:
        mark = positive(row.markPrice)
        return Funding(
            known.name,
            row.fundingTime * NS_MS,
            ts_recv,
            row.fundingRate,
            known.funding_hours,
            None if mark is None else mark / known.unit_mult,
            origin=origin,
        )

    return in_order(each(body, FundingRow, "funding", known.name, item))


def funding_hours(body: bytes) -> dict[str, float]:
    """``/fapi/v1/fundingInfo``: hours between settlements of the symbols that were ever adjusted."""
    return {row.symbol: row.fundingIntervalHours for row in readable(body, FundingInfoRow)}


def day_volumes(body: bytes) -> dict[str, float]:
    """``/fapi/v1/ticker/24hr``: quote volume of the last 24 h by symbol."""
    return {row.symbol: row.quoteVolume for row in readable(body, DayRow)}


def exchange(body: bytes) -> tuple[int | None, list[Instrument]]:
    """``/fapi/v1/exchangeInfo``: the request weight a minute it advertises, and every linear contract on a coin.

    Contracts that are not traded are among them; what is no linear contract on a coin is left out.

    >>> info = b'{"symbols":[{"symbol":"1INCHUSDT","baseAsset":"1INCH","quoteAsset":"USDT","status":"TRADING"}]}'
    >>> weight, [instrument] = exchange(info)
    >>> weight, instrument.name
    (None, 'binance:1INCH-USDT-PERP')
    """
    info = msgspec.json.decode(body, type=ExchangeInfo, strict=False)
    return _weight(info), _instruments(info)


def _instruments(info: ExchangeInfo) -> list[Instrument]:
    found = []
    for raw in info.symbols:
        row = decoded(raw, SymbolRow)
        if row is None or row.underlyingType != "COIN" or not (is_symbol(row.symbol) and is_symbol(row.baseAsset)):
            continue
        if row.contractType.startswith("TRADIFI") or row.quoteAsset == "USD":
            continue
        dated = row.contractType not in {"PERPETUAL", "PERPETUAL_DELIVERING", ""} or "_" in row.symbol
        found.append(
            linear(
                VENUE,
                row.symbol,
                unprefixed(row.baseAsset),
                row.quoteAsset,
                settle=row.marginAsset,
                tick=_filter(row, "PRICE_FILTER", "tickSize"),
                step=_filter(row, "LOT_SIZE", "stepSize"),
                expiry=row.deliveryDate * NS_MS if dated and row.deliveryDate else None,
                status=row.status.lower() or "unknown",
            )
        )
    return found


def in_dollars(instrument: Instrument) -> bool:
    """Whether a contract is of those we follow live: against dollars, as far as stablecoins are."""
    return instrument.quote in FOLLOWED_QUOTES


def _weight(info: ExchangeInfo) -> int | None:
    for limit in info.rateLimits:
        if limit.rateLimitType == "REQUEST_WEIGHT" and limit.interval == "MINUTE" and limit.limit > 0:
            return limit.limit // max(1, limit.intervalNum)
    return None


def _filter(row: SymbolRow, kind: str, key: str) -> float | None:
    for entry in row.filters:
        if entry.get("filterType") == kind:
            return positive(entry.get(key, ""))
    return None
