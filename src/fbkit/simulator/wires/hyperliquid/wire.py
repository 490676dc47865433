"""Hyperliquid's wire: its frames a second, its conversations, its REST within its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from fbkit.simulator.answers import Answer
from fbkit.simulator.market import Market
from fbkit.simulator.wires.hyperliquid.info import TOO_MANY, Info, Limits
from fbkit.simulator.wires.hyperliquid.pushes import Pushes
from fbkit.simulator.wires.hyperliquid.talk import Talk
from fbkit.simulator.wires.hyperliquid.templates import CoinWire
from fbkit.simulator.wires.wire import Asked, Manners, Wire


class HyperliquidWire(Wire):
    """Hyperliquid's perpetuals. It counts nothing, so no sequence can begin anew."""

    channel_of = {  # noqa: RUF012 - a table that nobody writes to; the base class says so
        "trades": "trade",
        "bbo": "quote",
        "l2Book": "depth",
        "activeAssetCtx": "mark",
        "candle": "bar",
    }
    manners = Manners()

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        templates = [CoinWire(coin, number) for number, coin in enumerate(market.universe.coins)]
        self.pushes = Pushes(self.scene, templates)
        self.kinds = {
            "trades": self.pushes.trades,
            "bbo": self.pushes.best,
            "l2Book": self.pushes.books,
            "activeAssetCtx": self.pushes.contexts,
            "candle": self.pushes.candles,
        }
        self.info = Info(self.scene, templates, self.pushes)
        self.limits = Limits(generosity)

    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """``/ws``."""
        return Talk(self.market.universe.index, self.pushes.begin) if urlsplit(target).path == "/ws" else None

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """``POST /info``."""
        if asked.path != "/info":
            return Answer(404, (), b"")
        if asked.method != "POST":
            return Answer(405, (("Allow", "POST"),), b"")
        return self.info.answer(asked.body, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Candles, days and fundings take making."""
        return self.info.prepare(asked.body, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """Weight in any minute."""
        return None if self.limits.spend(asked.body, now_ms) else TOO_MANY

    def limited(self) -> list[Answer]:
        """429, and no words."""
        return [TOO_MANY]
