"""When a candle is closed: the venue says so in newer frames; in older ones it is when the next one begins."""

from __future__ import annotations

from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.gate.wire import CandleRow
from fbkit.feeds.instruments import Known
from fbkit.model import NS_S, TIMEFRAMES, Bar, Ignored, Item

#: Lengths by the venue's word, as far as they are ours, in seconds.
LENGTHS = {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14400, "1d": 86_400}


class Candles:
    """Remembers each contract's newest candle, so that the one before it can be told as closed."""

    def __init__(self) -> None:
        self._open: dict[str, CandleRow] = {}
        self._told: dict[str, float] = {}

    def item(self, row: CandleRow, known: Known, ts_recv: int) -> Item:
        """What a row becomes: a bar (its own, or the one that it ends), or ``open_bar``."""
        tf = row.n.partition("_")[0]
        if tf not in TIMEFRAMES or tf not in LENGTHS:
            return Ignored("bar", "not_subscribed")
        before = self._open.get(row.n)
        if before is None or row.t >= before.t:
            self._open[row.n] = row
        if row.w:
            return self._once(row, known, ts_recv, LENGTHS[tf])
        if row.w is None and before is not None and row.t == before.t + LENGTHS[tf]:
            return self._once(before, known, ts_recv, LENGTHS[tf])
        return Ignored("bar", "open_bar")

    def forget(self, symbol: str) -> None:
        """A connection was cut: the candle that was open then may have changed unheard."""
        for name in [name for name in self._open if name.partition("_")[2] == symbol]:
            del self._open[name]

    def _once(self, row: CandleRow, known: Known, ts_recv: int, length_s: int) -> Item:
        if row.t <= self._told.get(row.n, -1.0):
            return Ignored("bar", "unchanged")
        self._told[row.n] = row.t
        return _bar(row, known, ts_recv, length_s)


def _bar(row: CandleRow, known: Known, ts_recv: int, length_s: int) -> Bar:
    ts_event, tf = (int(row.t) + length_s) * NS_S, row.n.partition("_")[0]
    numbers = Ohlcv(row.o, row.h, row.l, row.c, known.coins(row.v, row.c), turnover(row, known))
    return bar_of(known, tf, ts_event, ts_recv, numbers)


def turnover(row: CandleRow, known: Known) -> float:
    """USD traded in a candle: ``a`` where it can be that, else the volume at the middle of high and low.

    What ``a`` counts is not documented. Turnover lies between the volume at ``l`` and at ``h``: outside it is another
    number. Older frames have none.

    >>> from fbkit.feeds.gate.symbols import assume
    >>> btc = Known(assume("BTC_USDT"))
    >>> [turnover(CandleRow("1m_BTC_USDT", 0, 100.0, 110.0, 90.0, 100.0, 50_000, a), btc) for a in ("", 5.0, 507.5)]
    [500.0, 500.0, 507.5]
    """
    if known.inverse:
        return row.v * known.contract_size
    coins = row.v * known.contract_size
    if row.a and coins * row.l <= float(row.a) <= coins * row.h:
        return float(row.a)
    return coins * (row.h + row.l) / 2.0
