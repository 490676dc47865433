"""What Hyperliquid offers, and what to subscribe to for it.

A topic is the type of a subscription and its coin: ``trades:BTC``.

Source: Hyperliquid docs, "Websocket: Subscriptions" and "Rate limits and user limits" (September 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fbkit.feeds.offers import Offer
from fbkit.feeds.watchdog import stall_factor

OFFERS: tuple[Offer, ...] = (
    Offer("trade", "stream", "trades"),
    Offer("quote", "stream", "bbo"),
    Offer("depth", "stream", "l2Book", note="five levels a side, at most every 500 ms (fast)"),
    Offer("mark", "stream", "activeAssetCtx", note="undated: of the moment it is heard; funding is an hour's"),
    Offer("funding", "polled", "fundingHistory"),
    Offer("open_interest", "stream", "activeAssetCtx", note="coins, one side; no history"),
    Offer("liquidation", "unsupported"),
    Offer("day", "stream", "activeAssetCtx", note="the mark stands in for the last price"),
    Offer("bar", "stream", "candle", note="closed when the next begins; USD are coins times the candle's mean price"),
    Offer("listing", "polled", "metaAndAssetCtxs"),
    Offer("ratio:acct_global", "unsupported"),
    Offer("ratio:acct_top", "unsupported"),
    Offer("ratio:pos_top", "unsupported"),
    Offer("ratio:taker", "unsupported"),
)

#: What rides inside the frames of another channel.
RIDERS: dict[str, tuple[str, ...]] = {"mark": ("open_interest", "day")}


class Subscription(NamedTuple):
    """A type, the channel it gives, and how often it should speak (s)."""

    type: str
    channel: str
    expected_s: float


SUBSCRIPTIONS = (
    Subscription("trades", "trade", 1.0),
    Subscription("candle", "bar", 2.0),
    Subscription("bbo", "quote", 1.0),
    Subscription("l2Book", "depth", 1.0),
    Subscription("activeAssetCtx", "mark", 1.0),
)

#: What shares a socket: 10 connections an address, and a socket that moves holds its subscriptions twice.
SOCKETS = {"trades": ("trades",), "books": ("bbo", "l2Book"), "contexts": ("activeAssetCtx", "candle")}

#: Where the parser remembers something that a cut makes untrue.
REMEMBERED = "contexts"

#: Instruments that can be followed: 5 subscriptions each, 2 more while a socket moves, 1000 an address.
MOST_INSTRUMENTS = 140

CANDLE = "1m"

_CHANNELS = {subscription.type: subscription.channel for subscription in SUBSCRIPTIONS}


def topics(types: Sequence[str], symbols: Sequence[str]) -> tuple[str, ...]:
    """The topics of a socket.

    >>> topics(("bbo", "l2Book"), ["BTC", "kPEPE"])
    ('bbo:BTC', 'l2Book:BTC', 'bbo:kPEPE', 'l2Book:kPEPE')
    """
    return tuple(f"{type_}:{symbol}" for symbol in symbols for type_ in types)


def limits_s(types: Sequence[str], n_symbols: int) -> dict[str, float | None]:
    """How long each channel of these types may be silent.

    >>> limits_s(("bbo",), 90), limits_s(("activeAssetCtx",), 1)
    ({'quote': 10.0}, {'mark': 100.0})
    """
    patience = stall_factor(n_symbols)
    return {s.channel: s.expected_s * patience for s in SUBSCRIPTIONS if s.type in types}


def channel_of(topic: str) -> str:
    """The channel a topic gives; ``""`` if it is none of ours.

    >>> channel_of("l2Book:BTC"), channel_of("userFills:0x1")
    ('depth', '')
    """
    return _CHANNELS.get(topic.partition(":")[0], "")
