"""What there is to tell of each minute: trades in order of time, quotes, books, liquidations. Kept for a while."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator.book import Depths, Quotes, imbalance, quotes_of
from fbkit.simulator.calendar import MS_DAY, MS_MIN, MS_S, split_minute
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import COUNT
from fbkit.simulator.liquidations import Liquidations, liquidations_of
from fbkit.simulator.market import Market
from fbkit.simulator.noise import Floats, Ints
from fbkit.simulator.ticker import Tickers
from fbkit.simulator.wire import CoinWire

#: (E, mark, average mark, estimated settlement, index, funding rate, next funding) of one coin.
MarkRow = tuple[int, float, float, float, float, float, int]


class Tape(NamedTuple):
    """A minute's trades in order of time."""

    order: Ints
    ts_ms: Ints


class Scene:
    """A market with what its frames are made from. ``wires``: the templates of each coin.

    ``tape``, ``lean``, ``quotes`` and ``liquidations`` by minute since 1970, ``books`` by second.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self.tickers = Tickers(market)
        self.wires = [CoinWire(coin) for coin in market.universe.coins]
        self.tape = Kept(self._make_tape, 3)
        self.lean = Kept(self._make_lean, 2)
        self.quotes = Kept(self._make_quotes, 2)
        self.books = Kept(self._make_books, 2)
        self.liquidations = Kept(self._make_liquidations, 2)

    def mark_rows(self, ts_ms: int) -> list[MarkRow]:
        """What the exchange says of mark, index and funding of every coin at an instant."""
        mark, index = self.market.mark_index(ts_ms)
        rate, funding_ms = self.market.crowd(ts_ms // MS_DAY).funding_at(ts_ms)
        columns = (mark.tolist(), mark.tolist(), index.tolist(), index.tolist(), rate.tolist(), funding_ms.tolist())
        return [(ts_ms, *row) for row in zip(*columns, strict=True)]

    def last_steps(self, ts_ms: int) -> list[int]:
        """Size of each coin's newest trade at an instant, lot steps."""
        minute = ts_ms // MS_MIN
        running = self.market.running(minute)
        last = running.heard(ts_ms) - 1
        steps = running.minute.steps[np.maximum(last, 0)]
        silent = running.at(ts_ms)[COUNT] == 0
        if silent.any():
            before = self.market.minute(minute - 1)
            steps = np.where(silent, before.steps[before.edges[1:] - 1], steps)
        sizes: list[int] = steps.tolist()
        return sizes

    def _make_tape(self, minute: int) -> Tape:
        block = self.market.minute(minute)
        order = np.argsort(block.ts_ms, kind="stable")
        return Tape(order, block.ts_ms[order])

    def _make_lean(self, minute: int) -> Floats:
        plan = self.market.day(split_minute(minute)[0])
        return imbalance(self.market.seed, plan, self.market.minute(minute))

    def _make_quotes(self, minute: int) -> Quotes:
        plan = self.market.day(split_minute(minute)[0])
        market = self.market
        return quotes_of(market.universe, market.seed, plan, market.minute(minute), self.lean[minute])

    def _make_books(self, second: int) -> Depths:
        minute = second // 60
        market = self.market
        return Depths(market.universe, market.seed, market.minute(minute), self.lean[minute], second * MS_S)

    def _make_liquidations(self, minute: int) -> Liquidations:
        return liquidations_of(self.market.universe, self.market.seed, self.market.minute(minute))
