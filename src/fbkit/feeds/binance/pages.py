"""Binance's REST pages → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns).

Source: Binance USDⓈ-M Futures, "Market Data Endpoints".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from fbkit.feeds.binance.apart import MALFORMED
from fbkit.feeds.binance.rows import (
    AggTradeRow,
    DayRow,
    ExchangeInfo,
    FundingInfoRow,
    FundingRow,
    KlineRow,
    OpenInterestNow,
    OpenInterestRow,
    RatioRow,
    SymbolRow,
    TakerRow,
)
from fbkit.feeds.binance.symbols import FOLLOWED_QUOTES, Known, is_symbol, make
from fbkit.model import (
    NS_MS,
    SAMPLE_BYTES,
    Bar,
    Event,
    Funding,
    Ignored,
    Instrument,
    Item,
    OpenInterest,
    Origin,
    Ratio,
    Rejected,
    Side,
    Trade,
)
from fbkit.model.events import RatioKind

R = TypeVar("R")

_rows = msgspec.json.Decoder(list[msgspec.Raw])

#: Length of the periods we ask the ratios and the open interest history for.
PERIOD, PERIOD_S = "5m", 300


def klines(body: bytes, known: Known, ts_recv: int, tf: str = "1m") -> list[Item]:
    """``/fapi/v1/klines``: closed candles; the one still open at ``ts_recv`` is set aside."""
    unit, size = known.unit_mult, known.size_mult

    def item(row: KlineRow) -> Item:
        ts_event = (row.T + 1) * NS_MS
        if ts_event > ts_recv:
            return Ignored("bar", "open_bar")
        return Bar(
            known.name,
            ts_event,
            ts_recv,
            tf,
            row.o / unit,
            row.h / unit,
            row.l / unit,
            row.c / unit,
            row.v * size,
            row.q,
            row.Q,
            row.n,
            origin=Origin.BACKFILL,
        )

    return _each(body, KlineRow, "bar", known, item)


def agg_trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``/fapi/v1/aggTrades``: the same trades as ``<s>@aggTrade``, under the same ids."""
    unit, size = known.unit_mult, known.size_mult

    def item(row: AggTradeRow) -> Event:
        side = Side.SELL if row.m else Side.BUY
        return Trade(
            known.name, row.T * NS_MS, ts_recv, row.a, row.p / unit, row.q * size, side, origin=Origin.BACKFILL
        )

    return _each(body, AggTradeRow, "trade", known, item)


