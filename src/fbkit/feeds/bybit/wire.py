"""The fields of Bybit's frames that we keep, under the venue's own names. Decimals become float64 here.

Every frame has its ``topic`` beside its ``data``, whose shape the topic's first word tells. Keys that older captures
lack have a default: ``cts`` (the matching engine's instant, since 2023), ``seq`` (absent in options), ``BT``.

Source: Bybit v5 docs, "WebSocket Stream / Public"; examples: ``tests/fixtures/venues/bybit/``.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from msgspec import Struct

from fbkit.feeds.decoding import Amount, Id, Level, Millis, Price, Size

D = TypeVar("D")

Side = Literal["Buy", "Sell"]

#: A value of a ticker: a decimal text, ``""`` where there is none, absent where it did not change.
Text = str | float | None


class Envelope(Struct, Generic[D], gc=False):
    """A frame: ``ts`` is when it was made, ``cts`` when the engine matched, ``cs`` a ticker's number.

    ``data`` is what the topic says, or ``msgspec.Raw`` where nobody has looked yet.
    """

    topic: str
    data: D
    type: str = ""
    ts: Millis = 0
    cts: Millis = 0
    cs: Id = 0


class PublicTrade(Struct, gc=False):
    """One fill: ``S`` is the taker's side, ``i`` a UUID without an order, ``BT`` a block trade."""

    T: Millis
    s: str
    S: Side
    v: Size
    p: Price
    i: str
    BT: bool = False


class OrderBook(Struct, gc=False):
    """Levels: all of them or what changed, as the frame's ``type`` says. ``u`` counts frames, ``seq`` matches."""

    s: str
    b: list[Level]
    a: list[Level]
    u: Id
    seq: Id = 0


class Ticker(Struct, gc=False):
    """What a ticker says, or what changed of it. ``openInterest`` counts both sides, ``price24hPcnt`` is a fraction."""

    symbol: str = ""
    lastPrice: Text = None
    price24hPcnt: Text = None
    volume24h: Text = None
    turnover24h: Text = None
    markPrice: Text = None
    indexPrice: Text = None
    openInterest: Text = None
    openInterestValue: Text = None
    singleOpenInterest: Text = None
    singleOpenInterestValue: Text = None
    fundingRate: Text = None
    fundingIntervalHour: Text = None
    nextFundingTime: Text = None


class AllLiquidation(Struct, gc=False):
    """One liquidation: ``S`` is the side of the position that died, ``p`` its bankruptcy price."""

    T: Millis
    s: str
    S: Side
    v: Size
    p: Price


class Kline(Struct, gc=False):
    """A candle; ``end`` is its last millisecond, ``confirm`` whether it is closed. No symbol: the topic has it."""

    start: Millis
    end: Millis
    open: Price
    close: Price
    high: Price
    low: Price
    volume: Amount
    turnover: Amount
    confirm: bool


#: The channel of each topic, by its first word; ``orderbook.1`` is ``quote``.
CHANNEL_OF = {
    "publicTrade": "trade",
    "orderbook": "depth",
    "tickers": "mark",
    "allLiquidation": "liquidation",
    "liquidation": "liquidation",
    "kline": "bar",
}
