"""The venues, in a table one can read at a glance."""

from __future__ import annotations

from collections.abc import Callable

from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.feed import Feed, World
from fbkit.settings import Settings


def _binance(settings: Settings, world: World, count: int) -> Feed:
    return BinanceFeed(rest=settings.binance_rest, ws=settings.binance_ws, count=count, world=world)


#: How each venue's feed is made: settings, world, how many instruments.
VENUES: dict[str, Callable[[Settings, World, int], Feed]] = {
    "binance": _binance,
}


def make_feed(venue: str, settings: Settings, world: World, count: int | None = None) -> Feed:
    """A venue's feed; ``count`` instruments, by default as many as the settings say."""
    return VENUES[venue](settings, world, settings.instruments if count is None else count)
