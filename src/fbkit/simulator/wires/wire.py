"""One venue's side of the wire: what a wire is made of, and what each of its parts must do.

A wire is pure of clocks and sockets: text, requests and instants in, frames and answers out. The server and the memory
drive it alike. Its facts come from ``self.scene`` (:class:`~fbkit.simulator.scene.Scene`), in ticks and lot steps; the
coin (``self.market.universe.coins[i]``) knows how the venue prints them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import ClassVar, NamedTuple

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_DAY, MS_MIN
from fbkit.simulator.market import Market
from fbkit.simulator.scene import Scene


class Stream(NamedTuple):
    """A stream by its parts. ``name`` as the client spelled it, canonically: one name, one stream, at one venue.

    ``kind`` is a key of :attr:`Wire.kinds`; ``coin`` the place in ``market.universe.coins``, −1 where all are meant;
    ``route`` the websocket's address it lives at (``public``, ``business``; a wire's own words), for faults.
    """

    name: str
    kind: str
    coin: int
    route: str
    levels: int = 0
    cadence_ms: int = 0
    interval: str = ""


class Frame(NamedTuple):
    """One message: when it is sent (UTC ms), on which stream (its name), and its payload as it is sent."""

    ts_ms: int
    stream: str
    payload: bytes


class Asked(NamedTuple):
    """A REST request: path without the venue's prefix, decoded query, body."""

    method: str
    path: str
    given: dict[str, str]
    body: bytes = b""


class Reply(NamedTuple):
    """What the venue says to something heard: texts at once, then ``frames``; ``ends`` closes with ``code`` after them.

    ``frames`` are what a subscription begins with (snapshots, replays). What :meth:`Wire.second` makes for the new
    streams with ``ts_ms`` above the instant of hearing follows them, so a snapshot stands at the instant of hearing.
    """

    texts: tuple[bytes, ...] = ()
    ends: str | None = None
    code: int = 1008
    frames: tuple[Frame, ...] = ()


class Manners(NamedTuple):
    """How a venue keeps connections, ms of real time. ``None``: it sends no protocol pings, it never ends them."""

    ping_every_ms: int | None = None
    pong_within_ms: int = 10 * MS_MIN
    lifetime_ms: int | None = MS_DAY


Maker = Callable[[int, list[Stream]], Iterator[Frame]]


class Talk(ABC):
    """One connection's conversation. It keeps ``streams`` as the client subscribes and unsubscribes."""

    def __init__(self, route: str = "") -> None:
        self.route = route
        self.streams: list[Stream] = []

    @abstractmethod
    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer one text message (JSON, or a plain ``ping``) heard at a simulated instant, UTC ms. Never raises."""

    def tick(self, now_ms: int) -> Reply:
        """What the venue says on its own: heartbeats, or the end of an idle connection. Called once a second."""
        return Reply()

    def counted(self, now_ms: int) -> Reply:
        """A protocol ping or pong came, where the venue counts those."""
        return Reply()

    def wrap(self, frame: Frame) -> bytes:
        """A frame as this connection hears it, where connections differ."""
        return frame.payload


class Wire(ABC):
    """One venue's side of the wire.

    ``kinds``: who makes the frames of a kind within ``[start_ms, start_ms + 1000)``, given the streams of that kind in
    order; filled in ``__init__``. At the same millisecond frames go out in the order of this table. ``channel_of``:
    the channel of ours that a kind belongs to (``trade quote depth mark day bar liquidation open_interest funding``).

    A maker yields a frame for each wanted stream; wanting fewer streams changes none of the others::

        class BybitWire(Wire):
            channel_of = {"publicTrade": "trade"}

            def __init__(self, market: Market, generosity: int = 100) -> None:
                super().__init__(market, generosity)
                self.kinds = {"publicTrade": self._trades}

            def _trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
                names = {stream.coin: stream.name for stream in wanted}
                for row in self.scene.trades(start_ms):
                    if row.coin in names:
                        yield Frame(row.push_ms, names[row.coin], …)
    """

    channel_of: ClassVar[Mapping[str, str]]
    manners: ClassVar[Manners] = Manners()

    def __init__(self, market: Market, generosity: int = 100) -> None:
        self.market, self.generosity = market, generosity
        self.scene = Scene(market)
        self.kinds: dict[str, Maker] = {}

    @abstractmethod
    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """A conversation at a websocket's path and query (without the venue's prefix); ``None`` is a 404.

        ``headers`` are the handshake's, names in lower case.
        """

    @abstractmethod
    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """The reply to a REST request at an instant, UTC ms. Never raises; nothing later than the instant is told."""

    @abstractmethod
    def limited(self) -> list[Answer]:
        """Every disguise of "too many requests", for the fault ``rate-limit``; :meth:`spend` has heard the request."""

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Make what :meth:`answer` will need, some milliseconds a step; between the steps others may run.

        ``yield from self.scene.prepare_minutes(since, until)`` and ``prepare_days(since_ms, until_ms)`` do the work.
        """
        yield from ()

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """Count a request against ``generosity`` times the venue's limits; its refusal where they are used up."""
        return None

    def finish(self, answer: Answer) -> Answer:
        """The answer with what the limits add to its headers; called right after :meth:`spend` and :meth:`answer`."""
        return answer

    def reset_sequence(self, stream: Stream, now_ms: int) -> bool:
        """Fault ``seq-reset``: the stream's sequence begins anew, as the venue's rules allow. False: it knows none.

        ``now_ms`` is a full second of which nothing was made yet: frames from then on are of the new sequence. A wire
        that overrides this is one that a script may name.
        """
        return False

    def second(self, start_ms: int, wanted: Iterable[Stream]) -> list[Frame]:
        """All frames of the wanted streams sent in ``[start_ms, start_ms + 1000)``, ``start_ms`` a full second."""
        by_kind: dict[str, list[Stream]] = {}
        for stream in wanted:
            by_kind.setdefault(stream.kind, []).append(stream)
        frames: list[Frame] = []
        for kind, make in self.kinds.items():
            if kind in by_kind:
                frames += make(start_ms, sorted(by_kind[kind]))
        frames.sort(key=itemgetter(0))
        return frames
