"""Bybit's wire: its frames a second, its conversations, its REST within its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.market import Market
from fbkit.simulator.wires.bybit.limits import SHUT_OUT, Limits, protected, too_many_visits
from fbkit.simulator.wires.bybit.pushes import Pushes, last_slot
from fbkit.simulator.wires.bybit.rest import Rest
from fbkit.simulator.wires.bybit.talk import Talk
from fbkit.simulator.wires.wire import Asked, Frame, Manners, Stream, Wire


class BybitWire(Wire):
    """Bybit v5, category ``linear``. Its clients ping; nothing is known of a connection's longest life."""

    channel_of = {  # noqa: RUF012 - a table that nobody writes to; the base class says so
        "publicTrade": "trade",
        "best": "quote",
        "orderbook": "depth",
        "tickers": "mark",
        "allLiquidation": "liquidation",
        "kline": "bar",
    }
    manners = Manners(lifetime_ms=None)

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        self.pushes = Pushes(self.scene)
        self.limits = Limits(generosity)
        self.rest = Rest(self.pushes)
        self._restarts: dict[str, int] = {}
        self._asked_ms = 0
        self.kinds = {
            "publicTrade": self.pushes.trades,
            "best": self.pushes.best,
            "orderbook": self._books,
            "tickers": self.pushes.tickers,
            "allLiquidation": self.pushes.liquidations,
            "kline": self.pushes.klines,
        }

    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """``/v5/public/linear``."""
        if urlsplit(target).path.rstrip("/") != "/v5/public/linear":
            return None
        return Talk(self.market.universe.index, self._first)

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """A REST page."""
        return self.rest.answer(asked, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Klines, days and what the crowd holds take making."""
        return self.rest.prepare(asked, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """600 requests in 5 seconds, whatever they ask."""
        self._asked_ms = now_ms
        return None if self.limits.spend(now_ms) else SHUT_OUT

    def limited(self) -> list[Answer]:
        """An endpoint's limit inside a 200, the system's protection, and the address shut out."""
        return [too_many_visits(self._asked_ms), protected(), SHUT_OUT]

    def reset_sequence(self, stream: Stream, now_ms: int) -> bool:
        """A book's ``u`` begins again with 1, and the book with a snapshot, with the first second not made yet."""
        if stream.kind != "orderbook":
            return False
        self._restarts[stream.name] = -(-now_ms // MS_S) * MS_S
        return True

    def _books(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        return self.pushes.books(start_ms, wanted, self._restarts)

    def _first(self, stream: Stream, now_ms: int) -> Iterable[Frame]:
        """What a stream begins with: books and tickers with all they have."""
        if stream.kind == "tickers":
            yield Frame(now_ms, stream.name, self.pushes.whole_ticker(stream.coin, now_ms))
        elif stream.kind == "best":
            yield Frame(now_ms, stream.name, self.pushes.best_now(stream.coin, now_ms))
        elif stream.kind == "orderbook":
            slot = last_slot(stream, now_ms)
            restarted = self._restarts.get(stream.name, 0)
            yield Frame(now_ms, stream.name, self.pushes.book(stream, slot, restarted, whole=True))
