"""What the exchange pushes of trades: each trade, klines as they grow and close, the 24 h ticker."""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.simulator.calendar import INTERVALS, MS_MIN, MS_S
from fbkit.simulator.facts import DayRow
from fbkit.simulator.klines import Kline
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.binance.templates import CoinWire
from fbkit.simulator.wires.wire import Frame, Stream

#: The exchange pushes a trade this much later than it matched, ms.
PUSH_DELAY_MS = 150

#: A kline's last word comes this much after its end, ms.
CLOSE_DELAY_MS = 2_000

#: The ticker is pushed this much after the full second, ms.
TICKER_AT_MS = 519


class TradePushes:
    """Makers of frames about trades."""

    def __init__(self, scene: Scene, templates: list[CoinWire]) -> None:
        self._scene, self._templates = scene, templates

    def agg_trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``aggTrade``: every trade, 150 ms after it matched."""
        names = {stream.coin: stream.name for stream in wanted}
        for coin, push, ts, trade_id, ticks, steps, buy, f, l in self._scene.trades(start_ms, PUSH_DELAY_MS):
            name = names.get(coin)
            if name is None:
                continue
            one = self._templates[coin]
            price, size = ticks / one.price_scale, steps / one.size_scale
            maker = b"false" if buy else b"true"
            yield Frame(push, name, one.agg_trade % (push, trade_id, price, size, size, f, l, ts, maker))

    def klines(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``kline_…``: four times a second where something traded, and once more, closed, 2 s after the end."""
        for push in range(start_ms, start_ms + MS_S, 250):
            traded = self._scene.traded(push - 250, push - 1)
            bars: dict[str, tuple[int, list[Kline]]] = {}
            for stream in wanted:
                if not traded[stream.coin]:
                    continue
                if stream.interval not in bars:
                    bars[stream.interval] = self._scene.bar(stream.interval, push - 1)
                begin, by_coin = bars[stream.interval]
                yield self._kline(stream, push, begin, by_coin[stream.coin], closed=False)
        yield from self._closing(start_ms, wanted)

    def _closing(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        end = start_ms - CLOSE_DELAY_MS
        for interval in sorted({stream.interval for stream in wanted}):
            if end % (INTERVALS[interval] * MS_MIN):
                continue
            begin, by_coin = self._scene.bar(interval, end - 1)
            for stream in wanted:
                if stream.interval == interval:
                    yield self._kline(stream, start_ms + stream.coin % 100, begin, by_coin[stream.coin], closed=True)

    def _kline(self, stream: Stream, push: int, begin: int, bar: Kline, *, closed: bool) -> Frame:
        length = INTERVALS[stream.interval] * MS_MIN
        one = self._templates[stream.coin]
        return Frame(push, stream.name, one.kline(push, begin, length, stream.interval, bar, closed=closed))

    def all_days(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``!ticker@arr``: once a second, the coins that traded within it."""
        push = start_ms + TICKER_AT_MS
        changed = self._scene.traded(push - MS_S + 1, push)
        rows = [self._day(row) for row in self._scene.days(push) if changed[row.coin]]
        if rows:
            yield Frame(push, wanted[0].name, b"[" + b",".join(rows) + b"]")

    def some_days(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``ticker`` of one coin, every two seconds."""
        push = start_ms + TICKER_AT_MS
        if start_ms // MS_S % 2:
            return
        rows = self._scene.days(push)
        for stream in wanted if rows else ():
            yield Frame(push, stream.name, self._day(rows[stream.coin]))

    def _day(self, row: DayRow) -> bytes:
        return self._templates[row.coin].day(row.ts_ms, row.open_ms, row.bar, row.last_steps)
