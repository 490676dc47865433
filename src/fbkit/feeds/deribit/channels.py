"""What Deribit offers of each channel, and what to subscribe to.

Source: Deribit API 2.1.1, "Subscriptions". ``.raw`` needs a login; ``.100ms`` gathers a tenth of a second, and loses no
trade and no level by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fbkit.feeds.offers import Offer
from fbkit.feeds.watchdog import stall_factor


class Topic(NamedTuple):
    """A topic: its channel, its name with ``{s}`` for the symbol, and how often it should speak (s)."""

    channel: str
    pattern: str
    expected_s: float


#: Everything of one symbol rides on one socket, so that a cut ends nobody's state but its own symbols'.
TOPICS: tuple[Topic, ...] = (
    Topic("trade", "trades.{s}.100ms", 3.0),
    Topic("quote", "quote.{s}", 1.0),
    Topic("depth", "book.{s}.100ms", 1.0),
    Topic("mark", "ticker.{s}.100ms", 1.0),
    Topic("bar", "chart.trades.{s}.1", 12.0),  # a minute without trades is told once, at its end
)

#: Of all contracts at once: created, closed, settled.
STATES = "instrument.state.future.any"

#: What comes inside another's frames.
RIDERS: dict[str, tuple[str, ...]] = {"mark": ("open_interest", "day"), "trade": ("liquidation",)}

#: Symbols of a connection: 200 topics. The venue allows an address 32 connections, and lists some 40 futures.
SYMBOLS_PER_CONNECTION = 40

OFFERS: tuple[Offer, ...] = (
    Offer("trade", "stream", "trades.{instrument}.100ms", note="block trades are among them, under their numbers"),
    Offer("quote", "stream", "quote.{instrument}"),
    Offer("depth", "stream", "book.{instrument}.100ms", note="the top five of changes, told every 500 ms at most"),
    Offer(
        "mark",
        "stream",
        "ticker.{instrument}.100ms",
        certain=False,
        note="funding accrues continuously: funding_8h, what accrued in the last 8 h, is read as the predicted rate; "
        "the other reading is current_funding, the rate of the moment per 8 h",
    ),
    Offer("funding", "polled", "public/get_funding_rate_history", note="interest_1h: what accrued in an hour"),
    Offer(
        "open_interest", "stream", "ticker.{instrument}.100ms", note="USD of inverse contracts, coins of linear ones"
    ),
    Offer("liquidation", "stream", "trades.{instrument}.100ms", note="all of them, as trades with a flag"),
    Offer("day", "stream", "ticker.{instrument}.100ms", note="no number of trades"),
    Offer("bar", "stream", "chart.trades.{instrument}.1", note="closed by the next one; no taker split, no number"),
    Offer("listing", "stream", STATES),
    Offer("ratio:acct_global", "unsupported"),
    Offer("ratio:acct_top", "unsupported"),
    Offer("ratio:pos_top", "unsupported"),
    Offer("ratio:taker", "unsupported"),
)


def topics_of(symbol: str) -> tuple[str, ...]:
    """A symbol's topics.

    >>> topics_of("BTC-PERPETUAL")[:2]
    ('trades.BTC-PERPETUAL.100ms', 'quote.BTC-PERPETUAL')
    """
    return tuple(topic.pattern.format(s=symbol) for topic in TOPICS)


def book_topic(symbol: str) -> str:
    """What a symbol's book comes by."""
    return f"book.{symbol}.100ms"


def channel_of_topic(name: str) -> str:
    """The channel a topic belongs to; ``""`` if unknown.

    >>> [channel_of_topic(name) for name in ("book.X-PERPETUAL.100ms", STATES, "platform_state")]
    ['depth', 'listing', '']
    """
    return _WORDS.get(name.partition(".")[0], "")


_WORDS = {topic.pattern.partition(".")[0]: topic.channel for topic in TOPICS} | {"instrument": "listing"}


def shared_out(symbols: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Symbols in groups of a connection each.

    >>> [len(group) for group in shared_out([f"C{k}-PERPETUAL" for k in range(90)])]
    [40, 40, 10]
    """
    for at in range(0, len(symbols), SYMBOLS_PER_CONNECTION):
        yield tuple(symbols[at : at + SYMBOLS_PER_CONNECTION])


def limits_s(symbols: Sequence[str]) -> dict[str, float | None]:
    """How long each channel of a socket with these symbols may be silent (s); states may be for ever.

    >>> limits_s(["BTC-PERPETUAL"])["quote"], limits_s(["BTC-PERPETUAL"] * 20)["quote"]
    (100.0, 10.0)
    """
    patience = stall_factor(len(symbols))
    return {**{topic.channel: topic.expected_s * patience for topic in TOPICS}, "listing": None}
