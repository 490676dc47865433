"""What the exchange pushes in one second: every frame of the streams that anybody wants, in the order of sending.

A frame is a function of seed, stream and instant. Wanting fewer streams makes fewer frames and changes none of the
others, nor their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from fbkit.simulator.book import Depths, Quotes, imbalance, quotes_of, update_id
from fbkit.simulator.calendar import INTERVALS, MS_DAY, MS_MIN, MS_S, split_minute
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import COUNT, Kline
from fbkit.simulator.liquidations import Liquidations, liquidations_of
from fbkit.simulator.market import Market
from fbkit.simulator.noise import Floats, Ints
from fbkit.simulator.streams import Stream
from fbkit.simulator.ticker import Tickers
from fbkit.simulator.trades import PUSH_DELAY_MS, fills
from fbkit.simulator.wire import CoinWire

#: A kline's last word comes this much after its end, ms.
CLOSE_DELAY_MS = 2_000

#: The ticker is pushed this much after the full second, ms.
_TICKER_AT_MS = 519

#: Rows that are not of this market but come with it, as the exchange's all-market stream carries them: a contract long
#: settled, and one of the coin-margined market.
_SETTLED = (
    b'{"e":"markPriceUpdate","E":%d,"s":"OMGUSDT","p":"0.28500000","ap":"0.28500000","P":"0.28512871","i":"0.00000000",'
    b'"r":"0.00000000","T":0,"st":1}'
)
_COIN_MARGINED = (
    b'{"e":"markPriceUpdate","E":%d,"s":"BTCUSD_PERP","p":"%.8f","ap":"%.8f","P":"%.8f","i":"%.8f","r":"0.00010000",'
    b'"T":%d,"st":2}'
)


class Frame(NamedTuple):
    """One message: when it is sent (UTC ms), on which stream, and its payload."""

    ts_ms: int
    stream: str
    payload: bytes


class _Tape(NamedTuple):
    """A minute's trades in order of time."""

    order: Ints
    ts_ms: Ints


