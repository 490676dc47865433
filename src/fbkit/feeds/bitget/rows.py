"""The rows of Bitget's REST pages that we keep, under the venue's own names.

Every number is a text on the wire. A page is ``{"code":"00000","msg":"success","requestTime":…,"data":…}``.

Source: Bitget API v2, "Contract / Market" and "Common / Trading data".
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fbkit.feeds.decoding import Amount, Millis, Number, Price, Size

_Places = Annotated[int, Meta(ge=0, le=18)]
_Hours = Annotated[float, Meta(gt=0, le=24 * 31)]


class Page(msgspec.Struct, gc=False):
    """What is around every answer; ``code`` ``00000`` is success."""

    code: str = ""
    msg: str = ""
    requestTime: Millis = 0
    data: msgspec.Raw = msgspec.Raw(b"null")


class ContractRow(msgspec.Struct, gc=False):
    """A contract of ``contracts``, of v2 and (without the words that have defaults) of v1.

    The tick is ``priceEndStep`` units of the last of ``pricePlace`` decimals, the lot step ``sizeMultiplier`` (v1: the
    last of ``volumePlace`` decimals). ``isRwa`` ``YES`` is a stock or a commodity.
    """

    symbol: str
    baseCoin: str
    quoteCoin: str
    pricePlace: _Places = 0
    priceEndStep: Annotated[float, Meta(gt=0, lt=1e9)] = 1
    volumePlace: _Places = 0
    sizeMultiplier: Amount = 0.0
    symbolType: str = "perpetual"
    symbolStatus: str | None = "normal"
    deliveryTime: str | int | None = ""
    fundInterval: str | int | None = ""
    isRwa: str | None = "NO"


class TickerRow(msgspec.Struct, gc=False):
    """``tickers``: what ranks contracts by their day."""

    symbol: str
    quoteVolume: float | str | None = ""


class FundRateRow(msgspec.Struct, gc=False):
    """``current-fund-rate``: hours between settlements."""

    symbol: str
    fundingRateInterval: _Hours


class FundingRow(msgspec.Struct, gc=False):
    """``history-fund-rate``: what was settled."""

    fundingTime: Millis
    fundingRate: Number


class OpenInterestRow(msgspec.Struct, gc=False):
    """One contract of ``open-interest``: coins."""

    symbol: str
    size: Amount


class OpenInterestPage(msgspec.Struct, gc=False):
    """``open-interest``."""

    openInterestList: list[OpenInterestRow]
    ts: Millis


class CandleRow(msgspec.Struct, array_like=True, gc=False):
    """``candles`` and ``history-candles``: start, prices, volume in coins and in the quote coin."""

    start: Millis
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Amount
    turnover: Amount


class FillRow(msgspec.Struct, gc=False):
    """``fills`` and ``fills-history``: the trades of the ``trade`` channel, ``side`` with a capital here."""

    tradeId: str | int
    price: Price
    size: Size
    side: Literal["Buy", "Sell", "buy", "sell"]
    ts: Millis


class AccountRatioRow(msgspec.Struct, gc=False):
    """``account-long-short``."""

    longShortAccountRatio: Amount
    ts: Millis


class TakerRow(msgspec.Struct, gc=False):
    """``taker-buy-sell``: volumes of takers."""

    buyVolume: Amount
    sellVolume: Amount
    ts: Millis
