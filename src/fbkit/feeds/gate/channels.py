"""What Gate offers, and what to subscribe to for it.

A topic is a text of ours: the venue's channel, a contract, and what else its payload wants:
``futures.trades BTC_USDT``, ``futures.order_book_update BTC_USDT 100ms 20``, ``futures.candlesticks 1m BTC_USDT``.

Source: Gate "Futures WebSocket v4".
"""

from __future__ import annotations

from fbkit.feeds.gate.wire import CHANNEL_OF
from fbkit.feeds.offers import Offer

OFFERS: tuple[Offer, ...] = (
    Offer("trade", "stream", "futures.trades"),
    Offer("quote", "stream", "futures.book_ticker"),
    Offer("depth", "stream", "futures.order_book_update"),
    Offer("mark", "stream", "futures.tickers"),
    Offer("funding", "polled", "funding_rate"),
    Offer(
        "open_interest",
        "stream",
        "futures.tickers",
        certain=False,
        note="total_size is read as counting one side, as no text says; flipped it counts both, and is halved",
    ),
    Offer(
        "liquidation",
        "stream",
        "futures.public_liquidates",
        certain=False,
        note="the size's sign is read as the forced order's: below zero closed a long, at the order's price; flipped "
        "it is the position's, as in liq_orders",
    ),
    Offer("day", "stream", "futures.tickers"),
    Offer(
        "bar",
        "stream",
        "futures.candlesticks",
        note="live, turnover is the amount where that lies between low and high, else the volume at their middle",
    ),
    Offer("listing", "polled", "contracts"),
    Offer(
        "ratio:acct_global",
        "polled",
        "contract_stats",
        certain=False,
        note="lsr_account is read as accounts, as REST's text has it; flipped lsr_taker is, as the websocket's has it",
    ),
    Offer("ratio:acct_top", "polled", "contract_stats"),
    Offer("ratio:pos_top", "polled", "contract_stats"),
    Offer(
        "ratio:taker",
        "polled",
        "contract_stats",
        certain=False,
        note="lsr_taker is read as takers' volume, as REST's text has it; flipped lsr_account is, as the websocket's",
    ),
)

#: Every contract's liquidations ride on one topic.
ALL_LIQUIDATIONS = "futures.public_liquidates !all"

#: Topics of one contract: patterns with ``{s}`` for its symbol.
PATTERNS = (
    "futures.trades {s}",
    "futures.book_ticker {s}",
    "futures.tickers {s}",
    "futures.order_book_update {s} 100ms 20",
    "futures.candlesticks 1m {s}",
)

#: Levels of a snapshot that begins a book; updates reach as far (``PATTERNS``).
SNAPSHOT_LEVELS = 20

#: How often each channel should speak where it is busy (s); ``None``: it may be silent for ever.
EXPECTED_S: dict[str, float | None] = {
    "trade": 1.0,
    "quote": 1.0,
    "mark": 1.0,
    "depth": 1.0,
    "bar": 2.0,
    "liquidation": None,
}


def topics_of(symbol: str) -> list[str]:
    """Everything streamed of one contract.

    >>> topics_of("BTC_USDT")[0]
    'futures.trades BTC_USDT'
    """
    return [pattern.format(s=symbol) for pattern in PATTERNS]


def channel_of(topic: str) -> str:
    """The channel of ours that a topic belongs to.

    >>> channel_of("futures.candlesticks 1m BTC_USDT")
    'bar'
    """
    return CHANNEL_OF.get(topic.partition(" ")[0], "")
