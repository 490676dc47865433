"""OKX's REST as a function: path, parameters and instant in, answer out.

Pages come newest first: ``after`` means older than, ``before`` newer than. Nothing later than the instant is told.
Source: OKX v5 docs, "Market Data", "Public Data", "Trading Statistics", "Error Code".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import INTERVALS, MS_DAY, MS_HOUR, MS_MIN
from fbkit.simulator.facts import TradeRow
from fbkit.simulator.past import ends
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.okx.streams import CANDLES, TYPES
from fbkit.simulator.wires.okx.templates import ContractWire, page, with_settled

#: Statistics reach back so many rows of five minutes, in days.
_REACH_DAYS = 5

_PERIODS = {"5m": 5, "15m": 15, "30m": 30, "1H": 60, "2H": 120, "4H": 240}

_RUBIK = "rubik/stat/contracts/"

#: Ratios of longs over shorts by path.
RATIOS = {
    _RUBIK + "long-short-account-ratio-contract": "acct_global",
    _RUBIK + "long-short-account-ratio-contract-top-trader": "acct_top",
    _RUBIK + "long-short-position-ratio-contract-top-trader": "pos_top",
}


class Refusal(Exception):
    """A question that the venue answers with an error, and status 200."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code, self.why = code, why


class Query:
    """The parameters of a request."""

    def __init__(self, given: Mapping[str, str], coins: Mapping[str, int]) -> None:
        self._given, self._coins = given, coins

    def coin(self) -> int:
        """The contract that ``instId`` names."""
        symbol = self.text("instId")
        if symbol not in self._coins:
            raise Refusal("51001", "Instrument ID or Spread ID doesn't exist.")
        return self._coins[symbol]

    def text(self, name: str, default: str | None = None, allowed: Sequence[str] = ()) -> str:
        """A word."""
        word = self._given.get(name) or default
        if word is None:
            raise Refusal("50014", f"Parameter {name} can not be empty.")
        if allowed and word not in allowed:
            raise Refusal("51000", f"Parameter {name} error")
        return word

    def number(self, name: str) -> int | None:
        """A whole number; ``None`` where it was not sent."""
        text = self._given.get(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal("51000", f"Parameter {name} error")
        return int(text)

    def limit(self, most: int) -> int:
        """How many rows are wanted."""
        limit = self.number("limit")
        if limit is not None and not 1 <= limit <= most:
            raise Refusal("51000", "Parameter limit error")
        return min(100, most) if limit is None else limit


class Rest:
    """Answers requests about a market."""

    def __init__(self, scene: Scene, wires: Sequence[ContractWire]) -> None:
        self._scene, self._wires = scene, wires
        self._coins = {wire.symbol: coin for coin, wire in enumerate(wires)}
        ratios = {path: self._ratio(name) for path, name in RATIOS.items()}
        self._paths: dict[str, Callable[[Query, int], list[str]]] = {
            "public/time": lambda _, now: [f'{{"ts":"{now}"}}'],
            "public/instruments": self._instruments,
            "public/funding-rate": self._funding_rate,
            "public/funding-rate-history": self._fundings,
            "public/open-interest": self._open_interest,
            "public/mark-price": self._marks,
            "market/tickers": self._tickers,
            "market/candles": lambda query, now: self._candles(query, now, 300),
            "market/history-candles": lambda query, now: self._candles(query, now, 100),
            "market/trades": self._trades,
            "market/history-trades": self._history_trades,
            "market/books": self._book,
            _RUBIK + "open-interest-history": self._held,
            "rubik/stat/taker-volume-contract": self._taken,
            **ratios,
        }

    def answer(self, path: str, given: Mapping[str, str], now_ms: int) -> Answer:
        """The reply to a GET."""
        make = self._paths.get(path.removeprefix("/api/v5/"))
        if make is None:
            return Answer(404, (("Content-Type", "application/json"),), b'{"msg":"Not Found","code":"404"}')
        try:
            return answer(page(make(Query(given, self._coins), now_ms)))
        except Refusal as refusal:
            return answer(f'{{"code":"{refusal.code}","data":[],"msg":"{refusal.why}"}}')

    def prepare(self, path: str, given: Mapping[str, str], now_ms: int) -> Iterator[None]:
        """Klines, days and statistics take making."""
        query, path = Query(given, self._coins), path.removeprefix("/api/v5/")
        try:
            yield from self._steps(path, query, now_ms)
        except Refusal:
            return

    def _steps(self, path: str, query: Query, now: int) -> Iterator[None]:
        scene = self._scene
        if path in {"market/candles", "market/history-candles"}:
            interval, until = self._interval(query), query.number("after")
            minutes = scene.kline_minutes(interval, None, None if until is None else until - 1, query.limit(300), now)
            yield from scene.prepare_minutes(*minutes)
        elif path == "market/tickers":
            yield from scene.prepare_minutes(now // MS_MIN - MS_DAY // MS_MIN, now // MS_MIN)
        elif path == "public/funding-rate":
            yield from scene.prepare_days(now - MS_DAY, now)
        elif path == "public/funding-rate-history":
            yield from scene.prepare_days(*self._funding_span(query, now))
        elif path.startswith("rubik/"):
            told = self._ends(query, now)
            if told:
                yield from scene.prepare_days(told[0], told[-1])
            if told and path.endswith("taker-volume-contract"):
                yield from scene.prepare_minutes((told[0] - told.step) // MS_MIN, told[-1] // MS_MIN)

    # lists

    def _of_type(self, query: Query) -> list[int]:
        kind = query.text("instType", allowed=TYPES)
        wanted = query.text("instId", "")
        return [k for k, wire in enumerate(self._wires) if wire.kind == kind and wanted in {"", wire.symbol}]

    def _instruments(self, query: Query, now: int) -> list[str]:
        return [self._wires[coin].listing() for coin in self._of_type(query)]

    def _tickers(self, query: Query, now: int) -> list[str]:
        rows, best = self._scene.days(now), self._scene.best_at(now)
        told = []
        for coin in self._of_type(query):
            bid, ask = best[coin].bid, best[coin].ask
            sides = (bid, best[coin].bid_steps), (ask, best[coin].ask_steps)
            if rows:
                told.append(self._wires[coin].day(rows[coin], *sides))
        return told

    def _open_interest(self, query: Query, now: int) -> list[str]:
        held, marks = self._scene.open_interest(now), self._scene.marks(now)
        return [self._wires[coin].interest(now, held[coin], marks[coin].mark) for coin in self._of_type(query)]

    def _marks(self, query: Query, now: int) -> list[str]:
        rows = self._scene.marks(now)
        return [self._wires[coin].mark(rows[coin]) for coin in self._of_type(query)]

    def _funding_rate(self, query: Query, now: int) -> list[str]:
        rows = self._scene.marks(now)
        coins = range(len(self._wires)) if query.text("instId") == "ANY" else [query.coin()]
        swaps = [self._wires[coin] for coin in coins if self._wires[coin].kind == "SWAP"]
        told = (rows[self._coins[wire.symbol]] for wire in swaps)
        return [
            wire.funding(with_settled(self._scene, row, wire.coin.funding_hours))
            for wire, row in zip(swaps, told, strict=True)
        ]

    # pages of one contract

    def _candles(self, query: Query, now: int, most: int) -> list[str]:
        coin, interval, limit = query.coin(), self._interval(query), query.limit(most)
        before, after = query.number("before"), query.number("after")
        until = None if after is None else after - 1
        rows = self._scene.klines(coin, interval, None, until, limit, now)
        length, wire = INTERVALS[interval] * MS_MIN, self._wires[coin]
        return [
            wire.candle(start, bar, closed=start + length <= now)
            for start, bar in reversed(rows)
            if before is None or start > before
        ]

    def _interval(self, query: Query) -> str:
        return CANDLES[query.text("bar", "1m", tuple(CANDLES))]

    def _trades(self, query: Query, now: int) -> list[str]:
        return self._told(self._scene.newest(query.coin(), query.limit(500), now))

    def _history_trades(self, query: Query, now: int) -> list[str]:
        coin, limit, by = query.coin(), query.limit(100), query.text("type", "1", ("1", "2"))
        before, after = query.number("before"), query.number("after")
        if after is None:
            rows = self._scene.newest(coin, limit, now)
        elif by == "1":
            rows = self._scene.before_id(coin, after, limit, now)
        else:
            rows = self._scene.newest(coin, limit, min(after - 1, now))
        newer = [row for row in rows if before is None or (row.trade_id if by == "1" else row.ts_ms) > before]
        return self._told([row for row in newer if row.ts_ms > now - self._kept_ms])

    #: Trades are kept so long, ms; at the venue it is three months.
    _kept_ms = 7 * MS_DAY

    def _told(self, rows: Sequence[TradeRow]) -> list[str]:
        return [self._wires[row.coin].trade(row, row.steps) for row in reversed(rows)]

    def _book(self, query: Query, now: int) -> list[str]:
        coin, size = query.coin(), query.number("sz") or 1
        book, wire = self._scene.book(coin, now, min(size, 400)), self._wires[coin]
        sides = f'"asks":[{wire.levels(book.asks)}],"bids":[{wire.levels(book.bids)}]'
        return [f'{{{sides},"ts":"{book.ts_ms}","seqId":{book.update_id}}}']

    def _fundings(self, query: Query, now: int) -> list[str]:
        coin, limit = query.coin(), query.limit(400)
        if self._wires[coin].kind != "SWAP":
            return []
        rows = self._scene.fundings(coin, *self._funding_span(query, now))
        return [
            f'{{"formulaType":"withRate","fundingRate":"{row.rate:.16f}","fundingTime":"{row.ts_ms}",'
            f'"instId":"{self._wires[coin].symbol}","instType":"SWAP","method":"current_period",'
            f'"realizedRate":"{row.rate:.16f}"}}'
            for row in rows[::-1][:limit]
        ]

    def _funding_span(self, query: Query, now: int) -> tuple[int, int]:
        before, after = query.number("before"), query.number("after")
        until = now if after is None else min(after - 1, now)
        return (until - query.limit(400) * 8 * MS_HOUR if before is None else before + 1), until

    # statistics

    def _ends(self, query: Query, now: int) -> range:
        period = _PERIODS[query.text("period", "5m", tuple(_PERIODS))]
        begin, end = query.number("begin"), query.number("end")
        return ends(period, begin, end, query.limit(100), now, _REACH_DAYS * period // 5)

    def _held(self, query: Query, now: int) -> list[str]:
        coin = query.coin()
        rows = self._scene.held(coin, self._ends(query, now))
        return [_array(row.ts_ms, *self._wires[coin].held(row.steps, row.mark)) for row in reversed(rows)]

    def _ratio(self, name: str) -> Callable[[Query, int], list[str]]:
        def told(query: Query, now: int) -> list[str]:
            rows = self._scene.ratios(query.coin(), name, self._ends(query, now))
            return [_array(ts, f"{ratio:.4f}") for ts, ratio in reversed(rows)]

        return told

    def _taken(self, query: Query, now: int) -> list[str]:
        """Sold comes before bought."""
        coin, told = query.coin(), self._ends(query, now)
        unit = query.text("unit", "1", ("0", "1", "2"))
        rows = []
        for end in reversed(told):
            bought, sold = self._scene.taken(coin, end - told.step, end)
            rows.append(_array(end, self._volume(coin, unit, *sold), self._volume(coin, unit, *bought)))
        return rows

    def _volume(self, coin: int, unit: str, steps: int, turnover: int) -> str:
        wire = self._wires[coin]
        if unit == "1":
            return wire.size(steps)
        return wire.coins(steps, turnover) if unit == "0" else wire.usd(steps, turnover)


def _array(ts_ms: int, *values: str) -> str:
    return f'["{ts_ms}",{",".join(f"{chr(34)}{value}{chr(34)}" for value in values)}]'
