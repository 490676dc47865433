"""The kinds of frames, by the first word of their topic, and how each is decoded: once, with its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from fbkit.feeds.bybit import until_2025
from fbkit.feeds.bybit.wire import AllLiquidation, Envelope, Kline, OrderBook, PublicTrade, Ticker


class Kind(NamedTuple):
    """Our channel, a decoder of the whole frame, what a row is, and whether there are many."""

    channel: str
    decode: Callable[[bytes], Envelope[Any]]
    row: type
    many: bool


def _rows(channel: str, row: type) -> Kind:
    decoder: Any = msgspec.json.Decoder(Envelope[list[row]], strict=False)  # type: ignore[valid-type]  # known when it runs
    return Kind(channel, decoder.decode, row, many=True)


def _row(channel: str, row: type) -> Kind:
    decoder: Any = msgspec.json.Decoder(Envelope[row], strict=False)  # type: ignore[valid-type]  # known when it runs
    return Kind(channel, decoder.decode, row, many=False)


KINDS = {
    "publicTrade": _rows("trade", PublicTrade),
    "orderbook": _row("depth", OrderBook),
    "tickers": _row("mark", Ticker),
    "allLiquidation": _rows("liquidation", AllLiquidation),
    "kline": _rows("bar", Kline),
    "liquidation": _row("liquidation", until_2025.Liquidation),
}
