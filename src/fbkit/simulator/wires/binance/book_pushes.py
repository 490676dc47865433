"""What the exchange pushes of books: every change of a best bid or ask, and the first levels at a cadence."""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.simulator.book import update_id
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.binance.templates import CoinWire
from fbkit.simulator.wires.wire import Frame, Stream


class BookPushes:
    """Makers of frames about books."""

    def __init__(self, scene: Scene, templates: list[CoinWire]) -> None:
        self._scene, self._templates = scene, templates

    def best(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``bookTicker`` and ``!bookTicker``: pushed 1 ms after the change."""
        names: dict[int, list[str]] = {}
        for stream in wanted:
            for coin in range(len(self._templates)) if stream.coin < 0 else (stream.coin,):
                names.setdefault(coin, []).append(stream.name)
        for coin, push, ts, update, bid, bid_steps, ask, ask_steps in self._scene.best(start_ms):
            if coin not in names:
                continue
            one = self._templates[coin]
            p, q = one.price_scale, one.size_scale
            payload = one.book_ticker % (update, bid / p, bid_steps / q, ask / p, ask_steps / q, ts, push)
            for name in names[coin]:
                yield Frame(push, name, payload)

    def depth(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``depth5|10|20``: coins take turns within the cadence, so that they do not all come at once."""
        depths = self._scene.depths[start_ms // MS_S]
        for stream in wanted:
            one, cadence = self._templates[stream.coin], stream.cadence_ms
            for ts in range(start_ms + stream.coin * 37 % cadence, start_ms + MS_S, cadence):
                bids, asks = depths.book(stream.coin, ts, stream.levels)
                before = update_id(ts - cadence)
                yield Frame(ts, stream.name, one.depth(ts, ts - 2, (before + 424, update_id(ts), before), bids, asks))
