"""At which prices takers traded an instrument (metrics reference 14)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from fbkit.model import TIMEFRAMES, Span
from fbkit.quant.formulas.profile import Profile, round_width, volume_profile
from fbkit.quant.frames import atr
from fbkit.store import Columns, Store
from fbkit.store.coverage import coverage

#: Bars read for an ATR: from some 10 times its length on it has settled.
_ATR_BARS = 300

#: Of what a bin is a tenth where no ATR is known: a third of the range of prices.
_RANGE_PARTS = 3.0


class Width(NamedTuple):
    """A bin's width (USD), and what it was taken from."""

    usd: float
    source: str


def profile(
    store: Store, instrument: str, span: Span, *, width_usd: float | None = None, tf: str = "15m"
) -> pd.DataFrame:
    """Taker USD by price: one row a bin ``[price_from_usd, price_to_usd)``, lowest first.

    Parameters
    ----------
    span : Span
        Of the trades' ``ts_event``.
    width_usd : float, optional
        Of a bin. Default: a round number near a tenth of the ATR over 14 bars of ``tf`` at the span's end; where there
        is no ATR, near a thirtieth of the range of the prices.

    Returns
    -------
    Columns ``buy_usd sell_usd delta_usd total_usd share in_value_area``. ``attrs``: ``poc_usd`` (middle of the fullest
    bin), ``value_low_usd`` and ``value_high_usd`` (ends of the 70 %), ``width_usd``, ``width_from``, ``n_trades``,
    ``venues``, ``coverage`` of trades in the span. No rows where nothing traded, or a price lies so far off that it
    would take more than 100,000 bins.
    """
    trades = store.read("trade", instrument, span)
    prices, usd = trades["price"], trades["price"] * trades["size"] * trades["side"]
    width = Width(width_usd, "given") if width_usd is not None else _width(store, instrument, tf, trades)
    frame = _framed(volume_profile(prices, usd, width.usd))
    frame.attrs |= {
        "width_usd": width.usd,
        "width_from": width.source,
        "n_trades": len(prices),
        "venues": instrument.partition(":")[0],
        "coverage": coverage(store, instrument, "trade", span),
    }
    return frame


def _width(store: Store, instrument: str, tf: str, trades: Columns) -> Width:
    """Of the ATR where the last trade left it."""
    if not len(trades["price"]):
        return Width(np.nan, "nothing traded")
    end = int(trades["ts_event"][-1])
    span = Span(end - _ATR_BARS * TIMEFRAMES[tf], end)
    bars = store.columns("bars", ("high", "low", "close"), instrument=instrument, tf=tf, span=span)
    ranges = atr(bars["high"], bars["low"], bars["close"], 14)
    known = ranges[np.isfinite(ranges)]
    if len(known):
        return Width(round_width(float(known[-1])), f"ATR(14) of {tf}")
    return Width(round_width(float(np.ptp(trades["price"])) / _RANGE_PARTS), "range of the prices")


def _framed(found: Profile) -> pd.DataFrame:
    total = found.buy + found.sell
    low, high = found.edges[:-1], found.edges[1:]
    body = {
        "price_from_usd": low,
        "price_to_usd": high,
        "buy_usd": found.buy,
        "sell_usd": found.sell,
        "delta_usd": found.buy - found.sell,
        "total_usd": total,
        "share": total / total.sum() if total.sum() > 0.0 else np.full(len(total), np.nan),
        "in_value_area": (low >= found.low) & (high <= found.high),
    }
    frame = pd.DataFrame(body)
    frame.attrs |= {"poc_usd": found.poc, "value_low_usd": found.low, "value_high_usd": found.high}
    return frame
