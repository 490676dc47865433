"""What a venue offers through ccxt: what ccxt has of it, all of it polled, and none of it certain.

Nothing here was held against real messages, so every note says what we rely on. There is no other reading to take:
the setting ``flipped`` does not know these venues.

Source: ccxt's manual, "Exchange structure" (``has``) and "Public API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fbkit.feeds.offers import OFFERED, Offer


class Page(NamedTuple):
    """A question to ccxt: under which name ``exchange.has`` knows it, and how often we ask (s)."""

    has: str
    every_s: float


TICKERS = Page("fetchTickers", 5.0)
TRADES = Page("fetchTrades", 10.0)
RATES = Page("fetchFundingRates", 10.0)
RATE = Page("fetchFundingRate", 60.0)
SETTLED = Page("fetchFundingRateHistory", 3600.0)
OPEN_INTEREST = Page("fetchOpenInterest", 60.0)
CANDLES = Page("fetchOHLCV", 0.0)
MARKETS = Page("fetchMarkets", 3600.0)

_NOTES: dict[str, str] = {
    "trade": "side and contract size as ccxt maps them, unproved on real messages; "
    "trades between two polls may be missing, and nobody can tell",
    "quote": "where ccxt's tickers carry it, dated when heard; sizes by the contract size that ccxt states",
    "mark": "where ccxt states a mark price, dated when heard; "
    "sign, interval and next time of funding as ccxt maps them",
    "funding": "sign as ccxt maps it; the hours paid for are unknown",
    "open_interest": "one side or both: unknown; only where its unit is beyond doubt",
    "day": "volumes as ccxt maps them, only where coins and USD agree",
    "bar": "history only, of contracts of one coin; USD are coins times the candle's mean price",
    "listing": "contract sizes and prefixes as ccxt states them",
}

#: Which questions give a channel; the first that a venue has is asked.
_PAGES: dict[str, tuple[Page, ...]] = {
    "trade": (TRADES,),
    "quote": (TICKERS,),
    "mark": (RATES, RATE),
    "funding": (SETTLED,),
    "open_interest": (OPEN_INTEREST,),
    "day": (TICKERS,),
    "bar": (CANDLES,),
    "listing": (MARKETS,),
}


def page_of(channel: str, has: Mapping[str, object]) -> Page | None:
    """The question that gives a channel, ``None`` where ccxt has none.

    >>> page_of("mark", {"fetchFundingRates": False, "fetchFundingRate": "emulated"})
    Page(has='fetchFundingRate', every_s=60.0)
    """
    return next((page for page in _PAGES.get(channel, ()) if has.get(page.has)), None)


def offers_of(has: Mapping[str, object]) -> tuple[Offer, ...]:
    """An offer for each channel, from what ``exchange.has`` says.

    >>> [offer.channel for offer in offers_of({"fetchTrades": True}) if offer.how == "polled"]
    ['trade']
    """
    found = ((channel, page_of(channel, has)) for channel in OFFERED)
    return tuple(
        Offer(channel, "unsupported")
        if page is None
        else Offer(channel, "polled", page.has, certain=False, note=f"ccxt: {_NOTES[channel]}")
        for channel, page in found
    )


#: What a venue offers at most: what is told of it where ccxt is not installed to be asked.
OFFERS = offers_of({page.has: True for pages in _PAGES.values() for page in pages})