class Frames:
    """Makes frames from a market. ``wires``: the templates of each coin.

    The first 24 h ticker needs a day of klines, two seconds of work; who is not ``patient`` hears none until somebody
    has made them.
    """

    def __init__(self, market: Market, *, patient: bool = True) -> None:
        self.market, self.patient = market, patient
        self.tickers = Tickers(market)
        self.wires = [CoinWire(coin) for coin in market.universe.coins]
        self._tape = Kept(self._make_tape, 3)
        self._lean = Kept(self._make_lean, 2)
        self._quotes = Kept(self._make_quotes, 2)
        self._depths = Kept(self._make_depths, 2)
        self._liquidations = Kept(self._make_liquidations, 2)
        self._kinds: dict[str, Callable[[int, list[Stream]], Iterable[Frame]]] = {
            "aggTrade": self._trades,
            "bookTicker": self._best,
            "depth": self._books,
            "markPrices": self._all_marks,
            "markPrice": self._marks,
            "forceOrder": self._forced,
            "kline": self._klines,
            "tickers": self._all_days,
            "ticker": self._some_days,
        }

    def second(self, start_ms: int, wanted: Iterable[Stream]) -> list[Frame]:
        """All frames of the wanted streams sent in ``[start_ms, start_ms + 1000)``, ``start_ms`` a full second."""
        by_kind: dict[str, list[Stream]] = {}
        for stream in wanted:
            by_kind.setdefault(stream.kind, []).append(stream)
        frames: list[Frame] = []
        for kind, make in self._kinds.items():
            if kind in by_kind:
                frames += make(start_ms, sorted(by_kind[kind]))
        frames.sort(key=itemgetter(0))
        return frames

    def depths(self, ts_ms: int) -> Depths:
        """The books of the second that holds an instant."""
        return self._depths[ts_ms // MS_S]

    def _trades(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        names = {stream.coin: stream.name for stream in wanted}
        # What is pushed in this second traded 150 ms before, so the minute before may have a share in it.
        since, until = start_ms - PUSH_DELAY_MS, start_ms + MS_S - PUSH_DELAY_MS
        for minute in range(since // MS_MIN, (until - 1) // MS_MIN + 1):
            block, tape = self.market.minute(minute), self._tape[minute]
            a, b = np.searchsorted(tape.ts_ms, (since, until))
            here = tape.order[a:b]
            first, last = fills(block.trade_id[here])
            columns = (block.coin, block.ts_ms, block.trade_id, block.ticks, block.steps, block.buy)
            rows = zip(*(column[here].tolist() for column in columns), first.tolist(), last.tolist(), strict=True)
            for coin, ts, trade_id, ticks, steps, buy, f, l in rows:
                name = names.get(coin)
                if name is None:
                    continue
                wire = self.wires[coin]
                size = steps / wire.size_scale
                maker = b"false" if buy else b"true"
                push = ts + PUSH_DELAY_MS
                yield Frame(
                    push, name, wire.agg_trade % (push, trade_id, ticks / wire.price_scale, size, size, f, l, ts, maker)
                )

    def _best(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        names: dict[int, list[str]] = {}
        for stream in wanted:
            for coin in range(len(self.wires)) if stream.coin < 0 else (stream.coin,):
                names.setdefault(coin, []).append(stream.name)
        # Pushed 1 ms after the change.
        since, until = start_ms - 1, start_ms + MS_S - 1
        for minute in range(since // MS_MIN, (until - 1) // MS_MIN + 1):
            quotes = self._quotes[minute]
            a, b = np.searchsorted(quotes.ts_ms, (since, until))
            for coin, ts, bid, ask, bid_steps, ask_steps in zip(*(c[a:b].tolist() for c in quotes), strict=True):
                if coin not in names:
                    continue
                wire = self.wires[coin]
                p, q = wire.price_scale, wire.size_scale
                row = (update_id(ts), bid / p, bid_steps / q, ask / p, ask_steps / q, ts, ts + 1)
                payload = wire.book_ticker % row
                for name in names[coin]:
                    yield Frame(ts + 1, name, payload)

    def _books(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        depths = self._depths[start_ms // MS_S]
        for stream in wanted:
            wire, cadence = self.wires[stream.coin], stream.cadence_ms
            for ts in range(start_ms + stream.coin * 37 % cadence, start_ms + MS_S, cadence):
                bids, asks = depths.book(stream.coin, ts, stream.levels)
                before = update_id(ts - cadence)
                yield Frame(ts, stream.name, wire.depth(ts, ts - 2, (before + 424, update_id(ts), before), bids, asks))

    def _all_marks(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        for stream in wanted:
            if start_ms % stream.cadence_ms == 0:
                rows = [wire.mark_price % row for wire, row in zip(self.wires, self.mark_rows(start_ms), strict=True)]
                strangers = self._strangers(start_ms)
                yield Frame(start_ms, stream.name, b"[" + b",".join([*rows, *strangers]) + b"]")

    def _strangers(self, start_ms: int) -> list[bytes]:
        _, mark, _, _, index, _, funding_ms = self.mark_rows(start_ms)[0]
        coin_margined = (start_ms, mark, mark, index, index, funding_ms)
        return [_SETTLED % start_ms, _COIN_MARGINED % coin_margined]

    def _marks(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        rows: list[tuple[int, float, float, float, float, float, int]] | None = None
        for stream in wanted:
            if start_ms % stream.cadence_ms == 0:
                rows = rows or self.mark_rows(start_ms)
                yield Frame(start_ms, stream.name, self.wires[stream.coin].mark_price % rows[stream.coin])

    def mark_rows(self, ts_ms: int) -> list[tuple[int, float, float, float, float, float, int]]:
        """(E, mark, average mark, estimated settlement, index, funding rate, next funding) of every coin."""
        mark, index = self.market.mark_index(ts_ms)
        rate, funding_ms = self.market.crowd(ts_ms // MS_DAY).funding_at(ts_ms)
        columns = (mark.tolist(), mark.tolist(), index.tolist(), index.tolist(), rate.tolist(), funding_ms.tolist())
        return [(ts_ms, *row) for row in zip(*columns, strict=True)]

    def _forced(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        told = self._liquidations[start_ms // MS_MIN]
        a, b = np.searchsorted(told.push_ms, (start_ms, start_ms + MS_S))
        for coin, push, ts, long, average, limit, steps, last in zip(*(c[a:b].tolist() for c in told), strict=True):
            wire = self.wires[coin]
            p, q = wire.price_scale, wire.size_scale
            side = b"SELL" if long else b"BUY"
            payload = wire.force_order % (push, side, steps / q, limit / p, average / p, last / q, steps / q, ts)
            for stream in wanted:
                if stream.coin in {-1, coin}:
                    yield Frame(push, stream.name, payload)

    def _klines(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        for push in range(start_ms, start_ms + MS_S, 250):
            traded = self._traded(push - 250, push - 1)
            bars: dict[str, tuple[int, list[list[int]]]] = {}
            for stream in wanted:
                if not traded[stream.coin]:
                    continue
                if stream.interval not in bars:
                    begin, rows = self.market.bar(stream.interval, push - 1)
                    bars[stream.interval] = begin, rows.T.tolist()
                begin, by_coin = bars[stream.interval]
                yield self._kline(stream, push, begin, by_coin[stream.coin], closed=False)
        yield from self._closing(start_ms, wanted)

    def _traded(self, since_ms: int, until_ms: int) -> list[bool]:
        """Whether each coin traded within ``[since_ms, until_ms]``, which lies in one minute."""
        running = self.market.running(until_ms // MS_MIN)
        moved = running.heard(until_ms) > running.heard(since_ms - 1)
        return [bool(one) for one in moved]

    def _closing(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        end = start_ms - CLOSE_DELAY_MS
        for interval in sorted({stream.interval for stream in wanted}):
            if end % (INTERVALS[interval] * MS_MIN):
                continue
            begin, rows = self.market.bar(interval, end - 1)
            by_coin = rows.T.tolist()
            for stream in wanted:
                if stream.interval == interval:
                    yield self._kline(stream, start_ms + stream.coin % 100, begin, by_coin[stream.coin], closed=True)

    def _kline(self, stream: Stream, push: int, begin: int, row: list[int], *, closed: bool) -> Frame:
        length = INTERVALS[stream.interval] * MS_MIN
        wire = self.wires[stream.coin]
        return Frame(push, stream.name, wire.kline(push, begin, length, stream.interval, Kline(*row), closed=closed))

    def _all_days(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        push = start_ms + _TICKER_AT_MS
        if not self._may_tell_days(push):
            return
        running = self.market.running(push // MS_MIN)
        changed = np.flatnonzero(running.heard(push) > running.heard(push - MS_S)).tolist()
        rows = self._days(push, changed)
        if rows:
            yield Frame(push, wanted[0].name, b"[" + b",".join(rows) + b"]")

    def _some_days(self, start_ms: int, wanted: list[Stream]) -> Iterable[Frame]:
        push = start_ms + _TICKER_AT_MS
        if start_ms // MS_S % 2 or not self._may_tell_days(push):
            return
        for stream, row in zip(wanted, self._days(push, [stream.coin for stream in wanted]), strict=True):
            yield Frame(push, stream.name, row)

    def _may_tell_days(self, push: int) -> bool:
        return self.patient or self.tickers.ready(push)

    def _days(self, push: int, coins: list[int]) -> list[bytes]:
        open_ms, rows = self.tickers.at(push)
        by_coin, last = rows.T.tolist(), self.last_steps(push)
        return [self.wires[coin].day(push, open_ms, Kline(*by_coin[coin]), last[coin]) for coin in coins]

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

    def _make_tape(self, minute: int) -> _Tape:
        block = self.market.minute(minute)
        order = np.argsort(block.ts_ms, kind="stable")
        return _Tape(order, block.ts_ms[order])

    def _make_lean(self, minute: int) -> Floats:
        plan = self.market.day(split_minute(minute)[0])
        return imbalance(self.market.seed, plan, self.market.minute(minute))

    def _make_quotes(self, minute: int) -> Quotes:
        plan = self.market.day(split_minute(minute)[0])
        market = self.market
        return quotes_of(market.universe, market.seed, plan, market.minute(minute), self._lean[minute])

    def _make_depths(self, second: int) -> Depths:
        minute = second // 60
        market = self.market
        return Depths(market.universe, market.seed, market.minute(minute), self._lean[minute], second * MS_S)

    def _make_liquidations(self, minute: int) -> Liquidations:
        return liquidations_of(self.market.universe, self.market.seed, self.market.minute(minute))
