"""Hyperliquid's recordings: the live parser, and REST answers, which say themselves whose they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import msgspec

from fbkit.feeds.decoding import MALFORMED, malformed
from fbkit.feeds.hyperliquid import VENUE, pages
from fbkit.feeds.hyperliquid.parse import Parser
from fbkit.feeds.hyperliquid.symbols import FUNDING_HOURS, assume
from fbkit.feeds.instruments import Known
from fbkit.feeds.recorded.reader import VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Control, Ignored, Instrument, Item

_PAGES: dict[str, Callable[[bytes, Known, int], list[Item]]] = {
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
            return self._markets(kind, frame)
        read = _PAGES.get(kind)
        return None if read is None else self._of(_coin(query), frame, read)

    def _markets(self, kind: str, frame: Frame) -> list[Item]:
        try:
            if kind == "meta":
                found = pages.contracts(frame.payload)
            else:
                found = [instrument for instrument, _ in pages.volumes(frame.payload)]
        except MALFORMED:
            return [malformed("listing", frame.payload)]
        self.instruments.introduce(found)
        return [Control("page", kind)]

    def _of(self, symbol: str, frame: Frame, read: Callable[[bytes, Known, int], list[Item]]) -> list[Item]:
        known = self.instruments.by_symbol.get(symbol) or self.instruments.meet(symbol)
        return [Ignored("", "other_market")] if known is None else read(frame.payload, known, frame.ts_recv)


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
