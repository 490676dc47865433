"""The fields of Hyperliquid's messages that we keep, under the venue's own names. Decimals become float64 here.

Every number of the market is a text on the wire; instants (ms) and counts are numbers.

Source: Hyperliquid docs, "Websocket: Subscriptions"; examples: ``tests/fixtures/venues/hyperliquid/``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Raw, Struct

from fbkit.feeds.decoding import Amount, Id, Millis, Price, Size


class TradeRow(Struct, gc=False):
    """One fill; ``side`` B: the taker bought, A: the taker sold. ``tid`` is a hash of the two orders, without order."""

    coin: str
    side: Literal["A", "B"]
    px: Price
    sz: Size
    time: Millis
    tid: Id


class Level(Struct, gc=False):
    """What rests at a price."""

    px: Price
    sz: Amount


class BboData(Struct, gc=False):
    """Best bid, best ask; ``null`` or missing where a side is empty. ``time`` is the block's."""

    coin: str
    time: Millis
    bbo: list[Level | None]


class BookData(Struct, gc=False):
    """Bids from the highest down, asks from the lowest up: always the whole top of the book."""

    coin: str
    time: Millis
    levels: tuple[list[Level], list[Level]]


class Context(Struct, gc=False):
    """A perpetual's state, undated: funding an hour, open interest in coins, volumes of 24 h in USD and coins."""

    markPx: Price
    oraclePx: float | str | None = None
    funding: float | str | None = None
    openInterest: Amount | None = None
    prevDayPx: float | str | None = None
    dayNtlVlm: Amount | None = None
    dayBaseVlm: Amount | None = None


class ContextData(Struct, gc=False):
    """A context and whose it is."""

    coin: str
    ctx: Context


class CandleRow(Struct, gc=False):
    """A candle so far; ``T`` is its last millisecond, ``v`` counts coins."""

    t: Millis
    T: Millis
    s: str
    i: str
    o: Price
    h: Price
    l: Price
    c: Price
    v: Amount
    n: Id


class Trades(Struct, tag_field="channel", tag="trades", gc=False):
    """Fills, oldest or newest first; the first message repeats recent ones."""

    data: list[TradeRow]


class Bbo(Struct, tag_field="channel", tag="bbo", gc=False):
    """Best bid and ask, when they changed in a block."""

    data: BboData


class L2Book(Struct, tag_field="channel", tag="l2Book", gc=False):
    """The top of the book: 20 levels a side, five where subscribed to with ``fast``."""

    data: BookData


class ActiveAssetCtx(Struct, tag_field="channel", tag="activeAssetCtx", gc=False):
    """A perpetual's context, about once a second."""

    data: ContextData


class ActiveSpotAssetCtx(Struct, tag_field="channel", tag="activeSpotAssetCtx", gc=False):
    """A spot pair's context: another market."""

    data: Raw


class Candles(Struct, tag_field="channel", tag="candle", gc=False):
    """A candle as it grows; the docs write a list, the wire one object."""

    data: CandleRow | list[CandleRow]


class Answer(Struct, tag_field="channel", tag="subscriptionResponse", gc=False):
    """A subscription was accepted, and is spelt out."""

    data: Raw


class Error(Struct, tag_field="channel", tag="error", gc=False):
    """A sentence, with what was said to cause it at its end."""

    data: Raw


class Pong(Struct, tag_field="channel", tag="pong", gc=False):
    """The answer to a ping."""


Message = Trades | Bbo | L2Book | ActiveAssetCtx | ActiveSpotAssetCtx | Candles | Answer | Error | Pong

#: The channel of each message, by the venue's word for it.
CHANNEL_OF = {
    "trades": "trade",
    "bbo": "quote",
    "l2Book": "depth",
    "activeAssetCtx": "mark",
    "activeSpotAssetCtx": "mark",
    "candle": "bar",
}
