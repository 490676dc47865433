"""What the exchange pushes in one second: every frame of the streams that anybody wants, in the order of sending.

A frame is a function of seed, stream and instant. Wanting fewer streams makes fewer frames and changes none of the
others, nor their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from fbkit.simulator import book_pushes, mark_pushes, trade_pushes
from fbkit.simulator.market import Market
from fbkit.simulator.scene import Scene
from fbkit.simulator.streams import Frame, Stream

#: Who makes the frames of each kind; at the same millisecond they go out in this order.
KINDS: dict[str, Callable[[Scene, int, list[Stream]], Iterator[Frame]]] = {
    "aggTrade": trade_pushes.agg_trades,
    "bookTicker": book_pushes.best,
    "depth": book_pushes.depth,
    "markPrices": mark_pushes.all_marks,
    "markPrice": mark_pushes.marks,
    "forceOrder": mark_pushes.forced,
    "kline": trade_pushes.klines,
    "tickers": trade_pushes.all_days,
    "ticker": trade_pushes.some_days,
}


class Frames(Scene):
    """Makes frames from a market.

    The first 24 h ticker needs a day of klines, two seconds of work; who is not ``patient`` hears none until somebody
    has made them.
    """

    def __init__(self, market: Market, *, patient: bool = True) -> None:
        super().__init__(market)
        self.patient = patient

    def second(self, start_ms: int, wanted: Iterable[Stream]) -> list[Frame]:
        """All frames of the wanted streams sent in ``[start_ms, start_ms + 1000)``, ``start_ms`` a full second."""
        by_kind: dict[str, list[Stream]] = {}
        for stream in wanted:
            by_kind.setdefault(stream.kind, []).append(stream)
        if not self.patient and not self.tickers.ready(start_ms):
            by_kind.pop("tickers", None)
            by_kind.pop("ticker", None)
        frames: list[Frame] = []
        for kind, make in KINDS.items():
            if kind in by_kind:
                frames += make(self, start_ms, sorted(by_kind[kind]))
        frames.sort(key=itemgetter(0))
        return frames
