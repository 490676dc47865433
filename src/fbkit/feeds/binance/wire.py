"""The fields of Binance's messages that we keep, under the venue's own names. Decimals become float64 here.

Every key that older captures lack has a default: ``st`` (1 = USD-M, 2 = COIN-M; since 2026-06-30), ``T`` and ``E`` of
bookTicker (before 2020), ``i`` of markPriceUpdate, ``X`` of trade.

Source: Binance USDⓈ-M Futures, "Websocket Market Streams"; examples: ``tests/fixtures/venues/binance/``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fbkit.feeds.decoding import Amount, Id, Level, Millis, Number, Price, Size

#: ``st`` of a COIN-M row.
COIN_M = 2


class AggTrade(Struct, tag_field="e", tag="aggTrade", gc=False):
    """Fills of one taker order at one price within 100 ms."""

    s: str
    a: Id
    p: Price
    q: Size
    T: Millis
    m: bool
    st: int = 1


class SingleTrade(Struct, tag_field="e", tag="trade", gc=False):
    """One fill; undocumented, in recordings only. ``X`` is ``MARKET``, or why it is none."""

    s: str
    t: Id
    p: Amount
    q: Amount
    T: Millis
    m: bool
    X: str = "MARKET"
    st: int = 1


class BookTicker(Struct, tag_field="e", tag="bookTicker", gc=False):
    """Best bid and ask; a price of 0 is an empty side."""

    s: str
    u: Id
    b: Amount
    B: Amount
    a: Amount
    A: Amount
    T: Millis = 0
    E: Millis = 0
    st: int = 1


class DepthUpdate(Struct, tag_field="e", tag="depthUpdate", gc=False):
    """Levels: the whole top of the book, or what changed, as the stream's name says."""

    s: str
    U: Id
    u: Id
    b: list[Level]
    a: list[Level]
    pu: int = -1
    T: Millis = 0
    E: Millis = 0
    st: int = 1


class MarkUpdate(Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    """Mark and index price, and the funding rate of the period that runs; ``T`` 0 and ``r`` empty mean none."""

    s: str
    E: Millis
    p: Price
    i: float | str = ""
    r: float | str = ""
    T: Millis = 0
    st: int = 1


class Ticker(Struct, tag_field="e", tag="24hrTicker", gc=False):
    """The last 24 hours; ``P`` is percent."""

    s: str
    E: Millis
    c: Price
    P: Number
    v: Amount
    q: Amount
    n: Id
    st: int = 1


class KlineBody(Struct, gc=False):
    """A candle; ``T`` is its last millisecond, ``x`` whether it is closed, ``Q`` the takers' buys in quote."""

    t: Millis
    T: Millis
    i: str
    o: Price
    h: Price
    l: Price
    c: Price
    v: Amount
    q: Amount
    n: Id
    x: bool
    Q: Amount


class Kline(Struct, tag_field="e", tag="kline", gc=False):
    """A candle so far."""

    s: str
    k: KlineBody
    st: int = 1


class Order(Struct, gc=False):
    """A liquidation order: ``S`` is the order's side, ``ap`` its average price, ``z`` what was filled in all."""

    s: str
    S: Literal["BUY", "SELL"]
    ap: Price
    z: Size
    T: Millis
    st: int = 1


class ForceOrder(Struct, tag_field="e", tag="forceOrder", gc=False):
    """A liquidation; at most the largest a symbol and second."""

    o: Order
    st: int = 1


class ContractInfo(Struct, tag_field="e", tag="contractInfo", gc=False):
    """A contract was listed, settled, or changed."""

    s: str
    E: Millis = 0
    cs: str = ""
    st: int = 1


Message = AggTrade | SingleTrade | BookTicker | DepthUpdate | MarkUpdate | Ticker | Kline | ForceOrder | ContractInfo


class Envelope(Struct, gc=False):
    """A frame of a combined socket; its ``stream`` is asked for by the depth alone, and looked up there."""

    data: Message | list[MarkUpdate | Ticker]


class Snapshot(Struct, gc=False):
    """A REST depth snapshot."""

    lastUpdateId: Id
    bids: list[Level]
    asks: list[Level]
    T: Millis = 0
    E: Millis = 0
    symbol: str = ""


#: The channel of each message, by the venue's word for it.
CHANNEL_OF = {
    "aggTrade": "trade",
    "trade": "trade",
    "bookTicker": "quote",
    "depthUpdate": "depth",
    "markPriceUpdate": "mark",
    "24hrTicker": "day",
    "kline": "bar",
    "forceOrder": "liquidation",
    "contractInfo": "listing",
}
