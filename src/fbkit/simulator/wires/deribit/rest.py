"""What the exchange answers over HTTP: ``GET /api/v2/public/…``; errors are JSON-RPC's, under status 400.

Source: Deribit API 2.1.1, "Market Data".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import DAY_MINUTES, MS_HOUR, MS_MIN
from fbkit.simulator.facts import TradeRow
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.deribit import rpc
from fbkit.simulator.wires.deribit.funding import hours
from fbkit.simulator.wires.deribit.listed import OPTION, instrument
from fbkit.simulator.wires.deribit.query import Query
from fbkit.simulator.wires.deribit.rows import Row, Rows, cost, volume
from fbkit.simulator.wires.deribit.rpc import Refusal
from fbkit.simulator.wires.deribit.streams import RESOLUTIONS
from fbkit.simulator.wires.wire import Asked

_PUBLIC = "/api/v2/public/"

_CURRENCIES = ("any", "BTC", "ETH", "USDC", "USDT", "EURR")
_KINDS = ("future", "option", "spot", "future_combo", "option_combo", "any")

#: Candles and trades of a page, at most.
_CANDLES, _TRADES = 5_001, 1_000

_JSON = (("Content-Type", "application/json"),)


class Rest:
    """Answers requests."""

    def __init__(self, scene: Scene, rows: Rows) -> None:
        self._scene, self._rows = scene, rows
        self._index = scene.market.universe.index
        self._methods: dict[str, Callable[[Query, int], Any]] = {
            "get_instruments": self._instruments,
            "get_book_summary_by_currency": self._summaries,
            "ticker": lambda query, now: rows.tickers(now, [query.coin()])[0],
            "get_tradingview_chart_data": self._chart,
            "get_funding_rate_history": self._funding,
            "get_last_trades_by_instrument": self._trades_by_seq,
            "get_last_trades_by_instrument_and_time": self._trades_by_time,
        }

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """The reply at an instant."""
        method = self._methods.get(asked.path.removeprefix(_PUBLIC))
        try:
            if method is None or not asked.path.startswith(_PUBLIC):
                raise Refusal(rpc.NO_METHOD)
            result = method(Query(asked.given, self._index), now_ms)
        except Refusal as refusal:
            return refuse(refusal, now_ms)
        return Answer(200, _JSON, rpc.answered(None, result, now_ms))

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Candles, days and fundings take making."""
        query, now = Query(asked.given, self._index), now_ms // MS_MIN
        try:
            match asked.path.removeprefix(_PUBLIC):
                case "get_tradingview_chart_data":
                    interval, since, until = _page(query)
                    wanted = self._scene.kline_minutes(interval, since, until, _CANDLES, now_ms)
                    yield from self._scene.prepare_minutes(*wanted)
                case "get_book_summary_by_currency" | "ticker":
                    yield from self._scene.prepare_minutes(now - DAY_MINUTES, now)
                case "get_funding_rate_history":
                    since, until = query.span()
                    yield from self._scene.prepare_days(since - 8 * MS_HOUR, min(until, now_ms))
        except Refusal:
            return

    # lists

    def _instruments(self, query: Query, now: int) -> list[Row]:
        currency, kind = query.word("currency", _CURRENCIES), query.word("kind", _KINDS, "any")
        coins = [coin for coin in self._scene.coins if currency in {"any", coin.settle}]
        rows = [instrument(coin) for coin in coins] if kind in {"future", "any"} else []
        return rows + ([OPTION] if kind in {"option", "any"} and currency in {"any", "BTC"} else [])

    def _summaries(self, query: Query, now: int) -> list[Row]:
        currency, kind = query.word("currency", _CURRENCIES[1:]), query.word("kind", _KINDS, "any")
        if kind not in {"future", "any"}:
            return []
        wanted = [k for k, coin in enumerate(self._scene.coins) if coin.settle == currency]
        return [self._rows.summary(row) for row in self._rows.tickers(now, wanted)]

    # the past

    def _chart(self, query: Query, now: int) -> Row:
        coin = query.coin()
        interval, since, until = _page(query)
        bars = self._scene.klines(coin, interval, since, until, _CANDLES, now)
        one = self._scene.coins[coin]
        return {
            "status": "ok" if bars else "no_data",
            "ticks": [start for start, _ in bars],
            "open": [one.price_of(bar.open) for _, bar in bars],
            "high": [one.price_of(bar.high) for _, bar in bars],
            "low": [one.price_of(bar.low) for _, bar in bars],
            "close": [one.price_of(bar.close) for _, bar in bars],
            "volume": [volume(one, bar) for _, bar in bars],
            "cost": [cost(one, bar) for _, bar in bars],
        }

    def _funding(self, query: Query, now: int) -> list[Row]:
        coin = query.coin()
        if self._scene.coins[coin].expiry_ms is not None:
            raise Refusal(rpc.INVALID_PARAMS, "instrument_name", "must be perpetual")
        since, until = query.span()
        return hours(self._scene.market, coin, since, min(until, now))

    def _trades_by_seq(self, query: Query, now: int) -> Row:
        coin, count = query.coin(), _count(query)
        first, last = query.number("start_seq"), query.number("end_seq")
        if first is not None:
            rows = self._scene.since_id(coin, first, count, now)
            rows = [row for row in rows if last is None or row.trade_id <= last]
        elif last is not None:
            rows = self._scene.before_id(coin, last + 1, count, now)
        else:
            rows = self._scene.newest(coin, count, now)
        return self._told(query, rows, count)

    def _trades_by_time(self, query: Query, now: int) -> Row:
        coin, count = query.coin(), _count(query)
        since, until = query.span()
        if query.word("sorting", _SORTING, "default") == "asc":
            rows = self._scene.between(coin, since, min(until, now), count)
        else:
            rows = [row for row in self._scene.newest(coin, count, min(until, now)) if row.ts_ms >= since]
        return self._told(query, rows, count)

    def _told(self, query: Query, rows: list[TradeRow], count: int) -> Row:
        """Newest first, unless the other way is asked for."""
        told = [self._rows.trade(row) for row in rows]
        ascending = query.word("sorting", _SORTING, "default") == "asc"
        return {"trades": told if ascending else told[::-1], "has_more": len(told) == count}


_SORTING = ("asc", "desc", "default")


def refuse(refusal: Refusal, now_ms: int, status: int = 400) -> Answer:
    """An error as a reply."""
    return Answer(status, _JSON, rpc.refused(None, refusal, now_ms))


def _page(query: Query) -> tuple[str, int, int]:
    interval = RESOLUTIONS[query.word("resolution", tuple(RESOLUTIONS))]
    return interval, *query.span()


def _count(query: Query) -> int:
    return min(max(query.number("count", 10) or 10, 1), _TRADES)
