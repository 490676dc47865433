"""Trades, and who was liquidated in them.

Source: Deribit API 2.1.1, "trades.(instrument_name).(interval)".
"""

from __future__ import annotations

import msgspec

from fbkit.feeds.decoding import malformed
from fbkit.feeds.deribit.wire import TradeRow, is_price
from fbkit.feeds.instruments import Known
from fbkit.model import NS_MS, Item, Liquidation, Origin, Side, Trade


def trade_of(row: TradeRow, known: Known, ts_recv: int, origin: Origin = Origin.LIVE) -> Item:
    """A trade, and whoever was liquidated in it: the taker by selling lost a long, the maker the other way round."""
    size = known.coins(row.amount, row.price) if is_price(row.price) else 0.0
    if size <= 0:
        return malformed("trade", msgspec.json.encode(row), known.name)
    ts_event = row.timestamp * NS_MS
    side = Side.BUY if row.direction == "buy" else Side.SELL
    trade = Trade(known.name, ts_event, ts_recv, row.trade_seq, row.price, size, side, origin=origin)
    if not row.liquidation:
        return trade
    sold = {"T": side is Side.SELL, "M": side is Side.BUY}
    dead = [
        Liquidation(known.name, ts_event, ts_recv, "long" if sold[who] else "short", row.price, size, origin=origin)
        for who in "TM"
        if who in row.liquidation
    ]
    return (trade, *dead) if dead else trade
