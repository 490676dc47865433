"""Deribit's wire: its frames a second, its conversations, its REST within its credits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from fbkit.simulator.answers import Answer
from fbkit.simulator.market import Market
from fbkit.simulator.wires.deribit import rpc
from fbkit.simulator.wires.deribit.credits import Credits
from fbkit.simulator.wires.deribit.pushes import Pushes
from fbkit.simulator.wires.deribit.rest import Rest, refuse
from fbkit.simulator.wires.deribit.rows import Rows
from fbkit.simulator.wires.deribit.rpc import Refusal
from fbkit.simulator.wires.deribit.streams import PATH
from fbkit.simulator.wires.deribit.talk import DeribitTalk
from fbkit.simulator.wires.wire import Asked, Manners, Wire


class DeribitWire(Wire):
    """Deribit. Its change ids never begin anew while a connection lives; it sends no protocol pings but heartbeats."""

    channel_of = {  # noqa: RUF012 - a table that nobody writes to; the base class says so
        "trades": "trade",
        "quote": "quote",
        "book": "depth",
        "ticker": "mark",
        "chart": "bar",
        "instrument": "listing",
    }
    manners = Manners(ping_every_ms=None, lifetime_ms=None)

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        rows = Rows(self.scene)
        self._pushes = Pushes(self.scene, rows)
        self._rest = Rest(self.scene, rows)
        self._credits = Credits(generosity)
        self._asked_ms = 0
        self.kinds = {
            "trades": self._pushes.trades,
            "quote": self._pushes.quotes,
            "book": self._pushes.books,
            "ticker": self._pushes.tickers,
            "chart": self._pushes.candles,
            "instrument": self._pushes.states,
        }

    def talk(self, target: str, headers: Mapping[str, str]) -> DeribitTalk | None:
        """One address for all."""
        if urlsplit(target).path != PATH:
            return None
        return DeribitTalk(self.market.universe.index, self._pushes.beginning, Credits(self.generosity))

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """GET only; the exchange takes POST too."""
        if asked.method != "GET":
            return Answer(405, (("Allow", "GET"),), b"")
        return self._rest.answer(asked, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """What an answer needs."""
        return self._rest.prepare(asked, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """Draw credits."""
        self._asked_ms = now_ms
        return None if self._credits.spend(now_ms) else refuse(Refusal(rpc.TOO_MANY), now_ms)

    def limited(self) -> list[Answer]:
        """The same error under three statuses."""
        return [refuse(Refusal(rpc.TOO_MANY), self._asked_ms, status) for status in (429, 400, 200)]
