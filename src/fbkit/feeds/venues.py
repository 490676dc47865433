"""The venues we have a room for: a line each."""

from __future__ import annotations

from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.bitget.feed import BitgetFeed
from fbkit.feeds.bybit.feed import BybitFeed
from fbkit.feeds.deribit.feed import DeribitFeed
from fbkit.feeds.gate.feed import GateFeed
from fbkit.feeds.hyperliquid.feed import HyperliquidFeed
from fbkit.feeds.longtail.channels import OFFERS, offers_of
from fbkit.feeds.longtail.exchange import has_of
from fbkit.feeds.offers import Offer
from fbkit.feeds.okx.feed import OkxFeed
from fbkit.feeds.venue import VenueFeed

FEEDS: dict[str, type[VenueFeed]] = {
    "binance": BinanceFeed,
    "bybit": BybitFeed,
    "okx": OkxFeed,
    "hyperliquid": HyperliquidFeed,
    "deribit": DeribitFeed,
    "bitget": BitgetFeed,
    "gate": GateFeed,
}

#: Venues whose live trade ids count one by one, so that a jump is a hole.
COUNTED = frozenset(venue for venue, feed in FEEDS.items() if feed.contiguous)


def offers(venue: str) -> dict[str, Offer]:
    """What a venue offers, by channel (ratios by kind).

    A venue without a room came in through ccxt, and none of its readings is certain; what ccxt has of it is unknown
    where ccxt is not installed.

    >>> offers("binance")["trade"].certain, offers("somewhere")["trade"].certain
    (True, False)
    """
    if venue in FEEDS:
        told = FEEDS[venue].offers
    else:
        has = has_of(venue)
        told = OFFERS if has is None else offers_of(has)
    return {offer.channel: offer for offer in told}


def doubts() -> dict[str, str]:
    """Every reading that the setting ``flipped`` can turn round, as ``venue.channel``, and its note.

    Venues without a room are not among them: nothing there is certain, and there is no other reading to take.
    """
    return {
        f"{venue}.{offer.channel}": offer.note
        for venue, feed in FEEDS.items()
        for offer in feed.offers
        if not offer.certain
    }
