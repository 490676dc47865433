"""Bitget's wire: its frames a second, its conversations, its REST within its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.market import Market
from fbkit.simulator.wires.bitget.limits import Limits, over_limit, too_many, without_words
from fbkit.simulator.wires.bitget.pushes import Pushes, last_slot
from fbkit.simulator.wires.bitget.rest import Rest
from fbkit.simulator.wires.bitget.talk import Talk
from fbkit.simulator.wires.bitget.topics import V2, V3
from fbkit.simulator.wires.wire import Asked, Frame, Stream, Wire

_ROUTES = {"/v2/ws/public": V2, "/v3/ws/public": V3}


class BitgetWire(Wire):
    """Bitget's USDT futures. Its clients ping; it ends every connection after a day."""

    channel_of = {  # noqa: RUF012 - a table that nobody writes to; the base class says so
        "trade": "trade",
        "books1": "quote",
        "books5": "depth",
        "books": "depth",
        "ticker": "mark",
        "candle": "bar",
        "liquidation": "liquidation",
    }

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        self.pushes = Pushes(self.scene)
        self.limits = Limits(generosity)
        self.rest = Rest(self.pushes)
        self._restarts: dict[str, int] = {}
        self._asked_ms = 0
        self.kinds = {
            "trade": self.pushes.trades,
            "books1": self.pushes.best,
            "books5": self.pushes.tops,
            "books": self._books,
            "ticker": self.pushes.tickers,
            "candle": self.pushes.candles,
            "liquidation": self.pushes.liquidations,
        }

    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """``/v2/ws/public`` and ``/v3/ws/public``."""
        route = _ROUTES.get(urlsplit(target).path.rstrip("/"))
        return None if route is None else Talk(route, self.market.universe.index, self._first)

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """A REST page."""
        return self.rest.answer(asked, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Klines, days and what the crowd holds take making."""
        return self.rest.prepare(asked, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """Each page has a limit, and the address one of all."""
        self._asked_ms = now_ms
        return None if self.limits.spend(asked.path, now_ms) else too_many(now_ms)

    def limited(self) -> list[Answer]:
        """A code with its status, a code inside a 200, and no words at all."""
        return [too_many(self._asked_ms), over_limit(self._asked_ms), without_words()]

    def reset_sequence(self, stream: Stream, now_ms: int) -> bool:
        """The ``seq`` of ``books`` begins again with 1, and the book with a snapshot, from the next full second on."""
        if stream.kind != "books":
            return False
        self._restarts[stream.name] = (now_ms // MS_S + 1) * MS_S
        return True

    def _books(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        return self.pushes.books(start_ms, wanted, self._restarts)

    def _first(self, stream: Stream, now_ms: int) -> Iterable[Frame]:
        """What a stream begins with: a replay of trades, a book, a ticker, candles."""
        payload = self._begin(stream, now_ms)
        return () if payload is None else (Frame(now_ms, stream.name, payload),)

    def _begin(self, stream: Stream, now_ms: int) -> bytes | None:
        pushes = self.pushes
        if stream.kind == "trade":
            return pushes.replay(stream, now_ms)
        if stream.kind == "books1":
            return pushes.best_now(stream, now_ms)
        if stream.kind == "books5":
            return pushes.top(stream, last_slot(stream, now_ms))
        if stream.kind == "books":
            return pushes.book(stream, last_slot(stream, now_ms), self._restarts.get(stream.name, 0), whole=True)
        if stream.kind == "ticker":
            return pushes.ticker(stream, now_ms // MS_S * MS_S, now_ms)
        return pushes.first_candles(stream, now_ms) if stream.kind == "candle" else None
