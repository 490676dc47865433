"""A venue's recording → items: the live parser, plus what a recording must guess or remember."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from fbkit.feeds.book import Break
from fbkit.feeds.decoding import MALFORMED, malformed
from fbkit.feeds.instruments import Instruments, Known, listing_of
from fbkit.feeds.mending import broken_sentence
from fbkit.feeds.recorded.recording import Frame
from fbkit.feeds.venue import Parser
from fbkit.model import Control, Ignored, Instrument, Item

#: A page of one instrument → items, given when it came (UTC ns).
Page: TypeAlias = Callable[[bytes, Known, int], list[Item]]


class Broken(NamedTuple):
    """A book whose sequence broke at ``ts`` (UTC ns): a gap until the next snapshot."""

    venue: str
    instrument: str
    channel: str
    ts: int
    sentence: str


class Mended(NamedTuple):
    """A book that found its sequence again at ``ts`` (UTC ns)."""

    venue: str
    instrument: str
    channel: str
    ts: int


class VenueReader(ABC):
    """Reads one recording; keeps what it has learnt from one frame to the next.

    Instruments are met as they speak: introduced by the recording's own instrument list where it has one (``page``
    hands it to ``self.instruments.introduce``), assumed from their symbols where not. REST answers go to the page they
    are. ``breaks`` and ``mends`` fill as it reads.
    """

    venue: ClassVar[str]
    #: Whether the recorded trades' ids count one by one.
    contiguous: ClassVar[bool]

    def __init__(self, flipped: frozenset[str] = frozenset()) -> None:
        self.flipped = flipped
        self.instruments = Instruments(assume=self.assume)
        self.parser = self.make_parser()
        self.breaks: list[Broken] = []
        self.mends: list[Mended] = []
        self._now = 0
        self._hours: dict[str, float] = {}
        books = getattr(self.parser, "books", None)
        if books is not None:
            books.on_break, books.on_mend = self._broke, self._mended

    @abstractmethod
    def assume(self, symbol: str) -> Instrument | None:
        """What a symbol must mean where no instrument list was heard."""

    @abstractmethod
    def make_parser(self) -> Parser:
        """The parser over ``self.instruments``, honouring ``self.flipped``."""

    @abstractmethod
    def page(self, path: str, query: dict[str, str], frame: Frame) -> list[Item] | None:
        """The items of a REST answer; ``None`` where it is no page of ours."""

    def read(self, frame: Frame) -> list[Item]:
        """The items of one frame; the listings of whoever is met in it come first."""
        self._now = frame.ts_recv
        items = self._page(frame) if frame.is_http else self.parser.frame(frame.payload, frame.ts_recv)
        fresh = self.instruments.fresh
        if fresh:
            items = [*(listing_of(instrument, frame.ts_recv) for instrument in fresh), *items]
            fresh.clear()
        return items

    def find(self, symbol: str) -> Known | None:
        """Who bears a symbol, met now if need be; ``None`` for another market's."""
        return self.instruments.by_symbol.get(symbol) or self.instruments.meet(symbol)

    def about(self, symbol: str, frame: Frame, read: Page, channel: str = "") -> list[Item]:
        """The items of a page about one instrument."""
        known = self.find(symbol)
        return [Ignored(channel, "other_market")] if known is None else read(frame.payload, known, frame.ts_recv)

    def learn(self, word: str, frame: Frame, teach: Callable[[bytes], None], channel: str = "listing") -> list[Item]:
        """A list teaches us, and gives nothing; ``teach`` may raise what decoding does."""
        try:
            teach(frame.payload)
        except MALFORMED:
            return [malformed(channel, frame.payload)]
        return [Control("page", word)]

    def learn_hours(self, hours: dict[str, float]) -> None:
        """Hours between settlements by symbol, of one list of several: what others said stays."""
        self._hours |= hours
        self.instruments.set_funding_hours(self._hours)

    def _page(self, frame: Frame) -> list[Item]:
        parts = urlsplit(frame.url)
        items = self.page(parts.path, dict(parse_qsl(parts.query)), frame)
        if items is None:
            return [Control("page", parts.path)]
        return items or [Control("empty", parts.path)]

    def _broke(self, broken: Break) -> None:
        sentence = broken_sentence(self._name(broken.symbol), broken)
        self.breaks.append(Broken(self.venue, self._name(broken.symbol), "depth", self._now, sentence))

    def _mended(self, symbol: str) -> None:
        self.mends.append(Mended(self.venue, self._name(symbol), "depth", self._now))

    def _name(self, symbol: str) -> str:
        known = self.instruments.by_symbol.get(symbol)
        return known.name if known else symbol
