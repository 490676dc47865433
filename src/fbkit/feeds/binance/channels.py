"""What to subscribe to, over which of the two routed sockets, for which kind of event.

Source: Binance USDⓈ-M Futures, "Websocket Market Streams" and "Important WebSocket Change Notice" (2026-04-23: streams
of the wrong route are acknowledged and stay silent).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from fbkit.feeds.offers import Offer
from fbkit.feeds.socket import Socket
from fbkit.feeds.watchdog import STALL_FACTOR, stall_factor

Route = Literal["public", "market"]

#: Streams one connection may carry, of the 1024 the venue allows; the 1025th costs the whole connection.
STREAMS_PER_CONNECTION = 1000

#: Stream names in the address itself; the rest are subscribed to after connecting (an address may be 8 KB long).
NAMES_IN_URL = 50

#: Stream names in one SUBSCRIBE message.
NAMES_PER_MESSAGE = 200


class Stream(NamedTuple):
    """A stream: its channel, its route, its name with ``{s}`` for the symbol, and how often it should speak (s)."""

    channel: str
    route: Route
    pattern: str
    expected_s: float | None

    @property
    def per_symbol(self) -> bool:
        """Whether each symbol has a stream of its own."""
        return "{s}" in self.pattern


#: The cadence of the shallow book; the venue offers 100, 250 and 500 ms.
DEPTH_CADENCE = "500ms"

STREAMS: tuple[Stream, ...] = (
    Stream("mark", "market", "!markPrice@arr@1s", 1.0),
    Stream("day", "market", "!ticker@arr", 3.0),  # a frame a second, if anything changed
    Stream("liquidation", "market", "!forceOrder@arr", None),
    Stream("listing", "market", "!contractInfo", None),
    Stream("trade", "market", "{s}@aggTrade", 1.0),
    Stream("bar", "market", "{s}@kline_1m", 2.0),
    Stream("quote", "public", "{s}@bookTicker", 1.0),
    Stream("depth", "public", "{s}@depth5@" + DEPTH_CADENCE, 1.0),
)

#: What is asked for, and how often (s). Marks are streamed; the page has them before the stream's first word.
POLLED: dict[str, float] = {"open_interest": 15.0, "ratio": 300.0, "funding": 3600.0, "mark": 900.0}

_LARGEST = (
    "at most one order a symbol and second, so sums are lower bounds; until 2026-04-14 the documents said the latest, "
    "since then the largest of the second"
)
_SIDES = "the documents do not say how many sides are counted: read as one; flipped: as both, so that half is kept"

#: What Binance offers of each channel.
OFFERS: tuple[Offer, ...] = (
    Offer("trade", "stream", "<symbol>@aggTrade"),
    Offer("quote", "stream", "<symbol>@bookTicker"),
    Offer("depth", "stream", "<symbol>@depth5@" + DEPTH_CADENCE),
    Offer("mark", "stream", "!markPrice@arr@1s"),
    Offer("funding", "polled", "/fapi/v1/fundingRate"),
    Offer("open_interest", "polled", "/fapi/v1/openInterest", certain=False, note=_SIDES),
    Offer("liquidation", "stream", "!forceOrder@arr", note=_LARGEST),
    Offer("day", "stream", "!ticker@arr"),
    Offer("bar", "stream", "<symbol>@kline_1m"),
    Offer("listing", "stream", "!contractInfo"),
    Offer("ratio:acct_global", "polled", "/futures/data/globalLongShortAccountRatio"),
    Offer("ratio:acct_top", "polled", "/futures/data/topLongShortAccountRatio"),
    Offer("ratio:pos_top", "polled", "/futures/data/topLongShortPositionRatio"),
    Offer("ratio:taker", "polled", "/futures/data/takerlongshortRatio"),
)


def plan(ws: str, symbols: Sequence[str], *, market: bool = True) -> list[Socket]:
    """The sockets for these venue symbols, with the streams of the whole market or without.

    >>> [(socket.name, socket.symbols) for socket in plan("wss://fstream.binance.com", ["BTCUSDT", "ETHUSDT"])]
    [('market-1', ('BTCUSDT', 'ETHUSDT')), ('public-1', ('BTCUSDT', 'ETHUSDT'))]
    """
    sockets = []
    for route in ("market", "public"):
        streams = [stream for stream in STREAMS if stream.route == route]
        names = [(stream.pattern, "") for stream in streams if market and not stream.per_symbol]
        names += [
            (stream.pattern.format(s=symbol.lower()), symbol)
            for symbol in symbols
            for stream in streams
            if stream.per_symbol
        ]
        for at in range(0, len(names), STREAMS_PER_CONNECTION):
            part = names[at : at + STREAMS_PER_CONNECTION]
            sockets.append(_socket(ws, route, at // STREAMS_PER_CONNECTION + 1, part, len(symbols)))
    return sockets


def _socket(ws: str, route: str, number: int, named: Sequence[tuple[str, str]], n_symbols: int) -> Socket:
    """One socket; ``named`` are stream names with their symbols."""
    names = tuple(name for name, _ in named)
    return Socket(
        name=f"{route}-{number}",
        url=f"{ws}/{route}/stream?streams=" + "/".join(names[:NAMES_IN_URL]),
        topics=names[NAMES_IN_URL:],
        limits_s=_limits(names, n_symbols),
        symbols=tuple(dict.fromkeys(symbol for name, symbol in named if symbol and _carries(name, route))),
    )


def _carries(name: str, route: str) -> bool:
    """Whether a stream is the one that its symbol's socket is told by: where there are trades, theirs."""
    return route == "public" or channel_of_stream(name) == "trade"


def _limits(names: Sequence[str], n_symbols: int) -> dict[str, float | None]:
    present = {channel_of_stream(name) for name in names}
    patience = stall_factor(n_symbols)
    limits: dict[str, float | None] = {}
    for stream in STREAMS:
        if stream.channel in present:
            factor = patience if stream.per_symbol else STALL_FACTOR
            limits[stream.channel] = None if stream.expected_s is None else stream.expected_s * factor
    return limits


def channel_of_stream(name: str) -> str:
    """The channel a stream name belongs to, ours or one a recording holds; ``""`` if unknown.

    >>> [channel_of_stream(name) for name in ("btcusdt@aggTrade", "!ticker@arr", "btcusdt@depth@100ms")]
    ['trade', 'day', 'depth']
    """
    head, _, rest = name.partition("@")
    word = (head if head.startswith("!") else rest).partition("@")[0].lstrip("!")
    for prefix, channel in _WORDS.items():
        if word.startswith(prefix):
            return channel
    return ""


_WORDS = {
    "aggTrade": "trade",
    "trade": "trade",
    "bookTicker": "quote",
    "depth": "depth",
    "markPrice": "mark",
    "ticker": "day",
    "forceOrder": "liquidation",
    "kline": "bar",
    "contractInfo": "listing",
}
