"""What a subscription asks for, by the words it is asked in: v2 says ``channel`` and ``instId``, v3 ``topic``."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.wire import Stream

#: The market that has contracts here; the venue's USDC futures are known, and empty.
MARKET, EMPTY_MARKET = "USDT-FUTURES", "USDC-FUTURES"

#: Where v2 and v3 live.
V2, V3 = "v2", "v3"

#: Levels of each book channel; ``books`` has here what the venue has in the first fifteen.
BOOKS = {"books1": 1, "books5": 5, "books15": 15, "books": 15}

#: How often a book is pushed here, ms; the venue's 150 ms are no whole slots.
CADENCE_MS = {"books1": 100, "books5": 200, "books15": 200, "books": 200}

#: The venue's word for an interval, and the simulator's.
WORDS = {"1H": "1h", "4H": "4h", "1D": "1d", "1Dutc": "1d", **{name: name for name in INTERVALS if name[-1] == "m"}}

#: What is wrong with a topic.
UNKNOWN_CHANNEL, UNKNOWN_SYMBOL = 30001, 30003


class Arg(msgspec.Struct, frozen=True, omit_defaults=True):
    """A topic as a client spells it, and as the answer to it repeats it."""

    instType: str = ""
    channel: str = ""
    instId: str = ""
    topic: str = ""
    symbol: str = ""

    @property
    def name(self) -> str:
        """One name a stream."""
        return "/".join(
            part for part in (self.instType, self.channel or self.topic, self.instId or self.symbol) if part
        )

    def words(self) -> str:
        """How an error names it."""
        return ",".join(f"{key}:{value}" for key, value in msgspec.structs.asdict(self).items() if value)


def stream_of(arg: Arg, route: str, index: Mapping[str, int]) -> Stream | int:
    """The stream that a topic means, or the code of what is wrong with it.

    >>> stream_of(Arg("USDT-FUTURES", "books5", "BTCUSDT"), V2, {"BTCUSDT": 0}).levels
    5
    >>> stream_of(Arg("USDT-FUTURES", "votes", "BTCUSDT"), V2, {}), stream_of(Arg("USDT-FUTURES", "trade", "X"), V2, {})
    (30001, 30003)
    """
    if route == V3:
        markets = {MARKET.lower(), EMPTY_MARKET.lower()}
        known = arg.topic == "liquidation" and arg.instType in markets
        return Stream(arg.name, "liquidation", -1, V3) if known else UNKNOWN_CHANNEL
    interval = WORDS.get(arg.channel.removeprefix("candle"), "") if arg.channel.startswith("candle") else ""
    if arg.channel not in {"trade", "ticker", *BOOKS} and interval not in INTERVALS:
        return UNKNOWN_CHANNEL
    coin = index.get(arg.instId) if arg.instType == MARKET else None
    if coin is None:
        return UNKNOWN_SYMBOL
    kind = "candle" if interval else arg.channel.replace("books15", "books5")
    levels, cadence = BOOKS.get(arg.channel, 0), CADENCE_MS.get(arg.channel, 0)
    return Stream(arg.name, kind, coin, V2, levels, cadence, interval)