def open_interest(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``/fapi/v1/openInterest``: coins (of the quoted unit), now."""
    try:
        row = msgspec.json.decode(body, type=OpenInterestNow, strict=False)
    except MALFORMED:
        return [Rejected("open_interest", "malformed", body[:SAMPLE_BYTES], known.name)]
    return [OpenInterest(known.name, row.time * NS_MS, ts_recv, row.openInterest * known.size_mult)]


def open_interest_history(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``/futures/data/openInterestHist``."""

    def item(row: OpenInterestRow) -> Event:
        usd = _positive(row.sumOpenInterestValue)
        return OpenInterest(
            known.name,
            row.timestamp * NS_MS,
            ts_recv,
            row.sumOpenInterest * known.size_mult,
            usd,
            origin=Origin.BACKFILL,
        )

    return _in_order(_each(body, OpenInterestRow, "open_interest", known, item))


def ratios(body: bytes, kind: RatioKind, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """One of the four long/short ratios of ``/futures/data``; the takers' has a key of its own."""

    def ratio(value: float, ts_ms: int) -> Event:
        return Ratio(known.name, ts_ms * NS_MS, ts_recv, kind, value, PERIOD_S, origin=origin)

    if kind == "taker":
        return _in_order(_each(body, TakerRow, "ratio", known, lambda row: ratio(row.buySellRatio, row.timestamp)))
    return _in_order(_each(body, RatioRow, "ratio", known, lambda row: ratio(row.longShortRatio, row.timestamp)))


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``/fapi/v1/fundingRate``: settled rates; ``markPrice`` is empty on old rows, instants may be off by some ms."""

    def item(row: FundingRow) -> Event:
        mark = _positive(row.markPrice)
        return Funding(
            known.name,
            row.fundingTime * NS_MS,
            ts_recv,
            row.fundingRate,
            known.funding_hours,
            None if mark is None else mark / known.unit_mult,
            origin=origin,
        )

    return _in_order(_each(body, FundingRow, "funding", known, item))


def funding_hours(body: bytes) -> dict[str, float]:
    """``/fapi/v1/fundingInfo``: hours between settlements of the symbols that were ever adjusted."""
    rows = (_decoded(raw, FundingInfoRow) for raw in _rows.decode(body))
    return {row.symbol: row.fundingIntervalHours for row in rows if row is not None}


def day_volumes(body: bytes) -> dict[str, float]:
    """``/fapi/v1/ticker/24hr``: quote volume of the last 24 h by symbol."""
    rows = (_decoded(raw, DayRow) for raw in _rows.decode(body))
    return {row.symbol: row.quoteVolume for row in rows if row is not None}


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
        row = _decoded(raw, SymbolRow)
        if row is None or row.underlyingType != "COIN" or not (is_symbol(row.symbol) and is_symbol(row.baseAsset)):
            continue
        if row.contractType.startswith("TRADIFI") or row.quoteAsset == "USD":
            continue
        dated = row.contractType not in {"PERPETUAL", "PERPETUAL_DELIVERING", ""} or "_" in row.symbol
        found.append(
            make(
                row.symbol,
                row.baseAsset,
                row.quoteAsset,
                settle=row.marginAsset or row.quoteAsset,
                tick=_filter(row, "PRICE_FILTER", "tickSize"),
                step=_filter(row, "LOT_SIZE", "stepSize"),
                expiry=row.deliveryDate * NS_MS if dated and row.deliveryDate else None,
                status=row.status.lower() or "unknown",
            )
        )
    return found


def followable(instrument: Instrument) -> bool:
    """Whether we follow a contract live: it trades, and against dollars."""
    return instrument.status == "trading" and instrument.quote in FOLLOWED_QUOTES


def _weight(info: ExchangeInfo) -> int | None:
    for limit in info.rateLimits:
        if limit.rateLimitType == "REQUEST_WEIGHT" and limit.interval == "MINUTE" and limit.limit > 0:
            return limit.limit // max(1, limit.intervalNum)
    return None


def _filter(row: SymbolRow, kind: str, key: str) -> float | None:
    for entry in row.filters:
        if entry.get("filterType") == kind:
            return _positive(entry.get(key, ""))
    return None


def _positive(text: object) -> float | None:
    try:
        number = float(str(text))
    except ValueError:
        return None
    return number if 0 < number < 1e18 else None


def _decoded(raw: msgspec.Raw, kind: type[R]) -> R | None:
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except MALFORMED:
        return None


def _each(body: bytes, kind: type[R], channel: str, known: Known, item: Callable[[R], Item]) -> list[Item]:
    """An item a row: decoded all at once, and one by one only where that fails."""
    try:
        page = msgspec.json.decode(body, type=list[kind], strict=False)  # type: ignore[valid-type]  # known when called
        return [item(row) for row in page]
    except MALFORMED:
        pass
    try:
        raws = _rows.decode(body)
    except MALFORMED:
        return [Rejected(channel, "malformed", body[:SAMPLE_BYTES], known.name)]
    items: list[Item] = []
    for raw in raws:
        row = _decoded(raw, kind)
        sample = bytes(raw)[:SAMPLE_BYTES]
        items.append(Rejected(channel, "malformed", sample, known.name) if row is None else item(row))
    return items


def _in_order(items: list[Item]) -> list[Item]:
    """Sorted by event time: these pages come in an order of their own."""
    return sorted(items, key=lambda item: getattr(item, "ts_event", 0))
