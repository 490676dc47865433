"""What OKX offers, what to subscribe to, over which of its two sockets.

Source: OKX v5 docs, "Market Data", "Public Data", "Trading Statistics"; candles and ``trades-all`` live on
``/ws/v5/business``, everything else of ours on ``/ws/v5/public``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from fbkit.feeds.instruments import Known
from fbkit.feeds.offers import Offer
from fbkit.feeds.okx.symbols import index_of
from fbkit.feeds.venue import Socket
from fbkit.feeds.watchdog import stall_factor
from fbkit.model.events import RatioKind

Route = Literal["public", "business"]

#: The venue advises fewer than 30 books a connection.
INSTRUMENTS_PER_CONNECTION = 29

#: Instrument types we follow.
TYPES = ("SWAP", "FUTURES")

#: Channels that are subscribed to by instrument type.
BY_TYPE = frozenset({"liquidation-orders", "instruments"})


class Stream(NamedTuple):
    """A stream: our channel, its route, the venue's channel, and how often it should speak (s)."""

    channel: str
    route: Route
    name: str
    expected_s: float | None


STREAMS: tuple[Stream, ...] = (
    Stream("trade", "business", "trades-all", 1.0),
    Stream("bar", "business", "candle1m", 2.0),
    Stream("quote", "public", "bbo-tbt", 1.0),
    Stream("depth", "public", "books5", 1.0),
    Stream("mark", "public", "mark-price", 1.0),
    Stream("mark", "public", "index-tickers", 1.0),
    Stream("funding", "public", "funding-rate", 90.0),
    Stream("open_interest", "public", "open-interest", 3.0),
    Stream("day", "public", "tickers", 1.0),
    Stream("liquidation", "public", "liquidation-orders", None),
    Stream("listing", "public", "instruments", None),
)

#: Channels that dated futures do not have.
_PERPETUAL_ONLY = frozenset({"funding"})

_CHANNELS = {stream.name: stream.channel for stream in STREAMS}

_RUBIK = "rubik/stat/contracts/"

#: Where each ratio is asked for, below ``/api/v5/``.
RATIOS: dict[RatioKind, str] = {
    "acct_global": _RUBIK + "long-short-account-ratio-contract",
    "acct_top": _RUBIK + "long-short-account-ratio-contract-top-trader",
    "pos_top": _RUBIK + "long-short-position-ratio-contract-top-trader",
    "taker": "rubik/stat/taker-volume-contract",
}

_TOP = "the top here are the 5 % with the largest open positions"

OFFERS: tuple[Offer, ...] = (
    Offer(
        "trade",
        "stream",
        "trades-all",
        note="ids are read as counting one by one; the documents promise it of the merged `trades` only by its count",
    ),
    Offer("quote", "stream", "bbo-tbt"),
    Offer("depth", "stream", "books5"),
    Offer("mark", "stream", "mark-price, index-tickers, funding-rate"),
    Offer("funding", "stream", "funding-rate"),
    Offer(
        "open_interest",
        "stream",
        "open-interest",
        certain=False,
        note="oiCcy is read as one side counted; the other reading is both sides, of which half is one",
    ),
    Offer(
        "liquidation", "stream", "liquidation-orders", note="at most one a contract and second: sums are lower bounds"
    ),
    Offer("day", "stream", "tickers", note="no volume in USD"),
    Offer("bar", "stream", "candle1m", note="no takers' share, no count of trades"),
    Offer("listing", "stream", "instruments"),
    Offer("ratio:acct_global", "polled", RATIOS["acct_global"]),
    Offer("ratio:acct_top", "polled", RATIOS["acct_top"], note=_TOP),
    Offer("ratio:pos_top", "polled", RATIOS["pos_top"], note=_TOP),
    Offer("ratio:taker", "polled", RATIOS["taker"], note="contracts bought over contracts sold"),
)


def sockets(base: str, followed: Sequence[Known]) -> list[Socket]:
    """The sockets for these instruments: two for each so many of them; what is subscribed to by type is on the first.

    >>> from fbkit.feeds.okx.symbols import assume
    >>> [(socket.name, len(socket.topics)) for socket in sockets("wss://x", [Known(assume("BTC-USDT-SWAP"))])]
    [('public-1', 11), ('business-1', 2)]
    """
    made: list[Socket] = []
    indexes: set[str] = set()
    for at in range(0, len(followed), INSTRUMENTS_PER_CONNECTION):
        part = followed[at : at + INSTRUMENTS_PER_CONNECTION]
        for route in ("public", "business"):
            topics = _topics(route, part, indexes)
            if route == "public" and not made:
                topics += [f"{name}:{kind}" for name in sorted(BY_TYPE) for kind in TYPES]
            made.append(_socket(base, route, at // INSTRUMENTS_PER_CONNECTION + 1, topics, part))
    return made


def channel_of_topic(topic: str) -> str:
    """The channel of ours that a topic belongs to; ``""`` if none.

    >>> channel_of_topic("index-tickers:BTC-USDT"), channel_of_topic("status:")
    ('mark', '')
    """
    return _CHANNELS.get(topic.partition(":")[0], "")


def _topics(route: str, part: Sequence[Known], indexes: set[str]) -> list[str]:
    """``indexes`` are those subscribed to already: many contracts share one."""
    topics = []
    for known in part:
        symbol, index = known.instrument.venue_symbol, index_of(known.instrument.venue_symbol)
        for stream in STREAMS:
            if stream.route != route or stream.name in BY_TYPE:
                continue
            if stream.name == "index-tickers":
                if index not in indexes:
                    topics.append(f"{stream.name}:{index}")
                    indexes.add(index)
            elif known.instrument.expiry is None or stream.channel not in _PERPETUAL_ONLY:
                topics.append(f"{stream.name}:{symbol}")
    return topics


def _socket(base: str, route: str, number: int, topics: list[str], part: Sequence[Known]) -> Socket:
    present = {topic.partition(":")[0] for topic in topics}
    patience = stall_factor(len(part))
    limits = {
        stream.channel: None if stream.expected_s is None else stream.expected_s * patience
        for stream in STREAMS
        if stream.name in present
    }
    symbols = tuple(known.instrument.venue_symbol for known in part)
    return Socket(f"{route}-{number}", f"{base}/ws/v5/{route}", tuple(topics), limits, symbols=symbols)
