"""What Bitget offers of each channel, what to subscribe to, and how many topics go on a connection.

Source: Bitget API v2, "Websocket API" and "Contract / Websocket / Public"; API v3, "Liquidation Channel".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fbkit.feeds.bitget.envelope import channel_of
from fbkit.feeds.bitget.symbols import PRODUCTS
from fbkit.feeds.offers import Offer
from fbkit.feeds.watchdog import stall_factor


class Topic(NamedTuple):
    """A channel of ours, their word for it, and how often it should speak (s)."""

    channel: str
    word: str
    expected_s: float


#: Everything of one symbol rides on one socket, so that a cut ends nobody's state but its own symbols'.
TOPICS: tuple[Topic, ...] = (
    Topic("trade", "trade", 1.0),
    Topic("quote", "books1", 1.0),
    Topic("depth", "books5", 1.0),
    Topic("mark", "ticker", 1.0),
    Topic("bar", "candle1m", 2.0),
)

#: What comes inside a ticker besides the mark.
RIDERS: dict[str, tuple[str, ...]] = {"mark": ("open_interest", "day")}

#: The venue allows a connection 1,000 topics and strongly advises 50 at most; so that is what they get.
TOPICS_A_SOCKET = 50

#: An address may have 100 connections. Beyond this many sockets each carries more instead.
SOCKETS = 60

#: The topics of forced closes, one a market; only v3 has them.
LIQUIDATIONS = tuple(f"{product.lower()}/liquidation" for product in PRODUCTS.values())

OFFERS: tuple[Offer, ...] = (
    Offer("trade", "stream", "trade", note="ids rise, with holes between them: repetitions are known, holes are not"),
    Offer("quote", "stream", "books1"),
    Offer("depth", "stream", "books5", note="told every 500 ms at most"),
    Offer("mark", "stream", "ticker"),
    Offer("funding", "polled", "/api/v2/mix/market/history-fund-rate"),
    Offer(
        "open_interest",
        "stream",
        "ticker",
        certain=False,
        note="holdingAmount is read as coins of one side; the documents do not say whether it is both sides' sum "
        "(then half of it is meant)",
    ),
    Offer(
        "liquidation",
        "stream",
        "liquidation",
        certain=False,
        note="of v3: the largest long and the largest short of a symbol and second, may be told ten seconds late and "
        "more; side is read as the position's (buy: a long died), flipped as the closing order's; amount is read as "
        "worth in the quote coin, which one frame bears out to the last digit and no text says: else it is coins",
    ),
    Offer("day", "stream", "ticker"),
    Offer("bar", "stream", "candle1m", note="told when the next begins; no taker split, no number of trades"),
    Offer("listing", "polled", "/api/v2/mix/market/contracts"),
    Offer(
        "ratio:acct_global",
        "unsupported",
        note="long-short exists, and its page does not say whether it counts accounts or positions",
    ),
    Offer(
        "ratio:acct_top",
        "polled",
        "/api/v2/mix/market/account-long-short",
        certain=False,
        note="the accounts of large holders by the Chinese page; the English one says 'active' accounts, which may be "
        "all of them (then it is ratio:acct_global)",
    ),
    Offer(
        "ratio:pos_top",
        "unsupported",
        note="position-long-short exists, and its page does not say whose positions it counts",
    ),
    Offer("ratio:taker", "polled", "/api/v2/mix/market/taker-buy-sell"),
)


def topics_of(symbol: str, product: str) -> tuple[str, ...]:
    """A symbol's topics.

    >>> topics_of("BTCUSDT", "USDT-FUTURES")[:2]
    ('USDT-FUTURES/trade/BTCUSDT', 'USDT-FUTURES/books1/BTCUSDT')
    """
    return tuple(f"{product}/{topic.word}/{symbol}" for topic in TOPICS)


def channel_of_topic(topic: str) -> str:
    """The channel a topic belongs to; ``""`` if unknown.

    >>> [channel_of_topic(name) for name in ("USDT-FUTURES/ticker/BTCUSDT", "usdt-futures/liquidation", "x")]
    ['mark', 'liquidation', '']
    """
    return channel_of(f"{topic}/".split("/")[1])


def dealt(symbols: Sequence[str]) -> list[tuple[str, ...]]:
    """Symbols dealt out to sockets like cards: each gets some of the busiest, so that none of them is ever all thin.

    >>> [len(group) for group in dealt([f"C{k}USDT" for k in range(95)])]
    [10, 10, 10, 10, 10, 9, 9, 9, 9, 9]
    >>> len(dealt([f"C{k}USDT" for k in range(900)]))
    60
    """
    hands = min(SOCKETS, -(-len(symbols) * len(TOPICS) // TOPICS_A_SOCKET))
    return [tuple(symbols[hand::hands]) for hand in range(hands)]


def limits_s(symbols: Sequence[str]) -> dict[str, float | None]:
    """How long each channel of a socket with these symbols may be silent (s).

    >>> limits_s(["BTCUSDT"])["trade"], limits_s(["BTCUSDT"] * 10)["trade"]
    (100.0, 10.0)
    """
    patience = stall_factor(len(symbols))
    return {topic.channel: topic.expected_s * patience for topic in TOPICS}
