"""What to subscribe to, over which of the two routed sockets, for which kind of event.

Source: Binance USDⓈ-M Futures, "Websocket Market Streams" and "Important WebSocket Change Notice" (2026-04-23: streams
of the wrong route are acknowledged and stay silent).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from fbkit.feeds.watchdog import STALL_FACTOR

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

#: Channels without a stream, and how often they are asked for (s).
POLLED: dict[str, float] = {"open_interest": 15.0, "ratio": 300.0, "funding": 3600.0}

#: Where fewer instruments than this are followed, silence is allowed for longer: one thin market is not a dead socket.
_CROWD = 10


class Plan(NamedTuple):
    """One socket: its name, route, stream names, and how long each of its channels may be silent (s)."""

    name: str
    route: Route
    streams: tuple[str, ...]
    limits_s: dict[str, float | None]

    @property
    def path(self) -> str:
        """Path and query of the socket, with the first names in it."""
        return f"/{self.route}/stream?streams=" + "/".join(self.streams[:NAMES_IN_URL])

    def messages(self) -> Iterator[tuple[str, ...]]:
        """The names still to be subscribed to after connecting, a message's worth at a time."""
        for at in range(NAMES_IN_URL, len(self.streams), NAMES_PER_MESSAGE):
            yield self.streams[at : at + NAMES_PER_MESSAGE]


def plan(symbols: Sequence[str]) -> list[Plan]:
    """The sockets for these venue symbols.

    >>> [(socket.name, len(socket.streams)) for socket in plan(["BTCUSDT", "ETHUSDT"])]
    [('market-1', 8), ('public-1', 4)]
    """
    sockets = []
    for route in ("market", "public"):
        streams = [stream for stream in STREAMS if stream.route == route]
        names = [stream.pattern for stream in streams if not stream.per_symbol]
        names += [
            stream.pattern.format(s=symbol.lower()) for symbol in symbols for stream in streams if stream.per_symbol
        ]
        for at in range(0, len(names), STREAMS_PER_CONNECTION):
            part = tuple(names[at : at + STREAMS_PER_CONNECTION])
            sockets.append(
                Plan(f"{route}-{at // STREAMS_PER_CONNECTION + 1}", route, part, _limits(part, len(symbols)))
            )
    return sockets


def _limits(names: Sequence[str], n_symbols: int) -> dict[str, float | None]:
    present = {channel_of_stream(name) for name in names}
    patience = max(1, -(-_CROWD // max(1, n_symbols)))
    limits: dict[str, float | None] = {}
    for stream in STREAMS:
        if stream.channel in present:
            factor = STALL_FACTOR * (patience if stream.per_symbol else 1)
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
