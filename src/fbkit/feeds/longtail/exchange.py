"""ccxt itself: imported when a venue of it is asked for, and asked so that whatever it raises is a ``FeedError``.

Importing it takes two seconds and a hundred megabytes, so nothing else here does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fbkit.errors import ConnectFailed, FeedError, RateLimited, SettingError, VenueRefused
from fbkit.feeds.backoff import Backoff
from fbkit.feeds.feed import World
from fbkit.model import NS_S

#: What to say where ccxt is not there.
INSTALL = 'ccxt.NAME once ccxt is there: pip install "fbkit[ccxt]"'

#: How much of ccxt's sentences is kept: some hold a page of HTML.
_WORDS = 200


def open_exchange(venue: str, *, limited: bool = True) -> Any:
    """The exchange of that id in ccxt, asking in ccxt's own rhythm where ``limited``; ``close`` it in the end.

    Raises :class:`~fbkit.errors.SettingError` where ccxt is not installed or has no such exchange.
    """
    if find_spec("ccxt") is None:
        raise SettingError("venues", f"ccxt.{venue}", INSTALL)
    library = import_module("ccxt.async_support")
    if venue not in library.exchanges:
        raise SettingError("venues", f"ccxt.{venue}", f"an exchange of ccxt: {', '.join(library.exchanges)}")
    # A venue of several products tells those that we follow.
    settings = {"enableRateLimit": limited, "aiohttp_trust_env": limited, "options": {"defaultType": "swap"}}
    return getattr(library, venue)(settings)


@lru_cache
def has_of(venue: str) -> Mapping[str, object] | None:
    """What ccxt says that a venue has; ``None`` where ccxt is not here to be asked, or does not know the venue."""
    try:
        has: Mapping[str, object] = open_exchange(venue).has
    except SettingError:
        return None
    return has


class Asking:
    """Puts questions to one exchange.

    After an answer that says "not now" (nobody there, too many questions) every question waits, longer each time.
    """

    def __init__(self, venue: str, exchange: Any, world: World) -> None:
        self._venue, self._exchange, self._world = venue, exchange, world
        self._errors = import_module("ccxt.base.errors")
        self._backoff = Backoff(world.random)
        self._calm_from = 0

    async def ask(self, call: str, *args: Any) -> Any:
        """The answer of one of ccxt's methods (``fetch_trades``). Raises :class:`~fbkit.errors.FeedError`."""
        return await self._guarded(call, lambda: getattr(self._exchange, call)(*args))

    async def markets(self) -> list[Any]:
        """The venue's markets, fresh; every other question is understood by them."""
        return await self._guarded("fetch_markets", self._load)  # type: ignore[no-any-return]  # what _load gives

    async def _load(self) -> list[Any]:
        rows = list(await self._exchange.fetch_markets())
        self._exchange.set_markets(rows)
        # ccxt keeps the load that everybody waits for: one that was cut short would cut all that come after it.
        await self._exchange.load_markets()
        return rows

    async def _guarded(self, call: str, question: Callable[[], Awaitable[Any]]) -> Any:
        wait = self._calm_from - self._world.clock.now()
        if wait > 0:
            await self._world.sleep(wait / NS_S)
        try:
            answer = await question()
        except Exception as error:
            # On odd answers ccxt raises KeyError, TypeError and whatever Python has, beside its own.
            raise self._told(call, error) from error
        self._backoff.reset()
        return answer

    def _told(self, call: str, error: Exception) -> FeedError:
        """Our word for what ccxt raised."""
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:_WORDS]}"
        if not isinstance(error, self._errors.NetworkError):
            return VenueRefused(self._venue, call, 200, "", why)
        wait_s = self._calm()
        if isinstance(error, self._errors.RateLimitExceeded | self._errors.DDoSProtection):
            return RateLimited(self._venue, call, wait_s)
        return ConnectFailed(self._venue, call, why)

    def _calm(self) -> float:
        """How long everybody waits (s); those who were turned away together count once."""
        now = self._world.clock.now()
        if now >= self._calm_from:
            self._calm_from = now + int(self._backoff.next() * NS_S)
        return (self._calm_from - now) / NS_S
