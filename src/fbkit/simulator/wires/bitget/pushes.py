"""What Bitget pushes: trades as they match, whole tops of books, tickers, candles as they grow, forced closes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fbkit.simulator.book import update_id
from fbkit.simulator.calendar import INTERVALS, MS_MIN, MS_S
from fbkit.simulator.facts import BestRow, DayRow, ForcedRow, MarkRow, TradeRow
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import Kline
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.bitget.templates import CoinWords
from fbkit.simulator.wires.bitget.topics import MARKET, WORDS
from fbkit.simulator.wires.wire import Frame, Stream

#: Trades that a subscription replays; rows of candles that it begins with (the venue's has hundreds).
REPLAYED, CANDLES = 50, 5

#: How much later than their second forced closes are told, ms.
_LATE_MS = 1_007

_SPELLED = {name: word for word, name in reversed(WORDS.items())}


class Pushes:
    """Makes the frames of a second, kind by kind."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.words = [CoinWords(place, coin) for place, coin in enumerate(scene.coins)]
        self._marks: Kept[list[MarkRow]] = Kept(lambda second: scene.marks(second * MS_S), 2)
        self._held: Kept[list[int]] = Kept(lambda second: scene.open_interest(second * MS_S), 2)
        self._days: Kept[list[DayRow]] = Kept(lambda second: scene.days(second * MS_S), 2)

    # trades

    def trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``trade``: the trades of a coin and millisecond in one frame."""
        names = {stream.coin: stream.name for stream in wanted}
        together: dict[tuple[int, int], list[TradeRow]] = {}
        for row in self.scene.trades(start_ms):
            if row.coin in names:
                together.setdefault((row.push_ms, row.coin), []).append(row)
        for (push_ms, coin), rows in together.items():
            words = self.words[coin]
            yield Frame(push_ms, names[coin], words.push("trade", "update", words.trades(rows), push_ms))

    def replay(self, stream: Stream, now_ms: int) -> bytes:
        """The newest trades that were pushed before an instant, as a subscription begins with them."""
        words = self.words[stream.coin]
        rows = self.scene.newest(stream.coin, REPLAYED, now_ms - self.scene.market.profile.latency_ms)
        return words.push("trade", "snapshot", words.trades(rows), now_ms)

    # books

    def best(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``books1``: the last change of each 100 ms, told at their end."""
        names = {stream.coin: stream for stream in wanted}
        cadence = next(iter(names.values())).cadence_ms
        last: dict[tuple[int, int], BestRow] = {}
        for second in (start_ms - MS_S, start_ms):
            for row in self.scene.best(second):
                if row.coin in names:
                    last[row.push_ms // cadence * cadence + cadence, row.coin] = row
        for (end, coin), row in last.items():
            if start_ms <= end < start_ms + MS_S:
                yield Frame(end, names[coin].name, self._best(row, end))

    def best_now(self, stream: Stream, now_ms: int) -> bytes:
        """What is best at an instant, from the book's slot, before any change within it."""
        book = self.scene.book(stream.coin, now_ms, 1)
        words = self.words[stream.coin]
        row = words.book(book.bids, book.asks, book.ts_ms, book.update_id - 1, 0)
        return words.push("books1", "snapshot", row, now_ms)

    def _best(self, row: BestRow, push_ms: int) -> bytes:
        words = self.words[row.coin]
        sides = ([(row.bid, row.bid_steps)], [(row.ask, row.ask_steps)])
        return words.push("books1", "snapshot", words.book(*sides, row.ts_ms, row.update_id, 0), push_ms)

    def tops(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``books5`` and ``books15``: whole each time."""
        for stream in wanted:
            for slot in range(start_ms, start_ms + MS_S, stream.cadence_ms):
                yield Frame(slot + behind(stream.coin), stream.name, self.top(stream, slot))

    def top(self, stream: Stream, slot: int) -> bytes:
        """One frame of a whole top."""
        book, words = self.scene.book(stream.coin, slot, stream.levels), self.words[stream.coin]
        row = words.book(book.bids, book.asks, book.ts_ms, book.update_id, 0)
        return words.push(f"books{stream.levels}", "snapshot", row, slot + behind(stream.coin))

    def books(self, start_ms: int, wanted: list[Stream], restarts: dict[str, int]) -> Iterator[Frame]:
        """``books``: what changed. ``restarts``: when a topic began anew with a snapshot (ms)."""
        for stream in wanted:
            for slot in range(start_ms, start_ms + MS_S, stream.cadence_ms):
                payload = self.book(stream, slot, restarts.get(stream.name, 0))
                yield Frame(slot + behind(stream.coin), stream.name, payload)

    def book(self, stream: Stream, slot: int, restarted_ms: int, *, whole: bool = False) -> bytes:
        """A frame of ``books``: whole at a restart and where asked so, else what changed."""
        words, push = self.words[stream.coin], slot + behind(stream.coin)
        seq, pseq = self._seq(slot, restarted_ms), self._seq(slot - stream.cadence_ms, restarted_ms)
        if whole or slot == restarted_ms:
            book = self.scene.book(stream.coin, slot, stream.levels)
            return words.push("books", "snapshot", words.book(book.bids, book.asks, slot, seq, 0), push)
        change = self.scene.change(stream.coin, slot, stream.cadence_ms, stream.levels)
        return words.push("books", "update", words.book(change.bids, change.asks, slot, seq, pseq), push)

    def _seq(self, slot: int, restarted_ms: int) -> int:
        """After a restart the sequence counts from 1."""
        since = update_id(restarted_ms) - 1 if 0 < restarted_ms <= slot else 0
        return update_id(slot) - since

    # tickers

    def tickers(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``ticker``: everything, once a second."""
        for stream in wanted:
            push = start_ms + stream.coin * 37 % 900
            yield Frame(push, stream.name, self.ticker(stream, start_ms, push))

    def ticker(self, stream: Stream, second_ms: int, push_ms: int) -> bytes:
        """A ticker of the second that runs."""
        words, coin = self.words[stream.coin], self.words[stream.coin].coin
        fields = self.fields(stream.coin, second_ms)
        row = {"instId": coin.symbol, **fields, "symbolType": "1", "symbol": coin.symbol, "deliveryPrice": "0"}
        return words.push("ticker", "snapshot", msgspec.json.encode(row).decode(), push_ms)

    def fields(self, coin: int, second_ms: int) -> dict[str, str]:
        """What a ticker says."""
        second, book = second_ms // MS_S, self.scene.book(coin, second_ms, 1)
        best = BestRow(coin, second_ms, book.ts_ms, book.update_id, *book.bids[0], *book.asks[0])
        days = self._days[second]
        return self.words[coin].ticker(
            self._marks[second][coin], best, self._held[second][coin], days[coin] if days else None
        )

    # candles

    def candles(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``candle…``: once a second where something traded, and at its start whatever happens."""
        for interval in sorted({stream.interval for stream in wanted}):
            names = {stream.coin: stream.name for stream in wanted if stream.interval == interval}
            for row in self.scene.bars(start_ms, interval, names, cadence_ms=MS_S, closes_ms=MS_S):
                if not row.closed:
                    payload = self._candles("update", row.coin, interval, [(row.start_ms, row.bar)], row.push_ms)
                    yield Frame(row.push_ms, names[row.coin], payload)
            if start_ms % (INTERVALS[interval] * MS_MIN) == 0:
                yield from self._begun(start_ms, interval, names)

    def _begun(self, start_ms: int, interval: str, names: dict[int, str]) -> Iterator[Frame]:
        """A candle that begins stands where the last one ended."""
        _, before = self.scene.bar(interval, start_ms - 1)
        for coin, name in names.items():
            push, last = start_ms + 1 + coin % 100, before[coin].close
            flat = Kline(last, last, last, last, 0, 0, 0, 0, 0, 0)
            yield Frame(push, name, self._candles("update", coin, interval, [(start_ms, flat)], push))

    def first_candles(self, stream: Stream, now_ms: int) -> bytes:
        """The newest candles, the running one included."""
        rows = self.scene.klines(stream.coin, stream.interval, None, None, CANDLES, now_ms)
        return self._candles("snapshot", stream.coin, stream.interval, rows, now_ms)

    def _candles(self, action: str, coin: int, interval: str, bars: list[tuple[int, Kline]], push_ms: int) -> bytes:
        words = self.words[coin]
        # Volume in the quote coin stands there twice: as such, and as USDT.
        rows = [[*row, row[-1]] for row in (words.candle(start, bar) for start, bar in bars)]
        text = ",".join(msgspec.json.encode(row).decode() for row in rows)
        return words.push(f"candle{_SPELLED[interval]}", action, text, push_ms)

    # forced closes

    def liquidations(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``liquidation`` of v3: once a second the largest long and the largest short of each coin."""
        largest: dict[tuple[int, bool], ForcedRow] = {}
        for row in self.scene.forced(start_ms - MS_S):
            known = largest.get((row.coin, row.long))
            if known is None or row.steps > known.steps:
                largest[row.coin, row.long] = row
        if not largest:
            return
        push = start_ms + _LATE_MS % MS_S
        rows = ",".join(self.words[row.coin].liquidation(row) for row in largest.values())
        for stream in wanted:
            if stream.name.startswith(MARKET.lower()):
                arg = f'{{"instType":"{MARKET.lower()}","topic":"liquidation"}}'
                payload = f'{{"action":"update","arg":{arg},"data":[{rows}],"ts":{push}}}'
                yield Frame(push, stream.name, payload.encode())


def behind(coin: int) -> int:
    """How much later than its slot a coin's book is pushed, ms: they do not all come at once."""
    return 2 + coin * 7 % 90


def last_slot(stream: Stream, now_ms: int) -> int:
    """The newest slot whose frame has been pushed."""
    at = now_ms - behind(stream.coin)
    return at - at % stream.cadence_ms
