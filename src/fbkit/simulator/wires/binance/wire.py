"""Binance's wire: its frames a second, its conversations, its REST within its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_DAY, MS_MIN
from fbkit.simulator.market import Market
from fbkit.simulator.wires.binance.book_pushes import BookPushes
from fbkit.simulator.wires.binance.limits import Limits, with_weight
from fbkit.simulator.wires.binance.mark_pushes import MarkPushes
from fbkit.simulator.wires.binance.query import Refusal
from fbkit.simulator.wires.binance.rest import Rest
from fbkit.simulator.wires.binance.talk import Talk, address_of
from fbkit.simulator.wires.binance.templates import CoinWire
from fbkit.simulator.wires.binance.trade_pushes import TradePushes
from fbkit.simulator.wires.wire import Asked, Manners, Wire


class BinanceWire(Wire):
    """Binance USD-M. It knows no sequence that may begin anew: its books come whole."""

    channel_of: ClassVar[Mapping[str, str]] = {
        "aggTrade": "trade",
        "bookTicker": "quote",
        "depth": "depth",
        "markPrices": "mark",
        "markPrice": "mark",
        "forceOrder": "liquidation",
        "kline": "bar",
        "tickers": "day",
        "ticker": "day",
    }
    manners = Manners(ping_every_ms=3 * MS_MIN, pong_within_ms=10 * MS_MIN, lifetime_ms=MS_DAY)

    def __init__(self, market: Market, generosity: int = 100) -> None:
        super().__init__(market, generosity)
        templates = [CoinWire(coin) for coin in market.universe.coins]
        trades, books = TradePushes(self.scene, templates), BookPushes(self.scene, templates)
        marks = MarkPushes(self.scene, templates)
        self.kinds = {
            "aggTrade": trades.agg_trades,
            "bookTicker": books.best,
            "depth": books.depth,
            "markPrices": marks.all_marks,
            "markPrice": marks.marks,
            "forceOrder": marks.forced,
            "kline": trades.klines,
            "tickers": trades.all_days,
            "ticker": trades.some_days,
        }
        self.limits = Limits(generosity)
        self.rest = Rest(self.scene, templates, generosity)
        self._used: int | None = None
        self._asked_ms = 0

    def talk(self, target: str, headers: Mapping[str, str]) -> Talk | None:
        """``/public``, ``/market`` or neither, with ``/ws`` or ``/stream`` behind."""
        address = address_of(target)
        return None if address is None else Talk(address, self.market.universe.index)

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """GET only."""
        if asked.method != "GET":
            return Answer(405, (("Allow", "GET"),), b"")
        return self.rest.answer(asked.path, asked.given, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Klines, days and statistics take making."""
        return self.rest.prepare(asked.path, asked.given, now_ms)

    def spend(self, asked: Asked, now_ms: int) -> Answer | None:
        """Weight a minute, and the two limits of five minutes."""
        self._asked_ms = now_ms
        try:
            self._used = self.limits.spend(asked.path, asked.given, now_ms)
        except Refusal as refusal:
            return refusal.answer()
        return None

    def finish(self, answer: Answer) -> Answer:
        """With the weight used, where the request had any."""
        return with_weight(answer, self._used)

    def limited(self) -> list[Answer]:
        """429, and the ban that follows."""
        return [refusal.answer() for refusal in self.limits.disguises(self._asked_ms)]
