"""What the exchange pushes of books: every change of a best bid or ask, and the first levels at a cadence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fbkit.simulator.book import update_id
from fbkit.simulator.calendar import MS_MIN, MS_S
from fbkit.simulator.scene import Scene
from fbkit.simulator.streams import Frame, Stream


def best(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``bookTicker`` and ``!bookTicker``: pushed 1 ms after the change."""
    names: dict[int, list[str]] = {}
    for stream in wanted:
        for coin in range(len(scene.wires)) if stream.coin < 0 else (stream.coin,):
            names.setdefault(coin, []).append(stream.name)
    since, until = start_ms - 1, start_ms + MS_S - 1
    for minute in range(since // MS_MIN, (until - 1) // MS_MIN + 1):
        quotes = scene.quotes[minute]
        a, b = np.searchsorted(quotes.ts_ms, (since, until))
        for coin, ts, bid, ask, bid_steps, ask_steps in zip(*(c[a:b].tolist() for c in quotes), strict=True):
            if coin not in names:
                continue
            wire = scene.wires[coin]
            p, q = wire.price_scale, wire.size_scale
            row = (update_id(ts), bid / p, bid_steps / q, ask / p, ask_steps / q, ts, ts + 1)
            payload = wire.book_ticker % row
            for name in names[coin]:
                yield Frame(ts + 1, name, payload)


def depth(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``depth5|10|20``: coins take turns within the cadence, so that they do not all come at once."""
    depths = scene.books[start_ms // MS_S]
    for stream in wanted:
        wire, cadence = scene.wires[stream.coin], stream.cadence_ms
        for ts in range(start_ms + stream.coin * 37 % cadence, start_ms + MS_S, cadence):
            bids, asks = depths.book(stream.coin, ts, stream.levels)
            before = update_id(ts - cadence)
            yield Frame(ts, stream.name, wire.depth(ts, ts - 2, (before + 424, update_id(ts), before), bids, asks))
