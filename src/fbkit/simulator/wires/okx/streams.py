"""What a client may subscribe to, at which address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.okx.templates import ContractWire
from fbkit.simulator.wires.wire import Stream

#: Channels by the address they live at.
PUBLIC = frozenset(
    {
        *("trades", "bbo-tbt", "books5", "books", "mark-price", "index-tickers", "funding-rate", "open-interest"),
        *("tickers", "liquidation-orders", "instruments"),
    }
)
BUSINESS = frozenset({"trades-all"})

#: Channels of a type of instruments.
BY_TYPE = frozenset({"liquidation-orders", "instruments"})
TYPES = ("SWAP", "FUTURES")

#: Channels that want a login and a fee tier.
VIP = frozenset({"books-l2-tbt", "books50-l2-tbt"})

#: Candles by the end of their channel's name; from six hours on, only those of UTC are spoken here.
CANDLES = {f"{name[:-1]}H" if name.endswith("h") else name: name for name in INTERVALS if INTERVALS[name] < 360}
CANDLES |= {f"{name[:-1]}{name[-1].upper()}utc": name for name in INTERVALS if INTERVALS[name] >= 360}


class Streams:
    """Finds the stream that an arg means.

    >>> from fbkit.simulator.market import Market
    >>> from fbkit.simulator.profile import PROFILES
    >>> coins = Market(7, 8, PROFILES["okx"]).universe.coins
    >>> streams = Streams([ContractWire(coin) for coin in coins])
    >>> streams.find({"channel": "index-tickers", "instId": "BTC-USDT"}, "public").coin
    0
    >>> streams.find({"channel": "trades-all", "instId": "BTC-USDT-SWAP"}, "public") is None
    True
    """

    def __init__(self, wires: Sequence[ContractWire]) -> None:
        self._coins = {wire.symbol: coin for coin, wire in enumerate(wires)}
        self._indexes: dict[str, int] = {}
        for coin, wire in enumerate(wires):
            self._indexes.setdefault(wire.family, coin)
        self._perpetual = {wire.symbol for wire in wires if wire.kind == "SWAP"}

    def find(self, arg: Mapping[str, Any], route: str) -> Stream | None:
        """The stream, ``None`` where this address has none of the kind."""
        channel, symbol = str(arg.get("channel", "")), str(arg.get("instId", ""))
        if channel not in (PUBLIC if route == "public" else BUSINESS) and not self._is_candle(channel, route):
            return None
        if channel in BY_TYPE:
            kind = str(arg.get("instType", ""))
            return Stream(f"{channel}:{kind}", channel, -1, route) if kind in TYPES else None
        if channel == "funding-rate" and symbol not in self._perpetual:
            return None
        coin = (self._indexes if channel == "index-tickers" else self._coins).get(symbol)
        if coin is None:
            return None
        if channel.startswith("candle"):
            return Stream(f"{channel}:{symbol}", "candle", coin, route, interval=CANDLES[channel[6:]])
        return Stream(f"{channel}:{symbol}", channel, coin, route)

    def _is_candle(self, channel: str, route: str) -> bool:
        return route == "business" and channel.startswith("candle") and channel[6:] in CANDLES


def arg_of(name: str) -> dict[str, str]:
    """The arg of a stream's name.

    >>> arg_of("trades-all:BTC-USDT-SWAP")
    {'channel': 'trades-all', 'instId': 'BTC-USDT-SWAP'}
    """
    channel, _, what = name.partition(":")
    return {"channel": channel, "instType" if channel in BY_TYPE else "instId": what}
