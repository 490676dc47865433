"""Frames of API v1 as they were in 2022: trades as arrays without an id, tickers in other words.

Markets were ``mc`` (every future) and ``sp`` (spot). Live nobody speaks this any more; recordings do. Books and
candles of v1 have the shape of v2, but no ``seq`` (a checksum instead) and no turnover.

Source: Bitget API v1, "mix", and a capture of 2022-04-07.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fbkit.feeds.decoding import Millis, Price, Size

#: What v1 calls the markets whose frames these are.
MARKETS = frozenset({"mc", "sp"})


class Trade(Struct, array_like=True, gc=False):
    """``trade``: instant, price, size in coins, the taker's side."""

    ts: Millis
    price: Price
    size: Size
    side: Literal["buy", "sell"]

    @property
    def tradeId(self) -> str:  # noqa: N802 - the venue's word
        """What stands in for an id: a trade of v1 is known by what it says."""
        return f"{self.ts} {self.price!r} {self.size!r} {self.side}"


_TICKER = {
    "lastPr": "last",
    "change24h": "priceChangePercent",
    "fundingRate": "capitalRate",
    "nextFundingTime": "nextSettleTime",
    "holdingAmount": "holding",
    "ts": "systemTime",
}


class Ticker(Struct, rename=_TICKER, gc=False):
    """``ticker``: as v2's, under the names of v2."""

    lastPr: Price | str | None = ""
    change24h: float | str | None = ""
    markPrice: float | str | None = ""
    indexPrice: float | str | None = ""
    fundingRate: float | str | None = ""
    nextFundingTime: int | str | None = ""
    holdingAmount: float | str | None = ""
    baseVolume: float | str | None = ""
    quoteVolume: float | str | None = ""
    ts: Millis = 0
