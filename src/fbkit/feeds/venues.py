"""The venues, in a table one can read at a glance, and the world a feed is given outside of tests."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from fbkit.clock import Clock
from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.feed import Feed, World
from fbkit.feeds.transport import make_transport
from fbkit.settings import Settings


def _binance(settings: Settings, world: World, count: int) -> Feed:
    return BinanceFeed(rest=settings.binance_rest, ws=settings.binance_ws, count=count, world=world)


#: How each venue's feed is made: settings, world, how many instruments.
VENUES: dict[str, Callable[[Settings, World, int], Feed]] = {
    "binance": _binance,
}

#: Seconds: for a connection, for an answer.
_CONNECT_S, _ANSWER_S = 10.0, 20.0


def make_feed(venue: str, settings: Settings, world: World, count: int | None = None) -> Feed:
    """A venue's feed; ``count`` instruments, by default as many as the settings say."""
    return VENUES[venue](settings, world, settings.instruments if count is None else count)


def make_world(settings: Settings, clock: Clock) -> World:
    """Real sockets and a real HTTP client; whoever makes it ends with ``await world.http.aclose()``.

    Proxies of the environment are not used: neither are they for websockets, and a simulator on this machine must not
    be looked for elsewhere.
    """
    http = httpx.AsyncClient(
        http2=True,
        trust_env=False,
        timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=8),
    )
    return World(clock=clock, transport=make_transport(settings.transport), http=http)
