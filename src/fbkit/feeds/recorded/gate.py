"""Gate's recordings → items: the live parser, plus the REST answers that recorders keep beside the frames."""

from __future__ import annotations

import re
from collections.abc import Callable

from fbkit.feeds.gate import VENUE, pages
from fbkit.feeds.gate.candles import LENGTHS
from fbkit.feeds.gate.parse import Parser
from fbkit.feeds.gate.symbols import assume
from fbkit.feeds.instruments import Known
from fbkit.feeds.recorded.reader import VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import TIMEFRAMES, Ignored, Instrument, Item

#: A page: body, instrument, instant, what is flipped, and the question's interval.
Page = Callable[[bytes, Known, int, frozenset[str], str], list[Item]]

_PATH = re.compile(r"(?:/api/v4)?/futures/(\w+)/(\w+)")

#: What both pages with an interval have where none is asked for.
_USUAL = "5m"


def _candles(body: bytes, known: Known, ts: int, _: frozenset[str], interval: str) -> list[Item]:
    if interval not in LENGTHS or interval not in TIMEFRAMES:
        return [Ignored("bar", "not_subscribed")]
    return pages.candles(body, known, ts, interval, LENGTHS[interval])


def _stats(body: bytes, known: Known, ts: int, flipped: frozenset[str], interval: str) -> list[Item]:
    if interval != pages.PERIOD:
        return [Ignored("ratio", "not_subscribed")]
    return pages.stats(body, known, ts, flipped)


_PAGES: dict[str, Page] = {
    "candlesticks": _candles,
    "trades": lambda body, known, ts, *_: pages.trades(body, known, ts),
    "funding_rate": lambda body, known, ts, *_: pages.funding(body, known, ts),
    "contract_stats": _stats,
    "liq_orders": lambda body, known, ts, flipped, _: pages.liq_orders(body, known, ts, flipped),
}

#: What a REST answer without its question is about, by a key that only it has.
_BARE = ((b'"lsr_account"', "open_interest"), (b'"asks"', "depth"))


class GateReader(VenueReader):
    """See :class:`~fbkit.feeds.recorded.reader.VenueReader`."""

    venue = VENUE
    contiguous = False
    parser: Parser

    def assume(self, symbol: str) -> Instrument | None:
        """What a symbol must mean where no contract list was heard."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """The live parser."""
        return Parser(self.instruments, self.flipped)

    def read(self, frame: Frame) -> list[Item]:
        """A frame's items; a REST answer among the frames does not say of which contract it is."""
        if not frame.is_http and b'"channel"' not in frame.payload:
            for key, channel in _BARE:
                if key in frame.payload and b'"method"' not in frame.payload:
                    return [Ignored(channel, "not_subscribed")]
        return super().read(frame)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """A REST answer of the perpetuals settled in USDT."""
        match = _PATH.fullmatch(path)
        if match is None or match[1] != "usdt":
            return None
        if match[2] == "contracts":
            return self.learn("contracts", frame, self._contracts)
        symbol = query.get("contract", "")
        if match[2] == "order_book":
            return self.parser.snapshot(frame.payload, symbol, frame.ts_recv)
        page = _PAGES.get(match[2])
        if page is None:
            return None
        known = self.find(symbol)
        if known is None:
            return [Ignored("", "other_market")]
        return page(frame.payload, known, frame.ts_recv, self.flipped, query.get("interval", _USUAL))

    def _contracts(self, body: bytes) -> None:
        listed = pages.contracts(body)
        self.instruments.introduce(listed.instruments)
        self.instruments.set_funding_hours(listed.funding_hours)
