"""The rows of Bybit's REST pages, under the venue's own names, as :mod:`fbkit.feeds.bybit.wire` has the frames'.

Every number is a text on the wire. Source: Bybit v5 docs, "Market".
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fbkit.feeds.decoding import Amount, Millis, Number, Price, Size


class Answer(msgspec.Struct, gc=False):
    """The envelope of every answer; ``retCode`` 0 is success."""

    result: msgspec.Raw = msgspec.Raw(b"{}")
    retCode: int = 0
    retMsg: str = ""
    time: Millis = 0


class Page(msgspec.Struct, gc=False):
    """A page of rows; ``nextPageCursor`` is empty on the last."""

    list: msgspec.Raw
    nextPageCursor: str = ""
    symbol: str = ""


class PriceFilter(msgspec.Struct, gc=False):
    """Of an instrument."""

    tickSize: float | str = ""


class LotSizeFilter(msgspec.Struct, gc=False):
    """Of an instrument."""

    qtyStep: float | str = ""


class InstrumentRow(msgspec.Struct):
    """``/v5/market/instruments-info``; ``fundingInterval`` in minutes, 0 for dated contracts."""

    symbol: str
    baseCoin: str
    quoteCoin: str
    contractType: str = ""
    status: str = ""
    settleCoin: str = ""
    deliveryTime: Millis = 0
    fundingInterval: float = 0.0
    symbolType: str = ""
    isPreListing: bool = False
    priceFilter: PriceFilter = msgspec.field(default_factory=PriceFilter)
    lotSizeFilter: LotSizeFilter = msgspec.field(default_factory=LotSizeFilter)


class TickerRow(msgspec.Struct, gc=False):
    """``/v5/market/tickers``: what ranks contracts."""

    symbol: str
    turnover24h: Amount


class KlineRow(msgspec.Struct, array_like=True, gc=False):
    """``/v5/market/kline``: start, open, high, low, close, volume in coins, turnover."""

    start: Millis
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Amount
    turnover: Amount


class RecentTradeRow(msgspec.Struct, gc=False):
    """``/v5/market/recent-trade``: ``side`` is the taker's."""

    execId: str
    price: Price
    size: Size
    side: Literal["Buy", "Sell"]
    time: Millis
    isBlockTrade: bool = False


class OpenInterestRow(msgspec.Struct, gc=False):
    """``/v5/market/open-interest``: ``openInterest`` counts both sides; the single one is there since 2026-06-11."""

    openInterest: Amount
    timestamp: Millis
    singleOpenInterest: float | str = ""


class AccountRatioRow(msgspec.Struct, gc=False):
    """``/v5/market/account-ratio``: shares of the accounts that are net long and net short."""

    buyRatio: Amount
    sellRatio: Amount
    timestamp: Millis


class FundingRow(msgspec.Struct, gc=False):
    """``/v5/market/funding/history``."""

    fundingRate: Number
    fundingRateTimestamp: Millis
