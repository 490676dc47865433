"""What Bybit offers of each channel, what to subscribe to, and how many topics fit on a connection.

Source: Bybit v5 docs, "Connect" ("Public channel - Args limits") and "WebSocket Stream / Public".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fbkit.feeds.offers import Offer
from fbkit.feeds.watchdog import stall_factor


class Topic(NamedTuple):
    """A topic: its channel, its name without the symbol, and how often it should speak (s); ``None``: when it likes."""

    channel: str
    word: str
    expected_s: float | None


#: Everything of one symbol rides on one socket, so that a cut ends nobody's state but its own symbols'.
TOPICS: tuple[Topic, ...] = (
    Topic("trade", "publicTrade", 1.0),
    Topic("quote", "orderbook.1", 1.0),  # said again after three calm seconds
    Topic("depth", "orderbook.50", 1.0),
    Topic("mark", "tickers", 1.0),
    Topic("liquidation", "allLiquidation", None),
    Topic("bar", "kline.1", 2.0),
)

#: What comes inside a ticker besides the mark.
RIDERS: dict[str, tuple[str, ...]] = {"mark": ("open_interest", "day")}

#: Characters of all ``args`` of a connection, of the 21,000 that the venue allows.
ARGS_CHARACTERS = 20_000

OFFERS: tuple[Offer, ...] = (
    Offer("trade", "stream", "publicTrade.{symbol}", note="ids are UUIDs: repetitions are known, holes are not"),
    Offer("quote", "stream", "orderbook.1.{symbol}"),
    Offer("depth", "stream", "orderbook.50.{symbol}", note="the top five of deltas, told every 500 ms at most"),
    Offer("mark", "stream", "tickers.{symbol}"),
    Offer("funding", "polled", "/v5/market/funding/history"),
    Offer(
        "open_interest",
        "stream",
        "tickers.{symbol}",
        note="singleOpenInterest; before 2026-06-11 half of openInterest, which counts both sides",
    ),
    Offer("liquidation", "stream", "allLiquidation.{symbol}", note="all of them, at the bankruptcy price"),
    Offer("day", "stream", "tickers.{symbol}"),
    Offer("bar", "stream", "kline.1.{symbol}", note="no taker split, no number of trades"),
    Offer("listing", "polled", "/v5/market/instruments-info"),
    Offer("ratio:acct_global", "polled", "/v5/market/account-ratio", note="USDT perpetuals only"),
    Offer("ratio:acct_top", "unsupported"),
    Offer("ratio:pos_top", "unsupported"),
    Offer("ratio:taker", "unsupported"),
)


def topics_of(symbol: str) -> tuple[str, ...]:
    """A symbol's topics.

    >>> topics_of("BTCUSDT")[:3]
    ('publicTrade.BTCUSDT', 'orderbook.1.BTCUSDT', 'orderbook.50.BTCUSDT')
    """
    return tuple(f"{topic.word}.{symbol}" for topic in TOPICS)


def channel_of_topic(name: str) -> str:
    """The channel a topic belongs to; ``""`` if unknown.

    >>> [channel_of_topic(name) for name in ("orderbook.1.BTCUSDT", "tickers.BTCPERP", "kline.5.BTCUSDT", "x")]
    ['quote', 'mark', 'bar', '']
    """
    for topic in TOPICS:
        if name.startswith(topic.word + "."):
            return topic.channel
    return "bar" if name.startswith("kline.") else ""


def shared_out(symbols: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Symbols in groups whose topics fit on one connection each.

    >>> [len(group) for group in shared_out(f"COIN{k}USDT" for k in range(300))]
    [135, 131, 34]
    """
    group: list[str] = []
    used = 0
    for symbol in symbols:
        # As JSON: two quotes and a comma around each.
        length = sum(len(topic.encode()) + 3 for topic in topics_of(symbol))
        if group and used + length > ARGS_CHARACTERS:
            yield tuple(group)
            group, used = [], 0
        group.append(symbol)
        used += length
    if group:
        yield tuple(group)


def limits_s(symbols: Sequence[str]) -> dict[str, float | None]:
    """How long each channel of a socket with these symbols may be silent (s).

    >>> limits_s(["BTCUSDT"])["trade"], limits_s(["BTCUSDT"] * 50)["trade"]
    (100.0, 10.0)
    """
    patience = stall_factor(len(symbols))
    return {topic.channel: None if topic.expected_s is None else topic.expected_s * patience for topic in TOPICS}
