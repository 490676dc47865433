"""The venues we have a room for: a line each."""

from __future__ import annotations

from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.bitget.feed import BitgetFeed
from fbkit.feeds.bybit.feed import BybitFeed
from fbkit.feeds.deribit.feed import DeribitFeed
from fbkit.feeds.gate.feed import GateFeed
from fbkit.feeds.hyperliquid.feed import HyperliquidFeed
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
    """What a venue offers, by channel (ratios by kind)."""
    return {offer.channel: offer for offer in FEEDS[venue].offers}


def doubts() -> dict[str, str]:
    """Every reading that a venue leaves open: ``venue.channel``, as the setting ``flipped`` names it, and the note."""
    return {
        f"{venue}.{offer.channel}": offer.note
        for venue, feed in FEEDS.items()
        for offer in feed.offers
        if not offer.certain
    }
