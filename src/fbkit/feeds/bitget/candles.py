"""Candles: the venue tells how they grow, and never that one is closed. It is, when the next begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fbkit.feeds.bitget.wire import Candle, Kline
from fbkit.model.items import IgnoreReason

#: A symbol and a timeframe of ours.
Key = tuple[str, str]


class Candles:
    """What each symbol's running candle says so far.

    A subscription begins with hundreds of rows of the past. What was over when we first heard of a symbol is
    ``replayed`` (a backfill asks for it); after a reconnect, rows that closed meanwhile are told.

    >>> candles = Candles()
    >>> def row(minute): return Candle(minute * 60_000, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0)
    >>> candles.take(("BTCUSDT", "1m"), [row(7), row(8)])
    ['open_bar', 'replayed']
    >>> [candle.start for candle in candles.take(("BTCUSDT", "1m"), [row(9)])]
    [480000]
    """

    def __init__(self) -> None:
        self._running: dict[Key, Candle | Kline] = {}
        self._since: dict[Key, int] = {}

    def take(self, key: Key, rows: Sequence[Candle | Kline]) -> list[Candle | Kline | IgnoreReason]:
        """For each row in order of time, the candle before it that it closes, or why it closes none to be told."""
        if rows:
            self._since.setdefault(key, rows[-1].start)
        return [self._step(key, row) for row in rows]

    def forget(self, symbols: Iterable[str]) -> None:
        """Their connection was cut: a running candle grew unheard, and a snapshot will say how it ended."""
        gone = set(symbols)
        self._running = {key: row for key, row in self._running.items() if key[0] not in gone}

    def _step(self, key: Key, row: Candle | Kline) -> Candle | Kline | IgnoreReason:
        before = self._running.get(key)
        if before is not None and row.start < before.start:
            return "replayed"
        if before is not None and before.start == row.start and row.volume < before.volume:
            return "open_bar"  # an older word on the same candle: another connection lags
        self._running[key] = row
        if before is None or before.start == row.start:
            return "open_bar"
        if before.start < self._since[key]:
            return "replayed"
        self._since[key] = before.start + 1
        return before
