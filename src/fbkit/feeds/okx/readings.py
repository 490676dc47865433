"""One row as an event, however it came: pushed or asked for, the rows of OKX are the same."""

from __future__ import annotations

from typing import Literal

from fbkit.feeds.candle import Ohlcv, bar_of
from fbkit.feeds.decoding import positive
from fbkit.feeds.instruments import Known
from fbkit.feeds.okx.wire import CandleRow, Detail, OpenInterestRow, TradeRow
from fbkit.model import NS_MS, TIMEFRAMES, Ignored, Item, OpenInterest, Origin, Side, Trade
from fbkit.model.events import Event

_BUY, _SELL = Side.BUY, Side.SELL


def trade_from(row: TradeRow, known: Known, ts_recv: int, origin: Origin = Origin.LIVE) -> Event:
    """``side`` is the taker's, ``sz`` counts contracts."""
    return Trade(
        known.name,
        row.ts * NS_MS,
        ts_recv,
        row.tradeId,
        row.px / known.unit_mult,
        known.coins(row.sz, row.px),
        _BUY if row.side == "buy" else _SELL,
        origin=origin,
    )


def bar_from(row: CandleRow, known: Known, tf: str, ts_recv: int, origin: Origin = Origin.LIVE) -> Item:
    """``ts`` is a candle's begin, ours its end; it is a bar once ``confirm`` is 1. No taker's share, no count."""
    if row.confirm != "1" or row.volCcyQuote is None:
        return Ignored("bar", "open_bar")
    numbers = Ohlcv(row.o, row.h, row.l, row.c, row.volCcy * known.unit_mult, row.volCcyQuote)
    return bar_of(known, tf, row.ts * NS_MS + TIMEFRAMES[tf], ts_recv, numbers, origin=origin)


def interest_from(row: OpenInterestRow, known: Known, ts_recv: int, share: float = 1.0) -> OpenInterest:
    """``oiCcy`` coins; ``share`` is what of them we count (half, where both sides are read into them)."""
    usd = positive(row.oiUsd)
    return OpenInterest(
        known.name,
        row.ts * NS_MS,
        ts_recv,
        row.oiCcy * known.unit_mult * share,
        None if usd is None else usd * share,
    )


def liquidated(row: Detail) -> Literal["long", "short"]:
    """The position that died: ``posSide`` says it, and where it is ``net``, the closing order's side does."""
    if row.posSide in {"long", "short"}:
        return "long" if row.posSide == "long" else "short"
    return "long" if row.side == "sell" else "short"
