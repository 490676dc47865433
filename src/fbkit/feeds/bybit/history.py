"""What Bybit remembers of an instrument, page by page; and of its trades the newest thousand.

Source: Bybit v5 docs, "Market".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from fbkit.feeds.bybit import pages
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import windows
from fbkit.model import NS_HOUR, NS_MIN, NS_MS, NS_S, Item

#: Rows of ``recent-trade`` at most.
TRADES_A_PAGE = 1000


class Memory(NamedTuple):
    """One kind of history: where, what is asked for, rows a page at most, and how far apart two rows are (ns)."""

    path: str
    asked: Mapping[str, str]
    a_page: int
    distance: int
    read: Callable[[bytes, Known, int], list[Item]]
    ends: tuple[str, str] = ("startTime", "endTime")

    def questions(self, known: Known, since: int, until: int) -> Iterator[dict[str, str | int]]:
        """What to ask for ``[since, until)`` (UTC ns), oldest first; the venue's ends are inclusive milliseconds."""
        for start, stop in windows(since, until, self.a_page * self.distance):
            span = {self.ends[0]: -(-start // NS_MS), self.ends[1]: -(-stop // NS_MS) - 1}
            yield {**of(known), **self.asked, **span, "limit": self.a_page}


INTEREST = Memory(
    "open-interest", {"intervalTime": pages.PERIOD}, 200, pages.PERIOD_S * NS_S, pages.open_interest_history
)
RATIOS = Memory("account-ratio", {"period": pages.PERIOD}, 500, pages.PERIOD_S * NS_S, pages.account_ratios)
FUNDING = Memory("funding/history", {}, 200, NS_HOUR, pages.funding)
KLINES = Memory("kline", {"interval": "1"}, 1000, NS_MIN, pages.klines, ("start", "end"))


def memories_of(known: Known) -> list[Memory]:
    """What there is of an instrument, klines last: dated contracts have no funding, USDC's no ratios.

    Open interest's page covers perpetuals only.
    """
    instrument = known.instrument
    if instrument.expiry is not None:
        return [KLINES]
    return [INTEREST, *([RATIOS] if has_ratios(known) else []), FUNDING, KLINES]


def has_ratios(known: Known) -> bool:
    """Whether the venue counts an instrument's accounts: those of USDT perpetuals."""
    return known.instrument.expiry is None and known.instrument.quote == "USDT"


def of(known: Known) -> dict[str, str | int]:
    """The question's subject."""
    return {"category": "linear", "symbol": known.instrument.venue_symbol}
