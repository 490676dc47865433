"""Gate's wire: its frames a second, its conversations, its REST within its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from fbkit.simulator.answers import Answer
from fbkit.simulator.market import Market
from fbkit.simulator.wires.gate.asking import TOO_MANY
from fbkit.simulator.wires.gate.limits import Limits
from fbkit.simulator.wires.gate.pushes import Pushes
from fbkit.simulator.wires.gate.rest import Pages
from fbkit.simulator.wires.gate.talk import SIZE_DECIMAL, Talk
from fbkit.simulator.wires.gate.templates import CoinWire
from fbkit.simulator.wires.wire import Asked, Manners, Wire


class GateWire(Wire):
    """Gate's perpetuals settled in USDT. Its update ids count for ever: no sequence begins anew."""

    channel_of = {  # noqa: RUF012 - a table that nobody writes to; the base class says so
        "futures.trades": "trade",
        "futures.book_ticker": "quote",
        "futures.order_book_update": "depth",
        "futures.tickers": "mark",
        "futures.candlesticks": "bar",
        "futures.public_liquidates": "liquidation",
    }
    manners = Manners(ping_every_ms=30_000, pong_within_ms=60_000, lifetime_ms=None)

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        texts = [CoinWire(coin) for coin in market.universe.coins]
        pushes = Pushes(self.scene, texts)
        self.kinds = {
            "futures.trades": pushes.trades,
            "futures.book_ticker": pushes.best,
            "futures.order_book_update": pushes.books,
            "futures.tickers": pushes.tickers,
            "futures.candlesticks": pushes.candles,
            "futures.public_liquidates": pushes.forced,
        }
        self.pages = Pages(self.scene, texts, pushes)
        self.limits = Limits(generosity)

    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """``/v4/ws/usdt``."""
        if urlsplit(target).path != "/v4/ws/usdt":
            return None
        return Talk(self.market.universe.index, decimal=headers.get(SIZE_DECIMAL) == "1")

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """``GET /api/v4/futures/usdt/…``."""
        if asked.method != "GET":
            return Answer(405, (("Allow", "GET"),), b"")
        return self.pages.answer(asked.path, asked.given, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Candles, days and statistics take making."""
        return self.pages.prepare(asked.path, asked.given, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """200 requests an endpoint in 10 seconds."""
        return None if self.limits.spend(asked.path, now_ms) else self.finish(TOO_MANY)

    def finish(self, answer: Answer) -> Answer:
        """What is left of the endpoint's requests."""
        return answer._replace(headers=(*answer.headers, *self.limits.headers))

    def limited(self) -> list[Answer]:
        """One disguise, and it is plain."""
        return [TOO_MANY]
