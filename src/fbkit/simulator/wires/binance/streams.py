"""Stream names: which there are, what they mean, and at which address they are served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.wire import Stream

Route = Literal["public", "market", "unrouted"]

#: Streams a connection may have.
MOST_STREAMS = 1024


_ALL = {
    "!bookTicker": ("bookTicker", "public", 0),
    "!markPrice@arr": ("markPrices", "market", 3000),
    "!markPrice@arr@1s": ("markPrices", "market", 1000),
    "!ticker@arr": ("tickers", "market", 1000),
    "!forceOrder@arr": ("forceOrder", "market", 0),
}

_ONE = {
    "aggTrade": ("aggTrade", "market", 0),
    "bookTicker": ("bookTicker", "public", 0),
    "markPrice": ("markPrice", "market", 3000),
    "markPrice@1s": ("markPrice", "market", 1000),
    "ticker": ("ticker", "market", 2000),
    "forceOrder": ("forceOrder", "market", 0),
}

_CADENCES = {"": 250, "@100ms": 100, "@500ms": 500}


def stream_of(name: str, index: Mapping[str, int]) -> Stream | None:
    """What a name means; ``None`` where it means nothing and stays silent. ``index``: coin by symbol.

    >>> stream_of("btcusdt@depth5@500ms", {"BTCUSDT": 0}).cadence_ms, stream_of("BTCUSDT@aggTrade", {"BTCUSDT": 0})
    (500, None)
    """
    if name in _ALL:
        kind, route, cadence = _ALL[name]
        return Stream(name, kind, -1, route, cadence_ms=cadence)
    symbol, _, what = name.partition("@")
    coin = index.get(symbol.upper())
    if coin is None or symbol != symbol.lower():
        return None
    if what in _ONE:
        kind, route, cadence = _ONE[what]
        return Stream(name, kind, coin, route, cadence_ms=cadence)
    if what.startswith("kline_") and what[6:] in INTERVALS:
        return Stream(name, "kline", coin, "market", cadence_ms=250, interval=what[6:])
    if what.startswith("depth"):
        return _depth(name, coin, what[5:])
    return None


def _depth(name: str, coin: int, rest: str) -> Stream | None:
    for levels in (20, 10, 5):
        if rest.startswith(str(levels)):
            cadence = _CADENCES.get(rest[len(str(levels)) :])
            return None if cadence is None else Stream(name, "depth", coin, "public", levels, cadence)
    return None


def delivers(route: str, stream: Stream) -> bool:
    """Whether an address serves a stream: an unrouted one serves what ``/public`` does, and acknowledges the rest."""
    return stream.route == ("public" if route == "unrouted" else route)
