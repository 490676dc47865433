"""The names of channels. What is none, or needs what a stranger does not have, is left out of the answer.

Source: Deribit API 2.1.1, "Subscriptions".
"""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.simulator.wires.wire import Stream

#: Where they all live.
PATH = "/ws/api/v2"

#: Levels a side that we know of a book; the real one is whole.
LEVELS = 10

SLOT_MS = 100

#: How the exchange calls the lengths of candles.
RESOLUTIONS = {
    "1": "1m",
    "3": "3m",
    "5": "5m",
    "15": "15m",
    "30": "30m",
    "60": "1h",
    "120": "2h",
    "360": "6h",
    "720": "12h",
    "1D": "1d",
}

_INTERVALS = ("100ms", "agg2")
_PACED = frozenset({"trades", "ticker", "book"})


def stream_of(name: str, index: Mapping[str, int]) -> Stream | None:
    """The stream that a channel's name means, ``None`` where it means none.

    >>> index = {"BTC-PERPETUAL": 0}
    >>> stream_of("book.BTC-PERPETUAL.100ms", index)[1:3], stream_of("chart.trades.BTC-PERPETUAL.1", index).interval
    (('book', 0), '1m')
    >>> [stream_of(name, index) for name in ("trades.NONE-PERPETUAL.100ms", "ticker.BTC-PERPETUAL.7ms", "user.orders")]
    [None, None, None]
    """
    words = name.split(".")
    if words[0] in _PACED and len(words) == 3 and words[2] in _INTERVALS:
        return _of(name, words[0], index.get(words[1]))
    if words[0] == "quote" and len(words) == 2:
        return _of(name, "quote", index.get(words[1]))
    if words[:2] == ["chart", "trades"] and len(words) == 4 and words[3] in RESOLUTIONS:
        return _of(name, "chart", index.get(words[2]), RESOLUTIONS[words[3]])
    if words[:2] == ["instrument", "state"] and len(words) == 4:
        return _of(name, "instrument", -1)
    return None


def is_raw(name: str) -> bool:
    """Whether a name asks for every change: only those who logged in hear that.

    >>> is_raw("trades.BTC-PERPETUAL.raw"), is_raw("quote.BTC-PERPETUAL")
    (True, False)
    """
    return name.endswith(".raw")


def _of(name: str, kind: str, coin: int | None, interval: str = "") -> Stream | None:
    if coin is None:
        return None
    cadence_ms, levels = (SLOT_MS, LEVELS) if kind == "book" else (0, 0)
    return Stream(name, kind, coin, "public", levels, cadence_ms, interval)
