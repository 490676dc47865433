"""What the exchange pushes in a second, and what a subscription begins with."""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.simulator.calendar import INTERVALS, MS_MIN, MS_S
from fbkit.simulator.facts import BestRow, TradeRow
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.hyperliquid.templates import CoinWire, message
from fbkit.simulator.wires.wire import Frame, Stream

#: A block: what matched within it is told at once, ms.
BLOCK_MS = 100

#: Trades that a subscription begins with, as captures show.
REPLAYED = 30

#: A candle that grows is told so often, ms.
_CANDLE_MS = 500


class Pushes:
    """Makers of frames."""

    def __init__(self, scene: Scene, templates: list[CoinWire]) -> None:
        self._scene, self._templates = scene, templates

    def trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """A frame a coin and block."""
        names = {stream.coin: stream.name for stream in wanted}
        block: dict[int, list[TradeRow]] = {}
        for row in self._scene.trades(start_ms):
            if row.coin not in names:
                continue
            rows = block.setdefault(row.coin, [])
            if rows and rows[0].push_ms // BLOCK_MS != row.push_ms // BLOCK_MS:
                yield self._told(names, rows)
                block[row.coin] = [row]
            else:
                rows.append(row)
        for rows in block.values():
            yield self._told(names, rows)

    def _told(self, names: dict[int, str], rows: list[TradeRow]) -> Frame:
        coin = rows[0].coin
        return Frame(rows[-1].push_ms, names[coin], self._templates[coin].trades(rows))

    def best(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``bbo``: every change."""
        names = {stream.coin: stream.name for stream in wanted}
        for row in self._scene.best(start_ms, self._scene.market.profile.latency_ms):
            if row.coin in names:
                yield Frame(row.push_ms, names[row.coin], self._templates[row.coin].bbo(row))

    def books(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``l2Book``: whole books, coins taking turns within the cadence."""
        for stream in wanted:
            cadence = stream.cadence_ms
            first = start_ms + (stream.coin * 37 - start_ms) % cadence
            for ts in range(first, start_ms + MS_S, cadence):
                yield self._book(stream, ts)

    def _book(self, stream: Stream, ts_ms: int) -> Frame:
        book = self._scene.book(stream.coin, ts_ms, stream.levels)
        fast = stream.name.endswith(":fast")
        data = self._templates[stream.coin].book(book.ts_ms, book.bids, book.asks, fast=fast)
        return Frame(ts_ms, stream.name, message("l2Book", data))

    def contexts(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``activeAssetCtx``: all of them on the full second."""
        told = self.told(start_ms)
        for stream in wanted:
            yield self._context(stream, start_ms, told)

    def told(self, ts_ms: int) -> list[str]:
        """The context of every coin at an instant."""
        marks, held, days = self._scene.marks(ts_ms), self._scene.open_interest(ts_ms), self._scene.days(ts_ms)
        return [one.context(marks[k], held[k], days[k] if days else None) for k, one in enumerate(self._templates)]

    def _context(self, stream: Stream, ts_ms: int, told: list[str]) -> Frame:
        symbol = self._scene.coins[stream.coin].symbol
        data = f'{{"coin":"{symbol}","ctx":{told[stream.coin]}}}'
        return Frame(ts_ms, stream.name, message("activeAssetCtx", data))

    def candles(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``candle``: while it grows; nobody says when it is closed."""
        for interval in sorted({stream.interval for stream in wanted}):
            names = {stream.coin: stream.name for stream in wanted if stream.interval == interval}
            for row in self._scene.bars(start_ms, interval, names, _CANDLE_MS):
                if not row.closed:
                    data = self._templates[row.coin].candle(row.start_ms, row.length_ms, interval, row.bar)
                    yield Frame(row.push_ms, names[row.coin], message("candle", data))

    def begin(self, stream: Stream, now_ms: int) -> tuple[Frame, ...]:
        """What a subscription begins with: the newest trades again, and how everything else stands."""
        if stream.kind == "trades":
            return self._replayed(stream, now_ms)
        if stream.kind == "candle":
            return self._growing(stream, now_ms)
        if stream.kind == "activeAssetCtx":
            return (self._context(stream, now_ms, self.told(now_ms)),)
        if stream.kind == "l2Book":
            return (self._book(stream, now_ms),)
        book = self._scene.book(stream.coin, now_ms, 1)
        row = BestRow(stream.coin, now_ms, book.ts_ms, book.update_id, *book.bids[0], *book.asks[0])
        return (Frame(now_ms, stream.name, self._templates[stream.coin].bbo(row)),)

    def _replayed(self, stream: Stream, now_ms: int) -> tuple[Frame, ...]:
        rows = self._scene.newest(stream.coin, REPLAYED, now_ms - self._scene.market.profile.latency_ms)
        return (Frame(now_ms, stream.name, self._templates[stream.coin].trades(rows)),)

    def _growing(self, stream: Stream, now_ms: int) -> tuple[Frame, ...]:
        start, bars = self._scene.bar(stream.interval, now_ms)
        bar, length = bars[stream.coin], INTERVALS[stream.interval] * MS_MIN
        if not bar.n:
            return ()
        data = self._templates[stream.coin].candle(start, length, stream.interval, bar)
        return (Frame(now_ms, stream.name, message("candle", data)),)
