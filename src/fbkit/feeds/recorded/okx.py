"""OKX's recordings → items: the live parser; a contract's units come from the recording's own list if it has one."""

from __future__ import annotations

from functools import partial

from fbkit.feeds.okx import VENUE, pages
from fbkit.feeds.okx.channels import RATIOS
from fbkit.feeds.okx.parse import Parser
from fbkit.feeds.okx.symbols import assume
from fbkit.feeds.recorded.reader import Page, VenueReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import SAMPLE_BYTES, Instrument, Item, Rejected
from fbkit.model.events import RatioKind


def _ratio(kind: RatioKind) -> Page:
    return lambda body, known, ts: pages.ratios(body, kind, known, ts)


_API = "/api/v5/"

_PAGES: dict[str, Page] = {
    _API + "market/candles": pages.candles,
    _API + "market/history-candles": pages.candles,
    _API + "market/trades": pages.trades,
    _API + "market/history-trades": pages.trades,
    _API + "public/funding-rate-history": pages.funding,
    _API + "rubik/stat/contracts/open-interest-history": pages.open_interest_history,
    _API + RATIOS["acct_global"]: _ratio("acct_global"),
    _API + RATIOS["acct_top"]: _ratio("acct_top"),
    _API + RATIOS["pos_top"]: _ratio("pos_top"),
    _API + RATIOS["taker"]: pages.taker,
}


class OkxReader(VenueReader):
    """Reads one recording. Recorders subscribe to ``trades``, which merges fills: ids there do not count one by one."""

    venue = VENUE
    contiguous = False
    parser: Parser

    def assume(self, symbol: str) -> Instrument | None:
        """A swap or a future by its spelling."""
        return assume(symbol)

    def make_parser(self) -> Parser:
        """Books are put together from ``books`` and its kin."""
        return Parser(self.instruments, self.flipped)

    def read(self, frame: Frame) -> list[Item]:
        """As every reader; and some recorders put REST answers among the frames."""
        if not frame.is_http and b'"code"' in frame.payload[:20]:
            return super().read(frame._replace(is_http=True))
        return super().read(frame)

    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """A REST answer; without its question, open interest says itself of whom it is."""
        if path == _API + "public/instruments":
            return self.learn("instruments", frame, self._instruments)
        if path == _API + "public/funding-rate":
            return self.learn("funding-rate", frame, self._funding_hours, "mark")
        if path == _API + "public/open-interest" or (not path and b'"oiCcy"' in frame.payload):
            return pages.open_interest(frame.payload, self.find, frame.ts_recv, self.parser.interest_share)
        if not path:
            return [Rejected("", "unknown", frame.payload[:SAMPLE_BYTES])]
        page = _PAGES.get(path)
        if page is None:
            return None
        if page is pages.open_interest_history:
            page = partial(pages.open_interest_history, share=self.parser.interest_share)
        return self.about(query.get("instId", ""), frame, page)

    def _instruments(self, body: bytes) -> None:
        self.instruments.introduce(pages.instruments(body, self._hours))

    def _funding_hours(self, body: bytes) -> None:
        self._hours = pages.funding_hours(body)
        self.instruments.set_funding_hours(self._hours)
