"""The rows of Hyperliquid's ``POST /info`` answers, under the venue's own names.

Trades and candles have the shape they have on the websocket (:mod:`fbkit.feeds.hyperliquid.wire`).

Source: Hyperliquid docs, "Info endpoint" and "Perpetuals".
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fbkit.feeds.decoding import Amount, Millis, Number


class MarketRow(msgspec.Struct, gc=False):
    """A perpetual of ``meta``: ``szDecimals`` are the decimals a size may have."""

    name: str
    szDecimals: Annotated[int, Meta(ge=0, le=18)] | None = None
    isDelisted: bool = False


class Universe(msgspec.Struct, gc=False):
    """``meta``."""

    universe: list[msgspec.Raw]


class VolumeRow(msgspec.Struct, gc=False):
    """The volume of the last 24 h in USD, of a context of ``metaAndAssetCtxs``."""

    dayNtlVlm: Amount = 0.0


class FundingRow(msgspec.Struct, gc=False):
    """``fundingHistory``: a settled rate; ``time`` is some ms after the hour."""

    coin: str
    fundingRate: Number
    time: Millis
