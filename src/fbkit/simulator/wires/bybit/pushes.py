"""What Bybit pushes: trades as they match, books, tickers that change, liquidations every half second, candles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fbkit.simulator.book import update_id
from fbkit.simulator.calendar import MS_MIN, MS_S
from fbkit.simulator.facts import BestRow, DayRow, ForcedRow, MarkRow, TradeRow
from fbkit.simulator.kept import Kept
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.bybit.templates import CoinWords
from fbkit.simulator.wires.bybit.topics import WORDS
from fbkit.simulator.wires.wire import Frame, Stream

#: A best quote that nothing changed is said again after so long, ms; and how often, until somebody moves.
_CALM_MS, _CALM_TIMES = 3_000, 3

#: Liquidations come in batches of so many ms, rows of a trade frame at most so many.
_BATCH_MS, _MOST_ROWS = 500, 1024

#: Levels a side that a book here has; the venue's has as many as its topic says.
LEVELS = 6

#: How a ticker's two frames a second are spread over the coins, ms.
_SPREAD_MS = 450

_SPELLED = {name: word for word, name in WORDS.items()}


class Pushes:
    """Makes the frames of a second, kind by kind."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.words = [CoinWords(coin) for coin in scene.coins]
        self._marks: Kept[list[MarkRow]] = Kept(lambda second: scene.marks(second * MS_S), 3)
        self._held: Kept[list[int]] = Kept(lambda second: scene.open_interest(second * MS_S), 2)
        self._days: Kept[list[DayRow]] = Kept(lambda second: scene.days(second * MS_S), 2)

    def trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``publicTrade``: the trades of a coin and millisecond in one frame."""
        names = {stream.coin: stream.name for stream in wanted}
        together: dict[tuple[int, int], list[TradeRow]] = {}
        for row in self.scene.trades(start_ms):
            if row.coin in names:
                together.setdefault((row.push_ms, row.coin), []).append(row)
        for (push_ms, coin), rows in together.items():
            for at in range(0, len(rows), _MOST_ROWS):
                payload = self.words[coin].trades(push_ms, rows[at : at + _MOST_ROWS], update_id(rows[0].ts_ms))
                yield Frame(push_ms, names[coin], payload)

    def best(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``orderbook.1``: every change, and the last one again after three calm seconds."""
        names = {stream.coin: stream.name for stream in wanted}
        for row in self.scene.best(start_ms):
            if row.coin in names:
                yield Frame(row.push_ms, names[row.coin], self._best(row))
        for push_ms, row in self._calm(start_ms, names):
            yield Frame(push_ms, names[row.coin], self._best(row, push_ms))

    def best_now(self, coin: int, now_ms: int) -> bytes:
        """An ``orderbook.1`` frame with what is best at an instant: the book of its slot, before any change in it."""
        book = self.scene.book(coin, now_ms, 1)
        return self.words[coin].best(now_ms, book.bids[0], book.asks[0], book.update_id - 1, book.ts_ms)

    def _best(self, row: BestRow, push_ms: int = 0) -> bytes:
        bid, ask = (row.bid, row.bid_steps), (row.ask, row.ask_steps)
        return self.words[row.coin].best(push_ms or row.push_ms, bid, ask, row.update_id, row.ts_ms)

    def _calm(self, start_ms: int, names: dict[int, str]) -> Iterator[tuple[int, BestRow]]:
        """What is said again within a second because nothing came after it, and when."""
        since, until = start_ms - 1 - _CALM_MS * _CALM_TIMES, start_ms + MS_S
        minutes = [self.scene.quotes[minute] for minute in range(since // MS_MIN, (until - 1) // MS_MIN + 1)]
        columns = [np.concatenate([minute[k] for minute in minutes]) for k in range(len(minutes[0]))]
        a, b = np.searchsorted(columns[1], (since, until))
        by_coin = a + np.argsort(columns[0][a:b], kind="stable")
        coin, ts = columns[0][by_coin], columns[1][by_coin]
        followed = np.append(np.where(coin[1:] == coin[:-1], ts[1:], until), until)
        for times in range(1, _CALM_TIMES + 1):
            again = ts + times * _CALM_MS
            for at in np.flatnonzero((start_ms - 1 <= again) & (again < np.minimum(followed, until - 1))).tolist():
                row = [int(column[by_coin[at]]) for column in columns]
                if row[0] in names:
                    ids = (row[0], row[1] + 1, row[1], update_id(row[1]))
                    yield int(again[at]) + 1, BestRow(*ids, row[2], row[4], row[3], row[5])

    def books(self, start_ms: int, wanted: list[Stream], restarts: dict[str, int]) -> Iterator[Frame]:
        """``orderbook.50`` and deeper: what changed of the first levels. ``restarts``: when a topic began anew (ms)."""
        for stream in wanted:
            for slot in range(start_ms, start_ms + MS_S, stream.cadence_ms):
                payload = self.book(stream, slot, restarts.get(stream.name, 0))
                yield Frame(slot + _behind(stream.coin), stream.name, payload)

    def book(self, stream: Stream, slot: int, restarted_ms: int, *, whole: bool = False) -> bytes:
        """A book's frame of one slot: whole at a restart and where asked so, else what changed."""
        words, n = self.words[stream.coin], min(stream.levels, LEVELS)
        restarted = 0 < restarted_ms <= slot
        u = (slot - (restarted_ms if restarted else 0)) // stream.cadence_ms + restarted
        ids = (u, update_id(slot), slot)
        if whole or (restarted and slot == restarted_ms):
            book = self.scene.book(stream.coin, slot, n)
            return words.book("snapshot", stream.levels, slot + _behind(stream.coin), (book.bids, book.asks), ids)
        change = self.scene.change(stream.coin, slot, stream.cadence_ms, n)
        return words.book("delta", stream.levels, slot + _behind(stream.coin), (change.bids, change.asks), ids)

    def tickers(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``tickers``: what changed, twice a second; funding only where it did."""
        second = start_ms // MS_S
        marks, before = self._marks[second], self._marks[second - 1]
        held, days = self._held[second], self._days[second]
        for stream in wanted:
            coin, words = stream.coin, self.words[stream.coin]
            push = start_ms + coin * 37 % _SPREAD_MS
            fields = words.mark_fields(marks[coin]) | words.interest_fields(held[coin], marks[coin].mark)
            if days:
                fields |= words.day_fields(days[coin])
            if words.funding_fields(marks[coin]) != words.funding_fields(before[coin]):
                fields |= words.funding_fields(marks[coin])
            yield Frame(push, stream.name, words.ticker("delta", push, fields, update_id(push)))
            push += _BATCH_MS
            yield Frame(push, stream.name, words.ticker("delta", push, self._best_fields(coin, push), update_id(push)))

    def whole_ticker(self, coin: int, now_ms: int) -> bytes:
        """A ``tickers`` snapshot: everything, as of the second that runs."""
        second, words = now_ms // MS_S, self.words[coin]
        mark, days = self._marks[second][coin], self._days[second]
        fields = words.mark_fields(mark) | words.interest_fields(self._held[second][coin], mark.mark)
        fields |= words.day_fields(days[coin]) if days else {"lastPrice": "", "turnover24h": "", "volume24h": ""}
        fields |= words.funding_fields(mark) | self._best_fields(coin, now_ms)
        fields |= {"preOpenPrice": "", "preQty": "", "curPreListingPhase": ""}
        return words.ticker("snapshot", now_ms, fields, update_id(now_ms))

    def _best_fields(self, coin: int, ts_ms: int) -> dict[str, str]:
        book = self.scene.book(coin, ts_ms, 1)
        return self.words[coin].best_fields(book.bids[0], book.asks[0])

    def liquidations(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``allLiquidation``: all of a coin's last half second in one frame."""
        names = {stream.coin: stream.name for stream in wanted}
        for end in range(start_ms, start_ms + MS_S, _BATCH_MS):
            together: dict[int, list[ForcedRow]] = {}
            for row in self.scene.forced((end - _BATCH_MS) // MS_S * MS_S):
                if row.coin in names and end - _BATCH_MS <= row.push_ms < end:
                    together.setdefault(row.coin, []).append(row)
            for coin, rows in together.items():
                push = end + coin % 50
                yield Frame(push, names[coin], self.words[coin].liquidations(push, rows))

    def klines(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``kline``: once a second where something traded, and closed a second after the end."""
        for interval in sorted({stream.interval for stream in wanted}):
            names = {stream.coin: stream.name for stream in wanted if stream.interval == interval}
            for row in self.scene.bars(start_ms, interval, names, cadence_ms=MS_S, closes_ms=MS_S):
                yield Frame(row.push_ms, names[row.coin], self.words[row.coin].kline(row, _SPELLED[interval]))


def _behind(coin: int) -> int:
    """How much later than its slot a coin's book is pushed, ms: they do not all come at once."""
    return 2 + coin * 7 % 90


def last_slot(stream: Stream, now_ms: int) -> int:
    """The newest slot whose frame has been pushed."""
    at = now_ms - _behind(stream.coin)
    return at - at % stream.cadence_ms
