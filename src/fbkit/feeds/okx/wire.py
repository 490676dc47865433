"""The fields of OKX's messages that we keep, under the venue's own names. Decimals become float64 here.

Nearly every value is a text; a text may be empty, and any key missing: what must be there has no default. Older
frames lack ``seqId`` (before 2022-11), ``count``, ``oiUsd``, the settled rate and a candle's last two values.

Source: OKX v5 docs, "Market Data" and "Public Data"; examples: ``tests/fixtures/venues/okx/``.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from fbkit.feeds.decoding import Amount, Id, Millis, Price, Size, number

#: A number, or a text that may be one, may be empty, and must not spoil its row.
Perhaps = float | str

Side = Literal["buy", "sell"]


def millis(text: Perhaps) -> int | None:
    """An instant (Unix ms) that may be empty.

    >>> millis("1785888000000"), millis("")
    (1785888000000, None)
    """
    found = number(text)
    return int(found) if found is not None and 0 < found < 9e12 else None


class Arg(Struct, frozen=True, gc=False):
    """What a frame is about: a channel, with an instrument (or index) or a type of them."""

    channel: str = ""
    instId: str = ""
    instType: str = ""


class Envelope(Struct, gc=False):
    """Any frame. ``action`` is ``snapshot`` or ``update`` of a book; ``event`` is of what is no data."""

    arg: Arg = Arg()
    data: msgspec.Raw = msgspec.Raw(b"")
    action: str = ""
    event: str = ""


class TradeRow(Struct, gc=False):
    """``trades-all``, ``trades`` and the two REST pages: ``side`` is the taker's, ``sz`` contracts.

    On ``trades`` fills of one order at one price are merged, and ``tradeId`` is their last.
    """

    instId: str
    tradeId: Id
    px: Price
    sz: Size
    side: Side
    ts: Millis


class Level(Struct, array_like=True, gc=False):
    """``[price, contracts, unused, orders]``."""

    px: Price
    sz: Amount


class TopRow(Struct, gc=False):
    """``bbo-tbt`` and ``books5``: whole, the best first."""

    asks: list[Level]
    bids: list[Level]
    ts: Millis
    seqId: int = -1


class TextLevel(Struct, array_like=True, gc=False):
    """A level as it was written: checksums are of texts."""

    px: str
    sz: str


class BookRow(Struct, gc=False):
    """``books`` and its kin. ``checksum`` is 0 since 2026-06-23, ``seqId`` missing before."""

    asks: list[TextLevel]
    bids: list[TextLevel]
    ts: Millis
    checksum: int = 0
    seqId: int = -1
    prevSeqId: int | None = None


class MarkRow(Struct, gc=False):
    """``mark-price``."""

    instId: str
    markPx: Price
    ts: Millis


class IndexRow(Struct, gc=False):
    """``index-tickers``: ``instId`` is the index."""

    instId: str
    idxPx: Price
    ts: Millis


class FundingRow(Struct, gc=False):
    """``funding-rate``: its rate applies at ``fundingTime``, ``settFundingRate`` was paid at ``prevFundingTime``."""

    instId: str
    fundingTime: Millis
    fundingRate: Perhaps = ""
    nextFundingTime: Perhaps = ""
    prevFundingTime: Perhaps = ""
    settFundingRate: Perhaps = ""
    settState: str = ""
    ts: Perhaps = ""


class OpenInterestRow(Struct, gc=False):
    """``open-interest``: ``oi`` contracts, ``oiCcy`` coins, ``oiUsd`` USD."""

    instId: str
    oiCcy: Amount
    ts: Millis
    oiUsd: Perhaps = ""


class TickerRow(Struct, gc=False):
    """``tickers``: ``vol24h`` contracts, ``volCcy24h`` coins; ``last`` is empty before the first trade."""

    instId: str
    ts: Millis
    last: Perhaps
    open24h: Perhaps = ""
    volCcy24h: Perhaps = ""


class Detail(Struct, gc=False):
    """One liquidation: ``side`` of the order, ``posSide`` of the position (``net`` where it has none)."""

    bkPx: Price
    sz: Size
    side: Side
    ts: Millis
    posSide: str = ""


class LiquidationRow(Struct, gc=False):
    """``liquidation-orders``: one instrument's, several at a time."""

    instId: str
    details: msgspec.Raw


class CandleRow(Struct, array_like=True, gc=False):
    """``candle…`` and the two REST pages; the last two are missing before 2022-11."""

    ts: Millis
    o: Price
    h: Price
    l: Price
    c: Price
    vol: Amount
    volCcy: Amount
    volCcyQuote: Amount | None = None
    confirm: str = "0"


class InstrumentRow(Struct, gc=False):
    """``instruments``, pushed and asked for. ``expTime`` of a perpetual is when it is delisted."""

    instId: str
    instType: str
    uly: str = ""
    instFamily: str = ""
    settleCcy: str = ""
    ctVal: str = ""
    ctMult: str = ""
    ctType: str = ""
    tickSz: str = ""
    lotSz: str = ""
    expTime: Perhaps = ""
    state: str = ""
    ruleType: str = ""
    instCategory: str = ""
