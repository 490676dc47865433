"""What the exchange pushes of trades: each trade, klines as they grow and close, the 24 h ticker."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fbkit.simulator.calendar import INTERVALS, MS_MIN, MS_S
from fbkit.simulator.klines import Kline
from fbkit.simulator.scene import Scene
from fbkit.simulator.streams import Frame, Stream
from fbkit.simulator.trades import PUSH_DELAY_MS, fills

#: A kline's last word comes this much after its end, ms.
CLOSE_DELAY_MS = 2_000

#: The ticker is pushed this much after the full second, ms.
TICKER_AT_MS = 519


def agg_trades(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``aggTrade``: every trade, 150 ms after it matched."""
    names = {stream.coin: stream.name for stream in wanted}
    # What is pushed in this second traded 150 ms before, so the minute before may have a share in it.
    since, until = start_ms - PUSH_DELAY_MS, start_ms + MS_S - PUSH_DELAY_MS
    for minute in range(since // MS_MIN, (until - 1) // MS_MIN + 1):
        block, tape = scene.market.minute(minute), scene.tape[minute]
        a, b = np.searchsorted(tape.ts_ms, (since, until))
        here = tape.order[a:b]
        first, last = fills(block.trade_id[here])
        columns = (block.coin, block.ts_ms, block.trade_id, block.ticks, block.steps, block.buy)
        rows = zip(*(column[here].tolist() for column in columns), first.tolist(), last.tolist(), strict=True)
        for coin, ts, trade_id, ticks, steps, buy, f, l in rows:
            name = names.get(coin)
            if name is None:
                continue
            wire = scene.wires[coin]
            size = steps / wire.size_scale
            maker = b"false" if buy else b"true"
            push = ts + PUSH_DELAY_MS
            yield Frame(
                push, name, wire.agg_trade % (push, trade_id, ticks / wire.price_scale, size, size, f, l, ts, maker)
            )


def klines(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``kline_…``: four times a second where something traded, and once more, closed, 2 s after the end."""
    for push in range(start_ms, start_ms + MS_S, 250):
        traded = _traded(scene, push - 250, push - 1)
        bars: dict[str, tuple[int, list[list[int]]]] = {}
        for stream in wanted:
            if not traded[stream.coin]:
                continue
            if stream.interval not in bars:
                begin, rows = scene.market.bar(stream.interval, push - 1)
                bars[stream.interval] = begin, rows.T.tolist()
            begin, by_coin = bars[stream.interval]
            yield _kline(scene, stream, push, begin, by_coin[stream.coin], closed=False)
    yield from _closing(scene, start_ms, wanted)


def _traded(scene: Scene, since_ms: int, until_ms: int) -> list[bool]:
    """Whether each coin traded within ``[since_ms, until_ms]``, which lies in one minute."""
    running = scene.market.running(until_ms // MS_MIN)
    moved = running.heard(until_ms) > running.heard(since_ms - 1)
    return [bool(one) for one in moved]


def _closing(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    end = start_ms - CLOSE_DELAY_MS
    for interval in sorted({stream.interval for stream in wanted}):
        if end % (INTERVALS[interval] * MS_MIN):
            continue
        begin, rows = scene.market.bar(interval, end - 1)
        by_coin = rows.T.tolist()
        for stream in wanted:
            if stream.interval == interval:
                yield _kline(scene, stream, start_ms + stream.coin % 100, begin, by_coin[stream.coin], closed=True)


def _kline(scene: Scene, stream: Stream, push: int, begin: int, row: list[int], *, closed: bool) -> Frame:
    length = INTERVALS[stream.interval] * MS_MIN
    wire = scene.wires[stream.coin]
    return Frame(push, stream.name, wire.kline(push, begin, length, stream.interval, Kline(*row), closed=closed))


def all_days(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``!ticker@arr``: once a second, the coins that traded within it."""
    push = start_ms + TICKER_AT_MS
    running = scene.market.running(push // MS_MIN)
    changed = np.flatnonzero(running.heard(push) > running.heard(push - MS_S)).tolist()
    rows = _days(scene, push, changed)
    if rows:
        yield Frame(push, wanted[0].name, b"[" + b",".join(rows) + b"]")


def some_days(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``ticker`` of one coin, every two seconds."""
    push = start_ms + TICKER_AT_MS
    if start_ms // MS_S % 2:
        return
    for stream, row in zip(wanted, _days(scene, push, [stream.coin for stream in wanted]), strict=True):
        yield Frame(push, stream.name, row)


def _days(scene: Scene, push: int, coins: list[int]) -> list[bytes]:
    open_ms, rows = scene.tickers.at(push)
    by_coin, last = rows.T.tolist(), scene.last_steps(push)
    return [scene.wires[coin].day(push, open_ms, Kline(*by_coin[coin]), last[coin]) for coin in coins]
