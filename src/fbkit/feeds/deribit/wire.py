"""The fields of Deribit's notifications that we keep, under the venue's own names.

Numbers are JSON numbers. Those that options, combos and closed books may give in shapes of their own (a spread's price
below zero, ``null``) are let through here and judged by the parser, once it is known whose they are.

Source: Deribit API 2.1.1, "Subscriptions"; examples: ``tests/fixtures/venues/deribit/``.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeGuard, TypeVar

import msgspec
from msgspec import Meta

from fbkit.feeds.decoding import Amount, Id, Millis, Number, Price

D = TypeVar("D")

#: Prices beyond these are a mistake: USD over less would be more coins than a float64 can tell.
_LOWEST, _HIGHEST = 1e-9, 1e15

#: What happened to a level, its price, its amount (0 with ``delete``).
Level = tuple[Literal["new", "change", "delete"], Number, Amount]
SoundLevel = tuple[Literal["new", "change", "delete"], Annotated[float, Meta(gt=_LOWEST, lt=_HIGHEST)], Amount]


def is_price(number: float | None) -> TypeGuard[float]:
    """Whether a number can be a price of what we follow; a combo's may be below zero, and is none of ours.

    >>> is_price(83_000.5), is_price(-7.0), is_price(0.0), is_price(None)
    (True, False, False, False)
    """
    return number is not None and _LOWEST < number < _HIGHEST


class Params(msgspec.Struct, Generic[D], gc=False):
    """What a notification is about, and what it says of it."""

    channel: str
    data: D


class Notification(msgspec.Struct, Generic[D], gc=False):
    """A frame of data; with ``msgspec.Raw`` as its data, whatever the channel."""

    method: Literal["subscription"]
    params: Params[D]


class TradeRow(msgspec.Struct, gc=False):
    """One fill. ``direction`` is the taker's, ``liquidation`` says who was liquidated: taker, maker or both."""

    instrument_name: str
    trade_seq: Id
    timestamp: Millis
    price: Number
    amount: Number
    direction: Literal["buy", "sell"]
    liquidation: str | None = None


class QuoteData(msgspec.Struct, gc=False):
    """Best bid and ask; a price of 0 or ``null`` is an empty side."""

    instrument_name: str
    timestamp: Millis
    best_bid_price: Number | None = None
    best_bid_amount: Amount | None = None
    best_ask_price: Number | None = None
    best_ask_amount: Amount | None = None


class Stats(msgspec.Struct, gc=False):
    """The last 24 h: ``volume`` in coins, ``price_change`` in percent."""

    volume: Amount | None = None
    volume_usd: Amount | None = None
    price_change: Number | None = None


class TickerData(msgspec.Struct, gc=False):
    """Mark, index, funding (perpetuals only), open interest and the day."""

    instrument_name: str
    timestamp: Millis
    mark_price: Number | None = None
    index_price: Number | None = None
    last_price: Number | None = None
    open_interest: Amount | None = None
    funding_8h: Number | None = None
    current_funding: Number | None = None
    stats: Stats | None = None


class BookData(msgspec.Struct, gc=False):
    """A snapshot of the book, or what changed since ``prev_change_id``; before 2021 ``type`` was not said."""

    instrument_name: str
    timestamp: Millis
    change_id: Id
    bids: list[Level]
    asks: list[Level]
    prev_change_id: Id | None = None
    type: str = ""

    @property
    def is_snapshot(self) -> bool:
        """Whether this is the whole book; a snapshot may name a ``prev_change_id`` too."""
        return self.type == "snapshot" if self.type else self.prev_change_id is None


class SoundBook(BookData, gc=False):
    """A book of which every price can be one of what we follow."""

    bids: list[SoundLevel]
    asks: list[SoundLevel]


class Candle(msgspec.Struct, gc=False):
    """The candle that began at ``tick``, as it stands: ``volume`` in coins, ``cost`` in USD."""

    tick: Millis
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Amount
    cost: Amount


class StateData(msgspec.Struct, gc=False):
    """An instrument was created, started, settled, closed, terminated."""

    instrument_name: str
    timestamp: Millis
    state: Annotated[str, Meta(max_length=40)]
