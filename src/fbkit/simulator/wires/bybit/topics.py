"""Topics as a client spells them."""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.wire import Stream

#: Where all of them live.
ROUTE = "linear"

#: The venue's word for an interval, and the simulator's.
WORDS = {
    "D": "1d",
    "W": "1w",
    "M": "1M",
    **{str(minutes): name for name, minutes in INTERVALS.items() if minutes < 1440},
}

#: How often a book of each depth is pushed here; the venue sends up to five times as often.
DEPTHS = {"50": 200, "200": 200}


def stream_of(topic: str, index: Mapping[str, int]) -> Stream | None:
    """What a topic means; ``None`` for what the venue has no handler for.

    >>> stream_of("kline.1.BTCUSDT", {"BTCUSDT": 0}).interval
    '1m'
    >>> stream_of("liquidation.BTCUSDT", {"BTCUSDT": 0}), stream_of("tickers.NOPE", {})
    (None, None)
    """
    word, _, rest = topic.partition(".")
    if word in {"publicTrade", "tickers", "allLiquidation"}:
        coin = index.get(rest)
        return None if coin is None else Stream(topic, word, coin, ROUTE)
    middle, _, symbol = rest.partition(".")
    coin = index.get(symbol)
    if coin is None:
        return None
    if word == "kline" and WORDS.get(middle) in INTERVALS:
        return Stream(topic, word, coin, ROUTE, interval=WORDS[middle])
    if word == "orderbook" and middle == "1":
        return Stream(topic, "best", coin, ROUTE, levels=1)
    if word == "orderbook" and middle in DEPTHS:
        return Stream(topic, word, coin, ROUTE, levels=int(middle), cadence_ms=DEPTHS[middle])
    return None
