"""What every venue's feed does alike; a venue's room fills in the rest.

It primes itself, keeps a link for each socket, polls, reads the instrument list again, mends books, and fetches the
past.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import ClassVar, NamedTuple, Protocol

from fbkit.feeds.asking import Manners, Rest
from fbkit.feeds.feed import Progress, World
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.offers import Offer
from fbkit.feeds.past import Take
from fbkit.feeds.polling import Poll
from fbkit.feeds.sink import Sink
from fbkit.feeds.talking import Wording
from fbkit.model import Instrument, Item, Listing


class Socket(NamedTuple):
    """A websocket and what rides on it.

    ``name`` (``"public-1"``) names tasks and captures; ``url`` is whole; ``topics`` are subscribed to after
    connecting. ``limits_s`` has each channel and how long it may be silent (``None``: for ever); ``riders`` the
    channels that come inside another's frames: ``{"mark": ("open_interest", "day")}``. ``symbols`` are the venue's
    symbols that ride here: the open minute is fetched for them where ``trade`` does, and after a cut the parser
    forgets them.
    """

    name: str
    url: str
    topics: tuple[str, ...]
    limits_s: dict[str, float | None]
    riders: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - a NamedTuple's default; nobody changes it
    symbols: tuple[str, ...] = ()
    headers: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default; nobody changes it


class Ranked(NamedTuple):
    """A contract that we could follow, and its USD volume of 24 h."""

    instrument: Instrument
    volume_usd: float


class Parser(Protocol):
    """A venue's parser; ``books`` and ``forget(symbols)`` where it has them."""

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]: ...


class VenueFeed(ABC):
    """See :class:`fbkit.feeds.feed.Feed`.

    Parameters
    ----------
    rest, ws : str
        Base URLs; a simulator's will do.
    count : int
        How many instruments to follow, largest 24 h volume in USD first.
    world : World
        Clock, transport, HTTP client, randomness, sleep.
    flipped : frozenset[str]
        Channels to be read the other way, where an Offer is not certain.
    """

    venue: ClassVar[str]
    contiguous: ClassVar[bool]
    offers: ClassVar[tuple[Offer, ...]]
    lifetime_s: ClassVar[float] = 23 * 3600.0
    wording: ClassVar[type[Wording]]
    manners: ClassVar[Manners]
    #: Connects that the venue allows in so many seconds.
    connects: ClassVar[tuple[int, int]] = (250, 300)

    def __init__(self, *, rest: str, ws: str, count: int, world: World, flipped: frozenset[str] = frozenset()) -> None:
        self.ws, self.count, self.world, self.flipped = ws, count, world, flipped
        self.instruments = Instruments()
        self.rest = Rest(self.venue, rest, world, self.manners)
        self.parser = self.make_parser()

    # what a venue fills in

    @abstractmethod
    def make_parser(self) -> Parser:
        """The parser over ``self.instruments``, honouring ``self.flipped``."""

    @abstractmethod
    async def ranked(self) -> list[Ranked]:
        """The contracts that may be followed; sets funding hours. Raises :class:`~fbkit.errors.FeedError`.

        Contracts that are listed and not traded may be among them: we follow those of status ``trading``, and tell
        the others' status.
        """

    @abstractmethod
    def sockets(self, followed: Sequence[Known]) -> list[Socket]:
        """The sockets for these instruments."""

    @abstractmethod
    def polls(self, followed: Sequence[Known]) -> list[Poll]:
        """What is asked for in rounds about these instruments."""

    @abstractmethod
    async def past(self, take: Take, known: Known, since: int, until: int) -> None:
        """One instrument's history of ``[since, until)`` (UTC ns), klines last; ``origin=BACKFILL``."""

    @abstractmethod
    def trade_pages(self, known: Known, since: int, until: int, from_id: int | None) -> AsyncIterator[list[Item]]:
        """Trades of ``[since, until)`` (UTC ns) or from an id, page by page, in any order.

        What lies outside is left out by whoever asks. Raises :class:`~fbkit.errors.NotRemembered`.
        """

    def book_topic(self, symbol: str) -> str | None:
        """What to subscribe to again when a symbol's book broke."""
        return None

    async def book_snapshot(self, known: Known) -> list[Item] | None:
        """A snapshot by REST when a book broke, ``None`` where subscribing again brings one."""
        return None

    def further(self, newly: Sequence[Known]) -> list[Socket]:
        """Sockets for instruments that were listed while we run: :meth:`sockets`, less the topics we have."""
        return self.sockets(newly)

    # what all do alike

    async def listings(self) -> list[Listing]:
        """The instruments we follow: the venue's largest at the first call, and the same with their news ever after."""
        raise NotImplementedError

    async def run(self, sink: Sink) -> None:
        """Listen for ever; ends by being cancelled."""
        raise NotImplementedError

    async def backfill(self, sink: Sink, since: int, until: int) -> AsyncGenerator[Progress, None]:
        """History of ``[since, until)`` (UTC ns) of every instrument followed; :meth:`listings` comes first."""
        raise NotImplementedError
        yield

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        """Trades of one instrument again, by our name; how many came. Raises what the venue refuses."""
        raise NotImplementedError
