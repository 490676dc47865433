"""Candles: the venue tells only how the open one grows; one is closed when the next begins."""

from __future__ import annotations

from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.hyperliquid.wire import CandleRow
from fbkit.feeds.instruments import Known
from fbkit.model import NS_MS, NS_S, Bar, Origin

#: When no candle of anybody was heard for so long, the venue was silent and not the market: some grew on unheard.
QUIET_NS = 15 * NS_S


class OpenCandles:
    """The newest state of each candle that is open.

    >>> candles = OpenCandles()
    >>> def at(minute, close):
    ...     return CandleRow(minute * 60_000, minute * 60_000 + 59_999, "BTC", "1m", 9.0, 9.0, 8.0, close, 1.0, 3)
    >>> [candles.closed_by(row, 0) for row in (at(5, 8.0), at(5, 8.5))]
    [None, None]
    >>> candles.closed_by(at(6, 8.6), 0).c
    8.5
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], CandleRow] = {}
        self._heard = 0

    def closed_by(self, row: CandleRow, ts_recv: int) -> CandleRow | None:
        """The candle that is over now that ``row`` has come at ``ts_recv`` (UTC ns), as it was heard last."""
        if ts_recv - self._heard > QUIET_NS:
            self._open.clear()
        self._heard = ts_recv
        before = self._open.get((row.s, row.i))
        # What counts less is an older word on the same candle: another connection lags.
        if before is None or row.t > before.t or (row.t == before.t and row.n >= before.n):
            self._open[row.s, row.i] = row
        return before if before is not None and row.t > before.t else None

    def forget(self, symbol: str) -> None:
        """A connection was cut: what was heard last may not be how it ended."""
        for key in [key for key in self._open if key[0] == symbol]:
            del self._open[key]


def bar_from(row: CandleRow, known: Known, ts_recv: int, origin: Origin = Origin.LIVE) -> Bar:
    """A closed candle; ``T`` is its last millisecond, ours is the end.

    The venue states coins only: USD are coins times the mean of open, high, low and close.
    """
    mean = (row.o + row.h + row.l + row.c) / 4
    numbers = Ohlcv(row.o, row.h, row.l, row.c, row.v * known.size_mult, row.v * mean, None, row.n)
    return bar_of(known, row.i, (row.T + 1) * NS_MS, ts_recv, numbers, origin=origin)
