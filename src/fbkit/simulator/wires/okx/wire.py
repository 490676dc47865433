"""OKX's wire: its frames a second, its conversations, its REST within its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fbkit.simulator.answers import Answer
from fbkit.simulator.market import Market
from fbkit.simulator.wires.okx.limits import Limits, limited
from fbkit.simulator.wires.okx.pushes import Pushes
from fbkit.simulator.wires.okx.rest import Rest
from fbkit.simulator.wires.okx.streams import Streams
from fbkit.simulator.wires.okx.talk import Talk
from fbkit.simulator.wires.okx.templates import ContractWire
from fbkit.simulator.wires.wire import Asked, Manners, Stream, Wire

#: Where websockets are, and what lives there.
_ROUTES = {"/ws/v5/public": "public", "/ws/v5/business": "business"}

#: Streams whose numbers may begin anew.
_NUMBERED = frozenset({"bbo-tbt", "books5", "books"})


class OkxWire(Wire):
    """OKX v5, swaps and futures."""

    channel_of = {  # noqa: RUF012 - a table that nobody writes to; the base class says so
        "trades-all": "trade",
        "trades": "trade",
        "bbo-tbt": "quote",
        "books5": "depth",
        "books": "depth",
        "mark-price": "mark",
        "index-tickers": "mark",
        "funding-rate": "funding",
        "open-interest": "open_interest",
        "tickers": "day",
        "liquidation-orders": "liquidation",
        "candle": "bar",
        "instruments": "listing",
    }
    manners = Manners(ping_every_ms=None, lifetime_ms=None)

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        wires = [ContractWire(coin) for coin in market.universe.coins]
        self._pushes, self._streams = Pushes(self.scene, wires), Streams(wires)
        pushes = self._pushes
        self.kinds = {
            "trades-all": pushes.fills,
            "trades": pushes.merged,
            "bbo-tbt": pushes.best,
            "books5": pushes.top_five,
            "books": pushes.updates,
            "index-tickers": pushes.indexes,
            "funding-rate": pushes.fundings,
            "mark-price": pushes.marks,
            "open-interest": pushes.interests,
            "tickers": pushes.days,
            "liquidation-orders": pushes.forced,
            "candle": pushes.candles,
            "instruments": pushes.silence,
        }
        self._limits, self._rest = Limits(generosity), Rest(self.scene, wires)

    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """``/ws/v5/public`` or ``/ws/v5/business``."""
        route = _ROUTES.get(target.partition("?")[0])
        return None if route is None else Talk(route, self._streams, self._pushes)

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """GET only."""
        if asked.method != "GET":
            return Answer(405, (("Allow", "GET"),), b"")
        return self._rest.answer(asked.path, asked.given, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Klines, days and statistics take making."""
        return self._rest.prepare(asked.path, asked.given, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """Requests of each path in two seconds."""
        return self._limits.spend(asked.path, now_ms)

    def limited(self) -> list[Answer]:
        """429 and 200."""
        return limited()

    def reset_sequence(self, stream: Stream, now_ms: int) -> bool:
        """Numbers of a contract's books fall once."""
        if stream.kind not in _NUMBERED:
            return False
        self._pushes.reset(stream.coin, now_ms)
        return True
