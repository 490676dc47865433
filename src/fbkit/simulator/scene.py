"""What there is to tell, in ticks and steps: trades, quotes, books, marks, klines, days, liquidations.

A wire formats these facts and adds none. Rows are those of :mod:`fbkit.simulator.facts`. What has just been made is
kept for a while; everything can be made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from fbkit.simulator.book import SLOT_MS, Depths, Quotes, imbalance, quotes_of, update_id
from fbkit.simulator.calendar import INTERVALS, MS_DAY, MS_MIN, MS_S, split_minute
from fbkit.simulator.facts import BarRow, BestRow, Book, Change, DayRow, ForcedRow, Levels, MarkRow, TradeRow
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import COUNT, Kline
from fbkit.simulator.liquidations import Liquidations, liquidations_of
from fbkit.simulator.market import Market
from fbkit.simulator.noise import Floats, Ints
from fbkit.simulator.past import Past
from fbkit.simulator.ticker import Tickers
from fbkit.simulator.trades import fills


class Tape(NamedTuple):
    """A minute's trades in order of time."""

    order: Ints
    ts_ms: Ints


class Scene(Past):
    """A market with what its frames are made from; the past, for REST, is :class:`~fbkit.simulator.past.Past`'s.

    ``coins`` as the venue lists them. Who is not ``patient`` hears no 24 h days until a day of klines is there.

    >>> scene = Scene(Market(seed=7, instruments=2))
    >>> row = next(scene.trades(1_772_700_000_000, delay_ms=150))
    >>> scene.coins[row.coin].symbol, row.push_ms - row.ts_ms, row.last_fill >= row.first_fill
    ('BTCUSDT', 150, True)
    """

    def __init__(self, market: Market, *, patient: bool = True) -> None:
        super().__init__(market)
        self.patient = patient
        self.tickers = Tickers(market)
        self.tape = Kept(self._make_tape, 3)
        self.lean = Kept(self._make_lean, 2)
        self.quotes = Kept(self._make_quotes, 2)
        self.depths = Kept(self._make_depths, 3)
        self.liquidations = Kept(self._make_liquidations, 2)
        # The newest book asked for, which a change is often asked from next.
        self._books: dict[tuple[int, int], Book] = {}

    def trades(self, start_ms: int, delay_ms: int | None = None) -> Iterator[TradeRow]:
        """Trades pushed within ``[start_ms, start_ms + 1000)``, by time; ``delay_ms`` after each (the profile's)."""
        delay = self.market.profile.latency_ms if delay_ms is None else delay_ms
        # What is pushed in this second traded a little before, so the minute before may have a share in it.
        since, until = start_ms - delay, start_ms + MS_S - delay
        for minute in _minutes(since, until):
            block, tape = self.market.minute(minute), self.tape[minute]
            a, b = np.searchsorted(tape.ts_ms, (since, until))
            here = tape.order[a:b]
            ts = block.ts_ms[here]
            told = (block.trade_id[here], block.ticks[here], block.steps[here], block.buy[here])
            columns = (block.coin[here], ts + delay, ts, *told, *fills(told[0]))
            yield from map(TradeRow._make, zip(*(column.tolist() for column in columns), strict=True))

    def best(self, start_ms: int, delay_ms: int = 1) -> Iterator[BestRow]:
        """Changes of best bids and asks pushed within a second, by time; one a coin and ms at most."""
        since, until = start_ms - delay_ms, start_ms + MS_S - delay_ms
        for minute in _minutes(since, until):
            quotes = self.quotes[minute]
            a, b = np.searchsorted(quotes.ts_ms, (since, until))
            for coin, ts, *sides in zip(*(column[a:b].tolist() for column in quotes), strict=True):
                bid, ask, bid_steps, ask_steps = sides
                yield BestRow(coin, ts + delay_ms, ts, update_id(ts), bid, bid_steps, ask, ask_steps)

    def best_at(self, ts_ms: int) -> list[BestRow]:
        """Every coin's best bid and ask at an instant, for tickers and snapshots; from the book's slot of 100 ms."""
        rows = []
        for coin in range(len(self.coins)):
            book = self.book(coin, ts_ms, 1)
            rows.append(BestRow(coin, ts_ms, book.ts_ms, book.update_id, *book.bids[0], *book.asks[0]))
        return rows

    def book(self, coin: int, ts_ms: int, levels: int) -> Book:
        """The first levels at the slot of 100 ms that holds an instant: the same book anywhere within the slot."""
        slot = ts_ms // SLOT_MS * SLOT_MS
        last = self._books.get((coin, levels))
        if last is None or last.ts_ms != slot:
            bids, asks = self.depths[slot // MS_S].at_slot(coin, slot, levels)
            last = self._books[coin, levels] = Book(coin, slot, update_id(slot), bids, asks)
        return last

    def change(self, coin: int, ts_ms: int, cadence_ms: int, levels: int) -> Change:
        """What turns the book of a slot ``cadence_ms`` before into that of ``ts_ms``; ``cadence_ms`` in whole slots.

        ``change.book.update_id`` follows ``change.before.update_id``: a chain from any slot on.
        """
        before, book = self.book(coin, ts_ms - cadence_ms, levels), self.book(coin, ts_ms, levels)
        return Change(_changed(before.bids, book.bids), _changed(before.asks, book.asks), book, before)

    def marks(self, ts_ms: int) -> list[MarkRow]:
        """Mark, index and funding of every coin at an instant. A dated contract has no funding: wires leave it out."""
        crowd = self.market.crowd(ts_ms // MS_DAY)
        mark, index = self.market.mark_index(ts_ms)
        rate, funding_ms = crowd.funding_at(ts_ms)
        premium, settled = crowd.premium_at(ts_ms), crowd.rate_before(ts_ms)
        columns = (column.tolist() for column in (mark, index, rate, funding_ms, premium, settled))
        return [MarkRow(coin, ts_ms, *row) for coin, row in enumerate(zip(*columns, strict=True))]

    def open_interest(self, ts_ms: int) -> list[int]:
        """Open interest of every coin at an instant, lot steps, one side counted."""
        held: list[int] = self.market.crowd(ts_ms // MS_DAY).oi_at(ts_ms).tolist()
        return held

    def bar(self, interval: str, ts_ms: int) -> tuple[int, list[Kline]]:
        """Start (ms) and every coin's kline so far of the bar that holds an instant; ``n`` is 0 where none traded."""
        begin, rows = self.market.bar(interval, ts_ms)
        return begin, [Kline(*row) for row in rows.T.tolist()]

    def bars(
        self, start_ms: int, interval: str, coins: Iterable[int], cadence_ms: int = 250, closes_ms: int = 2_000
    ) -> Iterator[BarRow]:
        """Klines pushed within a second: at each cadence where something traded; closed, ``closes_ms`` after the end.

        ``cadence_ms`` divides 1000 or is whole seconds; ``closes_ms`` is whole seconds (0: with the next bar's second).
        """
        wanted, length = sorted(coins), INTERVALS[interval] * MS_MIN
        for push in range(start_ms, start_ms + MS_S, min(cadence_ms, MS_S)):
            if push % cadence_ms:
                continue
            traded = self.traded(push - cadence_ms, push - 1)
            begin, rows = self.bar(interval, push - 1)
            for coin in wanted:
                if traded[coin] and rows[coin].n:
                    yield BarRow(coin, push, begin, length, rows[coin], closed=False)
        end = start_ms - closes_ms
        if end % length == 0:
            begin, rows = self.bar(interval, end - 1)
            for coin in wanted:
                yield BarRow(coin, start_ms + coin % 100, begin, length, rows[coin], closed=True)

    def traded(self, since_ms: int, until_ms: int) -> list[bool]:
        """Whether each coin traded within ``[since_ms, until_ms]``, as far as that lies in the minute of its end."""
        running = self.market.running(until_ms // MS_MIN)
        moved: list[bool] = (running.heard(until_ms) > running.heard(since_ms - 1)).tolist()
        return moved

    def days(self, ts_ms: int) -> list[DayRow]:
        """The last 24 h of every coin; empty where the scene is not patient and nobody has made them yet."""
        if not self.patient and not self.tickers.ready(ts_ms):
            return []
        open_ms, rows = self.tickers.at(ts_ms)
        last = self.last_steps(ts_ms)
        return [DayRow(k, ts_ms, open_ms, Kline(*row), last[k]) for k, row in enumerate(rows.T.tolist())]

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

    def forced(self, start_ms: int, delay_ms: int | None = None) -> Iterator[ForcedRow]:
        """Liquidations pushed within a second, by time, as many of a coin as the venue tells.

        ``delay_ms``: each traded so much before it is told; without it about a second where one a second is told (the
        venue waits for the largest), and the profile's latency where all are.
        """
        told = self.liquidations[start_ms // MS_MIN]
        a, b = np.searchsorted(told.push_ms, (start_ms, start_ms + MS_S))
        for row in zip(*(column[a:b].tolist() for column in told), strict=True):
            forced = ForcedRow._make(row)
            yield forced if delay_ms is None else forced._replace(ts_ms=forced.push_ms - delay_ms)

    def _make_tape(self, minute: int) -> Tape:
        block = self.market.minute(minute)
        order = np.argsort(block.ts_ms, kind="stable")
        return Tape(order, block.ts_ms[order])

    def _make_lean(self, minute: int) -> Floats:
        plan = self.market.day(split_minute(minute)[0])
        return imbalance(self.market.own_seed, plan, self.market.minute(minute))

    def _make_quotes(self, minute: int) -> Quotes:
        market = self.market
        plan = market.day(split_minute(minute)[0])
        return quotes_of(market.universe, market.own_seed, plan, market.minute(minute), self.lean[minute])

    def _make_depths(self, second: int) -> Depths:
        market, minute = self.market, second // 60
        return Depths(market.universe, market.own_seed, market.minute(minute), self.lean[minute], second * MS_S)

    def _make_liquidations(self, minute: int) -> Liquidations:
        market = self.market
        return liquidations_of(market.universe, market.own_seed, market.minute(minute), market.profile)


def _minutes(since_ms: int, until_ms: int) -> range:
    return range(since_ms // MS_MIN, (until_ms - 1) // MS_MIN + 1)


def _changed(before: Levels, after: Levels) -> Levels:
    """The levels to set, from the best outwards, then those to delete with 0 steps."""
    known, now = dict(before), dict(after)
    gone = [(ticks, 0) for ticks in known if ticks not in now]
    return [(ticks, steps) for ticks, steps in after if known.get(ticks) != steps] + gone
