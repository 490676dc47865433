"""What a wire is told, row by row: whole ticks, whole lot steps, UTC ms. ``coin`` is a place in ``universe.coins``."""

from __future__ import annotations

from typing import NamedTuple

from fbkit.simulator.klines import Kline


class TradeRow(NamedTuple):
    """A trade: the venue's aggregate of the fills ``first_fill`` to ``last_fill``. Both ids count on without a hole.

    ``trade_id`` rises by one a coin; ``buy``: the taker bought.
    """

    coin: int
    push_ms: int
    ts_ms: int
    trade_id: int
    ticks: int
    steps: int
    buy: bool
    first_fill: int
    last_fill: int


class BestRow(NamedTuple):
    """A change of a best bid or ask. ``update_id`` rises with time, never by one."""

    coin: int
    push_ms: int
    ts_ms: int
    update_id: int
    bid: int
    bid_steps: int
    ask: int
    ask_steps: int


Levels = list[tuple[int, int]]


class Book(NamedTuple):
    """The first levels of a book from the best outwards, (ticks, steps) each, at a slot of 100 ms."""

    coin: int
    ts_ms: int
    update_id: int
    bids: Levels
    asks: Levels


class Change(NamedTuple):
    """What changed of a book between two slots: levels to set, with 0 steps those to delete; ``book`` is the result."""

    bids: Levels
    asks: Levels
    book: Book
    before: Book


class MarkRow(NamedTuple):
    """Mark and index price in USD a base; the funding rate of the period that runs, a fraction a period, and its end.

    ``premium`` of mark over index; ``settled`` the rate of the period before.
    """

    coin: int
    ts_ms: int
    mark: float
    index_price: float
    rate: float
    funding_ms: int
    premium: float
    settled: float


class BarRow(NamedTuple):
    """A kline as it grows, or its last word."""

    coin: int
    push_ms: int
    start_ms: int
    length_ms: int
    bar: Kline
    closed: bool


class DayRow(NamedTuple):
    """The last 24 h; ``last_steps`` is the size of the newest trade (price: ``bar.close``)."""

    coin: int
    ts_ms: int
    open_ms: int
    bar: Kline
    last_steps: int


class ForcedRow(NamedTuple):
    """A liquidation: ``long`` is whether a long position died, so the order sold. ``average`` is the fill price.

    ``limit`` is the order's limit and serves as bankruptcy price; ``steps`` filled in all, ``last_steps`` at last.
    """

    coin: int
    push_ms: int
    ts_ms: int
    long: bool
    average: int
    limit: int
    steps: int
    last_steps: int


class HeldRow(NamedTuple):
    """Open interest of a coin at the end of a period, one side counted, in lot steps, and the mark price then."""

    ts_ms: int
    steps: int
    mark: float


class FundingRow(NamedTuple):
    """A settled funding: when, the rate as a fraction a period, the mark price then."""

    ts_ms: int
    rate: float
    mark: float
