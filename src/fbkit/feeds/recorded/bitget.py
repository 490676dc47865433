"""Bitget's recordings: the live parser, and REST answers of v2 and of v1."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from fbkit.feeds.bitget import VENUE, pages
from fbkit.feeds.bitget.parse import Parser
from fbkit.feeds.bitget.symbols import assume
from fbkit.feeds.recorded.reader import Page, VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Instrument, Item
from fbkit.model.events import RatioKind

_PAGES: dict[str, Page] = {
    "candles": pages.candles,
    "history-candles": pages.candles,
    "fills": pages.fills,
    "fills-history": pages.fills,
    "history-fund-rate": pages.funding,
    "taker-buy-sell": pages.taker_ratios,
}


class BitgetReader(VenueReader):
    """See :class:`~fbkit.feeds.recorded.reader.VenueReader`."""

    venue: ClassVar[str] = VENUE
    contiguous: ClassVar[bool] = False

    def assume(self, symbol: str) -> Instrument | None:
        """See :func:`fbkit.feeds.bitget.symbols.assume`."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """The parser."""
        return Parser(self.instruments, self.flipped)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """A page of ``/api/v2/mix/market``; of v1 (``/api/mix/v1/market``) the instrument list alone."""
        folder, _, word = path.rpartition("/")
        if word == "contracts" and folder in {"/api/v2/mix/market", "/api/mix/v1/market"}:
            return self.learn(path, frame, self._contracts)
        if folder != "/api/v2/mix/market":
            return None
        read = self._flippable(word) or _PAGES.get(word)
        return None if read is None else self.about(query.get("symbol", ""), frame, read)

    def _contracts(self, body: bytes) -> None:
        found, hours = pages.contracts(body)
        self.instruments.introduce(found)
        if hours:
            self.learn_hours(hours)  # one list a product

    def _flippable(self, word: str) -> Page | None:
        """The pages that may be read the other way."""
        if word == "open-interest":
            return partial(pages.open_interest, halved="open_interest" in self.flipped)
        if word == "account-long-short":
            kind: RatioKind = "acct_global" if "ratio:acct_top" in self.flipped else "acct_top"
            return partial(pages.account_ratios, kind=kind)
        return None
