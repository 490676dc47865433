"""The fields of Gate's messages that we keep, under the venue's own names. Decimals become float64 here.

A message is told by its ``channel``. Sizes are contracts: texts with decimals where the connection asked for them
(``X-Gate-Size-Decimal: 1``), integers cut toward zero where it did not; both read alike. Instants are Unix ms in
``t``, ``time_ms`` and ``create_time_ms`` (the last with decimals, or as text, in older frames), and seconds elsewhere.

Source: Gate "Futures WebSocket v4"; examples: ``tests/fixtures/venues/gate/``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fbkit.feeds.decoding import Amount, Id, Millis, Number, Price

#: An instant as a number of seconds or milliseconds, with or without decimals: :func:`moment_ns` tells them apart.
Moment = Annotated[float, Meta(ge=0, le=9_000_000_000_000)]

#: A field that is empty where there is nothing: an empty side of a book, a rate that is not set.
Maybe = Amount | Literal[""]
MaybeRate = Number | Literal[""]

#: Later than any second we will see, earlier than any millisecond.
_SECONDS_END = 100_000_000_000


def moment_ns(moment: float) -> int:
    """An instant in seconds or milliseconds as UTC ns, to the microsecond that a float of that size can hold.

    >>> moment_ns(1774443183399), moment_ns(1774443183.399), moment_ns(1631824310261.896)
    (1774443183399000000, 1774443183399000000, 1631824310261896000)
    """
    return round(moment * (1_000_000 if moment < _SECONDS_END else 1000)) * 1000


class LevelRow(Struct, gc=False):
    """A price and the contracts at it; 0 removes the price."""

    p: Price
    s: Amount


class TradeRow(Struct, gc=False):
    """One trade. ``size`` below zero: the taker sold. ``is_internal``: the insurance fund or deleveraging took it."""

    contract: str
    id: Id
    price: Price
    size: Number
    create_time: Moment = 0.0
    create_time_ms: Moment = 0.0
    is_internal: bool = False


class TickerRow(Struct, gc=False):
    """A contract at large.

    ``total_size`` and ``volume_24h`` are contracts, ``change_percentage`` is percent, ``funding_interval`` and
    ``funding_next_apply`` are seconds.
    """

    contract: str
    last: Maybe = ""
    mark_price: Maybe = ""
    index_price: Maybe = ""
    funding_rate: MaybeRate = ""
    funding_interval: Annotated[float, Meta(ge=0, le=86_400 * 31)] = 0.0
    funding_next_apply: Moment = 0.0
    total_size: Maybe = ""
    volume_24h: Maybe = ""
    volume_24h_base: Maybe = ""
    volume_24h_quote: Maybe = ""
    change_percentage: MaybeRate = ""
    t: Millis = 0


class BookTickerRow(Struct, gc=False):
    """Best bid and ask; an empty price is an empty side. ``u`` is the book's update id."""

    s: str
    u: Id
    b: Maybe
    B: Amount
    a: Maybe
    A: Amount
    t: Millis = 0


class BookUpdateRow(Struct, gc=False):
    """What changed in a book since the last update: ids ``U`` to ``u``."""

    s: str
    U: Id
    u: Id
    b: list[LevelRow]
    a: list[LevelRow]
    t: Millis = 0


class BookRow(Struct, gc=False):
    """The whole top of a book (``futures.order_book``, event ``all``); without ``t`` and ``id`` before 2022."""

    contract: str
    asks: list[LevelRow]
    bids: list[LevelRow]
    t: Millis = 0
    id: Id = 0


class BookChangeRow(Struct, gc=False):
    """One price of a book (``futures.order_book``, event ``update``): ``s`` below zero is an ask, 0 removes."""

    p: Price
    s: Number
    c: str
    id: Id


class CandleRow(Struct, gc=False):
    """A candle so far: ``n`` is ``1m_BTC_USDT``, ``t`` its start (s), ``v`` contracts.

    ``w`` is whether it is closed; older frames do not say.

    ``a`` is called "amount" and nothing more: what it counts is not documented.
    """

    n: str
    t: Moment
    o: Price
    h: Price
    l: Price
    c: Price
    v: Amount
    a: Maybe = ""
    w: bool | None = None


class LiquidateRow(Struct, gc=False):
    """A liquidation order: ``size`` is the order's, below zero for a sale; ``price`` the order's.

    ``time`` was in seconds before 2026-08-20 and is in milliseconds since; ``time_ms`` comes beside it, or not.
    """

    contract: str
    price: Price
    size: Number
    time: Moment = 0.0
    time_ms: Moment = 0.0


class _Message(Struct, tag_field="channel", gc=False):
    event: str = ""
    time: Moment = 0.0
    time_ms: Moment = 0.0


class Trades(_Message, tag="futures.trades", kw_only=True, gc=False):
    """Trades, of one contract or several."""

    result: list[TradeRow]


class Tickers(_Message, tag="futures.tickers", kw_only=True, gc=False):
    """Contracts at large."""

    result: list[TickerRow]


class BookTicker(_Message, tag="futures.book_ticker", kw_only=True, gc=False):
    """A best bid and ask."""

    result: BookTickerRow


class BookUpdate(_Message, tag="futures.order_book_update", kw_only=True, gc=False):
    """A change of a book."""

    result: BookUpdateRow


class OrderBook(_Message, tag="futures.order_book", kw_only=True, gc=False):
    """The older channel: a whole top, or changes."""

    result: BookRow | list[BookChangeRow]


class Candles(_Message, tag="futures.candlesticks", kw_only=True, gc=False):
    """Candles so far."""

    result: list[CandleRow]


class Liquidates(_Message, tag="futures.public_liquidates", kw_only=True, gc=False):
    """Liquidation orders; a contract's of a second together."""

    result: list[LiquidateRow]


Message = Trades | Tickers | BookTicker | BookUpdate | OrderBook | Candles | Liquidates

#: The channel of ours that each of theirs belongs to.
CHANNEL_OF = {
    "futures.trades": "trade",
    "futures.tickers": "mark",
    "futures.book_ticker": "quote",
    "futures.order_book_update": "depth",
    "futures.order_book": "depth",
    "futures.candlesticks": "bar",
    "futures.public_liquidates": "liquidation",
}
