"""The fields of Bitget's frames that we keep, under the names of v2; v3 (since 2026) says the same in other words.

Every number is a text on the wire and becomes a number here. v2 names what a frame holds ``arg.channel`` and
``instId``, v3 ``arg.topic`` and ``symbol``; v2 writes the market ``USDT-FUTURES``, v3 ``usdt-futures``.

Source: Bitget API v2, "Contract / Websocket / Public" and API v3, "UTA / Websocket / Public"; examples:
``tests/fixtures/venues/bitget/``.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from msgspec import Struct

from fbkit.feeds.decoding import Amount, Level, Millis, Price, Size

D = TypeVar("D")

#: Our channel for each of theirs.
CHANNEL_OF = {
    "trade": "trade",
    "publicTrade": "trade",
    "ticker": "mark",
    "books1": "quote",
    "books": "depth",
    "books5": "depth",
    "books15": "depth",
    "books50": "depth",
    "liquidation": "liquidation",
    "kline": "bar",
}


class Arg(Struct, gc=False):
    """What a frame, an answer or an error is about."""

    instType: str = ""
    channel: str = ""
    instId: str = ""
    topic: str = ""
    symbol: str = ""
    interval: str = ""


class Envelope(Struct, Generic[D], gc=False):
    """A data frame; ``action`` is ``snapshot`` or ``update``, ``ts`` when it was pushed (not in v1).

    ``data`` is rows, or ``msgspec.Raw`` where nobody has said yet which.
    """

    arg: Arg
    data: D
    action: str = ""
    ts: Millis = 0


class Trade(Struct, gc=False):
    """``trade``: one fill, ``side`` the taker's."""

    tradeId: str | int
    price: Price
    size: Size
    side: Literal["buy", "sell"]
    ts: Millis


class TradeV3(Struct, rename={"tradeId": "i", "price": "p", "size": "v", "side": "S", "ts": "T"}, gc=False):
    """``publicTrade``: the same, each key one letter."""

    tradeId: str | int
    price: Price
    size: Size
    side: Literal["buy", "sell"]
    ts: Millis


class Ticker(Struct, gc=False):
    """``ticker``: all of a contract's state at once; ``nextFundingTime`` 0 where nothing is scheduled.

    ``change24h`` is a fraction. ``holdingAmount`` is open interest in coins.
    """

    lastPr: Price | str | None = ""
    change24h: float | str | None = ""
    markPrice: float | str | None = ""
    indexPrice: float | str | None = ""
    fundingRate: float | str | None = ""
    nextFundingTime: int | str | None = ""
    holdingAmount: float | str | None = ""
    baseVolume: float | str | None = ""
    quoteVolume: float | str | None = ""
    ts: Millis = 0


_TICKER_V3 = {
    "lastPr": "lastPrice",
    "change24h": "price24hPcnt",
    "holdingAmount": "openInterest",
    "baseVolume": "volume24h",
    "quoteVolume": "turnover24h",
}


class TickerV3(Struct, rename=_TICKER_V3, gc=False):
    """``ticker`` of v3, without an instant of its own."""

    lastPr: Price | str | None = ""
    change24h: float | str | None = ""
    markPrice: float | str | None = ""
    indexPrice: float | str | None = ""
    fundingRate: float | str | None = ""
    nextFundingTime: int | str | None = ""
    holdingAmount: float | str | None = ""
    baseVolume: float | str | None = ""
    quoteVolume: float | str | None = ""
    ts: Millis = 0


class Book(Struct, gc=False):
    """``books…``: levels, best first. ``pseq`` is the ``seq`` before, 0 in a snapshot; frames of 2024 had neither.

    ``checksum`` is of the first 25 levels a side, 0 where the venue does not compute it.
    """

    asks: list[Level]
    bids: list[Level]
    ts: Millis = 0
    seq: int = 0
    pseq: int = 0
    checksum: int = 0


class BookV3(Struct, rename={"asks": "a", "bids": "b"}, gc=False):
    """``books…`` of v3."""

    asks: list[Level]
    bids: list[Level]
    ts: Millis = 0
    seq: int = 0
    pseq: int = 0
    checksum: int = 0


class Texts(Struct, gc=False):
    """The levels of a v2 book as they are written: what its checksum is of."""

    asks: list[tuple[str, str]]
    bids: list[tuple[str, str]]


class Candle(Struct, array_like=True, gc=False):
    """``candle1m``: start, prices, volume in coins and in the quote coin (the latter not in v1)."""

    start: Millis
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Amount
    turnover: Amount | None = None


class Kline(Struct, gc=False):
    """``kline`` of v3: a candle by its words."""

    start: Millis
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Amount
    turnover: Amount | None = None


class Liquidation(Struct, gc=False):
    """``liquidation`` (v3 alone): ``side`` is the position's, ``amount`` is worth, in the quote coin."""

    symbol: str
    side: Literal["buy", "sell"]
    price: Price
    amount: Size
    ts: Millis
