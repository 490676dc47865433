"""What OKX pushes of each channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fbkit.simulator.book import update_id
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.facts import MarkRow, TradeRow
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.okx.streams import TYPES
from fbkit.simulator.wires.okx.templates import ContractWire, frame, with_settled
from fbkit.simulator.wires.wire import Frame, Stream

#: Cadences, ms.
BOOK_MS, MARK_MS, INDEX_MS, INTEREST_MS, FUNDING_MS = 100, 200, 1_000, 3_000, 60_000

#: Levels of ``books``, of the venue's 400: as deep as anybody looks.
BOOK_LEVELS = 50

#: A book without change says so this often, ms.
HEARTBEAT_MS = 60_000

#: How far back the liquidations reach that a new subscription repeats, s, and how many of a type at most.
REPLAY_S, REPLAYED = 120, 10


class Pushes:
    """The frames of a second; and those that a subscription begins with."""

    def __init__(self, scene: Scene, wires: Sequence[ContractWire]) -> None:
        self._scene, self._wires = scene, wires
        self._resets: dict[int, list[int]] = {}

    def reset(self, coin: int, now_ms: int) -> None:
        """The sequence of a contract begins anew with the next second, as after maintenance."""
        self._resets.setdefault(coin, []).append(now_ms // MS_S * MS_S + MS_S - 1)

    # trades

    def fills(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``trades-all``: every fill."""
        names = {stream.coin: stream.name for stream in wanted}
        for row in self._scene.trades(start_ms):
            name = names.get(row.coin)
            if name is not None:
                yield _frame(row.push_ms, name, self._wires[row.coin].trade(row, row.steps))

    def merged(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``trades``: the fills of one order at one price together, under the last one's id."""
        names = {stream.coin: stream.name for stream in wanted}
        open_: dict[int, list[TradeRow]] = {}
        for row in self._scene.trades(start_ms):
            if row.coin not in names:
                continue
            before = open_.get(row.coin)
            if before and _alike(before[-1], row):
                before.append(row)
                continue
            if before:
                yield self._together(names[row.coin], before)
            open_[row.coin] = [row]
        for coin, rows in open_.items():
            yield self._together(names[coin], rows)

    def _together(self, name: str, rows: list[TradeRow]) -> Frame:
        last = rows[-1]
        row = self._wires[last.coin].trade(last, sum(row.steps for row in rows), len(rows))
        return _frame(last.push_ms, name, row)

    # books

    def best(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``bbo-tbt``."""
        names = {stream.coin: stream.name for stream in wanted}
        for row in self._scene.best(start_ms):
            name = names.get(row.coin)
            if name is not None:
                sides = [(row.bid, row.bid_steps)], [(row.ask, row.ask_steps)]
                yield _frame(row.push_ms, name, self._whole(row.coin, row.ts_ms, row.update_id, *sides))

    def top_five(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``books5``: coins take turns within the cadence."""
        for stream in wanted:
            for ts in range(start_ms + stream.coin * 7 % BOOK_MS, start_ms + MS_S, BOOK_MS):
                book = self._scene.book(stream.coin, ts, 5)
                row = self._whole(stream.coin, book.ts_ms, book.update_id, book.bids, book.asks)
                yield _frame(ts, stream.name, f'{row[:-1]},"instId":"{self._wires[stream.coin].symbol}"}}')

    def updates(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``books``: what changed within each cadence, and once a minute that nothing did."""
        for stream in wanted:
            wire = self._wires[stream.coin]
            for ts in range(start_ms, start_ms + MS_S, BOOK_MS):
                change = self._scene.change(stream.coin, ts, BOOK_MS, BOOK_LEVELS)
                before = self._sequence(stream.coin, change.before.update_id, change.before.ts_ms)
                now = self._sequence(stream.coin, change.book.update_id, change.book.ts_ms)
                row = _diff(wire.levels(change.bids), wire.levels(change.asks), ts, now, before)
                yield _frame(ts, stream.name, row, "update")
                if ts % HEARTBEAT_MS == 0:
                    yield _frame(ts, stream.name, _diff("", "", ts, now, now), "update")

    def snapshot(self, stream: Stream, now_ms: int) -> Frame:
        """What ``books`` begins with."""
        book, wire = self._scene.book(stream.coin, now_ms, BOOK_LEVELS), self._wires[stream.coin]
        number = self._sequence(stream.coin, book.update_id, book.ts_ms)
        row = _diff(wire.levels(book.bids), wire.levels(book.asks), book.ts_ms, number, -1)
        return _frame(now_ms, stream.name, row, "snapshot")

    def _whole(
        self, coin: int, ts_ms: int, number: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]
    ) -> str:
        wire = self._wires[coin]
        sequence = self._sequence(coin, number, ts_ms)
        return f'{{"asks":[{wire.levels(asks)}],"bids":[{wire.levels(bids)}],"ts":"{ts_ms}","seqId":{sequence}}}'

    def _sequence(self, coin: int, number: int, ts_ms: int) -> int:
        reset = max((at for at in self._resets.get(coin, ()) if at < ts_ms), default=None)
        return number if reset is None else number - update_id(reset) + 1

    # marks

    def marks(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``mark-price``."""
        for ts in range(start_ms, start_ms + MS_S, MARK_MS):
            rows = self._scene.marks(ts)
            for stream in wanted:
                yield _frame(ts, stream.name, self._wires[stream.coin].mark(rows[stream.coin]))

    def indexes(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``index-tickers``."""
        rows = self._scene.marks(start_ms)
        for stream in wanted:
            yield _frame(start_ms, stream.name, self._wires[stream.coin].index(rows[stream.coin]))

    def fundings(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``funding-rate``: once a minute, one contract after another."""
        due = [stream for stream in wanted if (start_ms + stream.coin * MS_S) % FUNDING_MS == 0]
        if due:
            rows = self._scene.marks(start_ms)
            for stream in due:
                yield _frame(start_ms, stream.name, self._funding(rows[stream.coin]))

    def _funding(self, row: MarkRow) -> str:
        wire = self._wires[row.coin]
        return wire.funding(with_settled(self._scene, row, wire.coin.funding_hours))

    def interests(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``open-interest``: every three seconds."""
        due = [stream for stream in wanted if (start_ms + stream.coin * MS_S) % INTEREST_MS == 0]
        if due:
            held, marks = self._scene.open_interest(start_ms), self._scene.marks(start_ms)
            for stream in due:
                row = self._wires[stream.coin].interest(start_ms, held[stream.coin], marks[stream.coin].mark)
                yield _frame(start_ms, stream.name, row)

    def days(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``tickers``: once a second where something traded."""
        traded, rows = self._scene.traded(start_ms - MS_S, start_ms - 1), self._scene.days(start_ms)
        for stream in wanted:
            if rows and traded[stream.coin]:
                book = self._scene.book(stream.coin, start_ms, 1)
                row = self._wires[stream.coin].day(rows[stream.coin], book.bids[0], book.asks[0])
                yield _frame(start_ms, stream.name, row)

    def candles(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``candle…``: twice a second where something traded, and once more, confirmed, a second after the end."""
        for interval in sorted({stream.interval for stream in wanted}):
            names = {stream.coin: stream.name for stream in wanted if stream.interval == interval}
            for row in self._scene.bars(start_ms, interval, names, cadence_ms=500, closes_ms=MS_S):
                candle = self._wires[row.coin].candle(row.start_ms, row.bar, closed=row.closed)
                yield _frame(row.push_ms, names[row.coin], candle)

    # liquidations

    def forced(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``liquidation-orders``: one contract's a frame."""
        names = {stream.name.partition(":")[2]: stream.name for stream in wanted}
        for row in self._scene.forced(start_ms):
            wire = self._wires[row.coin]
            if wire.kind in names:
                yield _frame(row.push_ms, names[wire.kind], wire.liquidation(row))

    def replay(self, stream: Stream, now_ms: int) -> list[Frame]:
        """What ``liquidation-orders`` begins with: the newest ones again, in one frame."""
        kind = stream.name.partition(":")[2]
        since = now_ms // MS_S * MS_S - REPLAY_S * MS_S
        told = [
            self._wires[row.coin].liquidation(row)
            for start in range(since, now_ms, MS_S)
            for row in self._scene.forced(start)
            if row.push_ms <= now_ms and self._wires[row.coin].kind == kind
        ]
        return [_frame(now_ms, stream.name, ",".join(told[-REPLAYED:]))] if told else []

    def silence(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``instruments``: only changes are pushed, and none happen by themselves."""
        yield from ()

    def beginning(self, stream: Stream, now_ms: int) -> list[Frame]:
        """What a subscription begins with."""
        if stream.kind == "books":
            return [self.snapshot(stream, now_ms)]
        if stream.kind == "liquidation-orders":
            return self.replay(stream, now_ms)
        text = self._first(stream, now_ms)
        return [_frame(now_ms, stream.name, text)] if text else []

    def _first(self, stream: Stream, now_ms: int) -> str:
        wire, row = self._wires[stream.coin], self._scene.marks(now_ms)[stream.coin]
        if stream.kind == "open-interest":
            return wire.interest(now_ms, self._scene.open_interest(now_ms)[stream.coin], row.mark)
        if stream.kind == "funding-rate":
            return self._funding(row)
        tellers = {"mark-price": wire.mark, "index-tickers": wire.index}
        return tellers[stream.kind](row) if stream.kind in tellers else ""


def _alike(before: TradeRow, row: TradeRow) -> bool:
    return (before.ts_ms, before.ticks, before.buy) == (row.ts_ms, row.ticks, row.buy)


def _diff(bids: str, asks: str, ts_ms: int, number: int, before: int) -> str:
    return f'{{"asks":[{asks}],"bids":[{bids}],"ts":"{ts_ms}","checksum":0,"seqId":{number},"prevSeqId":{before}}}'


def _frame(ts_ms: int, name: str, row: str, action: str = "") -> Frame:
    channel, _, what = name.partition(":")
    return Frame(ts_ms, name, frame(channel, "instType" if what in TYPES else "instId", what, [row], action))
