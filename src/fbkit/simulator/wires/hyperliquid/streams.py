"""Subscriptions: which there are, and how the exchange spells them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.wire import Stream

#: Where every connection is.
ROUTE = "ws"

#: A whole book: five levels every half second, or twenty every five.
FAST, SLOW = (5, 500), (20, 5_000)

_PLAIN = frozenset({"trades", "bbo", "activeAssetCtx"})


def stream_of(subscription: Mapping[str, Any], index: Mapping[str, int]) -> Stream | None:
    """The stream that a subscription asks for; ``None`` where the exchange knows no such thing.

    >>> stream_of({"type": "l2Book", "coin": "BTC", "fast": True}, {"BTC": 0}).name
    'l2Book:BTC:fast'
    >>> stream_of({"type": "trades", "coin": "NOSUCH"}, {"BTC": 0}) is None
    True
    """
    kind, symbol, interval = (subscription.get(key) for key in ("type", "coin", "interval"))
    coin = index.get(symbol) if isinstance(symbol, str) else None
    if coin is None:
        return None
    name = f"{kind}:{symbol}"
    if kind in _PLAIN:
        return Stream(name, str(kind), coin, ROUTE)
    if kind == "candle" and isinstance(interval, str) and interval in INTERVALS:
        return Stream(f"{name}:{interval}", "candle", coin, ROUTE, interval=interval)
    if kind == "l2Book":
        fast = subscription.get("fast") is True
        levels, cadence = FAST if fast else SLOW
        return Stream(f"{name}:fast" if fast else name, "l2Book", coin, ROUTE, levels, cadence)
    return None


def is_known(subscription: Mapping[str, Any]) -> bool:
    """Whether the exchange can read a subscription at all; what it cannot read it refuses in other words.

    >>> is_known({"type": "bbo", "coin": "NOSUCH"}), is_known({"type": "liquidations", "coin": "BTC"})
    (True, False)
    """
    kind, symbol = subscription.get("type"), subscription.get("coin")
    return isinstance(symbol, str) and isinstance(kind, str) and kind in _PLAIN | {"candle", "l2Book"}


def spelt(stream: Stream, symbol: str) -> dict[str, Any]:
    """A subscription as the exchange spells it back, with all that was left out."""
    found: dict[str, Any] = {"type": stream.kind, "coin": symbol}
    if stream.kind == "candle":
        found["interval"] = stream.interval
    elif stream.kind == "l2Book":
        found |= {"nSigFigs": None, "mantissa": None, "fast": stream.levels == FAST[0]}
    return found
