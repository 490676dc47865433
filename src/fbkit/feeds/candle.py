"""A venue's candle as our bar."""

from __future__ import annotations

from typing import NamedTuple

from fbkit.feeds.instruments import Known
from fbkit.model import Bar, Ignored, Item, Origin


class Ohlcv(NamedTuple):
    """A candle's numbers: prices of the venue's unit, volume already in coins, turnover in USD; the taker's buys."""

    open: float
    high: float
    low: float
    close: float
    coins: float
    usd: float
    buy_usd: float | None = None
    n_trades: int | None = None


def bar_of(known: Known, tf: str, ts_event: int, ts_recv: int, row: Ohlcv, *, origin: Origin = Origin.LIVE) -> Bar:
    """A closed candle that ended at ``ts_event`` and was heard at ``ts_recv`` (UTC ns); prices are those of a coin.

    >>> from fbkit.model import Instrument
    >>> pepe = Known(Instrument("x:PEPE-USD-PERP", "x", "1000PEPE", "PEPE", "USD", "USD", unit_mult=1000.0))
    >>> bar = bar_of(pepe, "1m", 60, 61, Ohlcv(2.0, 3.0, 1.0, 2.0, 5000.0, 10.0))
    >>> bar.high, bar.vol_base
    (0.003, 5000.0)
    """
    unit = known.unit_mult
    return Bar(
        known.name,
        ts_event,
        ts_recv,
        tf,
        row.open / unit,
        row.high / unit,
        row.low / unit,
        row.close / unit,
        row.coins,
        row.usd,
        row.buy_usd,
        row.n_trades,
        origin=origin,
    )


def past_bar(known: Known, tf: str, ts_event: int, ts_recv: int, row: Ohlcv) -> Item:
    """A candle that was asked for; one that is still open at ``ts_recv`` is set aside."""
    if ts_event > ts_recv:
        return Ignored("bar", "open_bar")
    return bar_of(known, tf, ts_event, ts_recv, row, origin=Origin.BACKFILL)
