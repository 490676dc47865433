"""The rows of Binance's REST pages, under the venue's own names, as :mod:`fbkit.feeds.binance.wire` has the frames'.

Source: Binance USDⓈ-M Futures, "Market Data Endpoints".
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fbkit.feeds.decoding import Amount, Id, Millis, Number, Price, Size


class KlineRow(msgspec.Struct, array_like=True, gc=False):
    """``/fapi/v1/klines``: ``T`` is the last millisecond, ``V`` and ``Q`` the takers' buys in base and quote."""

    t: Millis
    o: Price
    h: Price
    l: Price
    c: Price
    v: Amount
    T: Millis
    q: Amount
    n: Id
    V: Amount
    Q: Amount


class AggTradeRow(msgspec.Struct, gc=False):
    """``/fapi/v1/aggTrades``."""

    a: Id
    p: Price
    q: Size
    T: Millis
    m: bool


class OpenInterestNow(msgspec.Struct, gc=False):
    """``/fapi/v1/openInterest``."""

    openInterest: Amount
    time: Millis
    symbol: str = ""


class OpenInterestRow(msgspec.Struct, gc=False):
    """``/futures/data/openInterestHist``."""

    sumOpenInterest: Amount
    timestamp: Millis
    sumOpenInterestValue: float | str = ""


class RatioRow(msgspec.Struct, gc=False):
    """The three ratios of ``/futures/data`` that are long to short."""

    longShortRatio: Amount
    timestamp: Millis


class TakerRow(msgspec.Struct, gc=False):
    """``/futures/data/takerlongshortRatio``."""

    buySellRatio: Amount
    timestamp: Millis


class FundingRow(msgspec.Struct, gc=False):
    """``/fapi/v1/fundingRate``."""

    fundingTime: Millis
    fundingRate: Number
    markPrice: float | str = ""


class PremiumRow(msgspec.Struct, gc=False):
    """``/fapi/v1/premiumIndex``: ``nextFundingTime`` 0 or an empty rate mean that nothing is scheduled."""

    symbol: str
    markPrice: Price
    time: Millis
    indexPrice: float | str = ""
    lastFundingRate: float | str = ""
    nextFundingTime: Millis = 0


class FundingInfoRow(msgspec.Struct, gc=False):
    """``/fapi/v1/fundingInfo``."""

    symbol: str
    fundingIntervalHours: Annotated[float, Meta(gt=0, le=24 * 31)]


class DayRow(msgspec.Struct, gc=False):
    """``/fapi/v1/ticker/24hr``."""

    symbol: str
    quoteVolume: Amount


class RateLimit(msgspec.Struct, gc=False):
    """A limit that ``/fapi/v1/exchangeInfo`` advertises."""

    rateLimitType: str = ""
    interval: str = ""
    intervalNum: int = 1
    limit: int = 0


class SymbolRow(msgspec.Struct, gc=False):
    """A contract of ``/fapi/v1/exchangeInfo``."""

    symbol: str
    baseAsset: str
    quoteAsset: str
    contractType: str = ""
    deliveryDate: int = 0
    status: str = ""
    marginAsset: str = ""
    underlyingType: str = "COIN"
    filters: list[dict[str, Any]] = []


class ExchangeInfo(msgspec.Struct, gc=False):
    """``/fapi/v1/exchangeInfo``."""

    symbols: list[msgspec.Raw]
    rateLimits: list[RateLimit] = []
