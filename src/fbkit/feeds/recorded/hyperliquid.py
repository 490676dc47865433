"""Hyperliquid's recordings: the live parser, and REST answers, which say themselves whose they are."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.hyperliquid import VENUE, pages
from fbkit.feeds.hyperliquid.parse import Parser
from fbkit.feeds.hyperliquid.symbols import FUNDING_HOURS, assume
from fbkit.feeds.recorded.reader import Page, VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Instrument, Item

_PAGES: dict[str, Page] = {
    "candleSnapshot": pages.candles,
    "fundingHistory": pages.funding,
    "recentTrades": pages.trades,
}


class HyperliquidReader(VenueReader):
    """See :class:`~fbkit.feeds.recorded.reader.VenueReader`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = False

    def __init__(self, flipped: frozenset[str] = frozenset()) -> None:
        super().__init__(flipped)
        self.instruments.set_funding_hours({}, FUNDING_HOURS)

    def assume(self, symbol: str) -> Instrument | None:
        """See :func:`fbkit.feeds.hyperliquid.symbols.assume`."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """Everything is ``POST /info``; ``type`` in its body says what."""
        kind = query.get("type", "")
        if path != "/info":
            return None
        if kind in {"meta", "metaAndAssetCtxs"}:
            return self.learn(kind, frame, self._contracts if kind == "meta" else self._volumes)
        read = _PAGES.get(kind)
        return None if read is None else self.about(_coin(query), frame, read)

    def _contracts(self, body: bytes) -> None:
        self.instruments.introduce(pages.contracts(body))

    def _volumes(self, body: bytes) -> None:
        self.instruments.introduce(instrument for instrument, _ in pages.volumes(body))


class _Request(msgspec.Struct):
    coin: str = ""


def _coin(query: dict[str, str]) -> str:
    """The coin asked about; a candle's lies in ``req``, which is JSON.

    >>> _coin({"type": "candleSnapshot", "req": '{"coin":"BTC","interval":"1m"}'}), _coin({"coin": "ETH"}), _coin({})
    ('BTC', 'ETH', '')
    """
    if "req" not in query:
        return query.get("coin", "")
    try:
        return msgspec.json.decode(query["req"], type=_Request).coin
    except MALFORMED:
        return ""
