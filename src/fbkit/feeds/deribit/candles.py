"""Candles that are open until the next one begins: the venue sends each again and again, and never says "closed"."""

from __future__ import annotations

from collections.abc import Iterable

from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.deribit.wire import Candle
from fbkit.feeds.instruments import Known
from fbkit.model import NS_MS, Bar, Ignored, Item, Origin

MINUTE_MS = 60_000


class Candles:
    """The open candle of each instrument.

    A candle is closed by its neighbour: by a later one it is not, because then something was missed in between, and
    its last word may have been too.
    """

    def __init__(self) -> None:
        self._open: dict[str, Candle] = {}

    def take(self, candle: Candle, known: Known, ts_recv: int) -> Item:
        """The bar that ended with this candle's beginning, or that none did."""
        before = self._open.get(known.name)
        if before is not None and candle.tick < before.tick:
            return Ignored("bar", "replayed")
        if before is not None and candle.tick == before.tick and candle.volume < before.volume:
            return Ignored("bar", "open_bar")  # an older word on the same candle: another connection lags
        self._open[known.name] = candle
        if before is None or candle.tick != before.tick + MINUTE_MS:
            return Ignored("bar", "open_bar")
        return bar_from(before, known, ts_recv)

    def forget(self, names: Iterable[str]) -> None:
        """A connection was cut: the last word on these was not heard."""
        for name in names:
            self._open.pop(name, None)


def bar_from(candle: Candle, known: Known, ts_recv: int, origin: Origin = Origin.LIVE) -> Bar:
    """A closed candle as a bar; ``cost`` is in USD (linear: USDC)."""
    numbers = Ohlcv(candle.open, candle.high, candle.low, candle.close, candle.volume, candle.cost)
    return bar_of(known, "1m", (candle.tick + MINUTE_MS) * NS_MS, ts_recv, numbers, origin=origin)
