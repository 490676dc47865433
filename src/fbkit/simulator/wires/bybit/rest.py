"""Bybit's REST pages. Rows come newest first; every number is a text.

Source: Bybit v5 docs, "Market".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import DAY_MINUTES, MS_DAY, MS_MIN
from fbkit.simulator.coin import Coin
from fbkit.simulator.facts import DayRow
from fbkit.simulator.past import ends
from fbkit.simulator.wires.bybit.pushes import Pushes
from fbkit.simulator.wires.bybit.query import Query, Refusal, invalid
from fbkit.simulator.wires.bybit.templates import trade_uuid
from fbkit.simulator.wires.wire import Asked

Page = dict[str, object]


class Rest:
    """Answers requests; what the pages are made of comes from the pushes' scene."""

    def __init__(self, pushes: Pushes) -> None:
        self.scene, self._words = pushes.scene, pushes.words
        self._index = self.scene.market.universe.index
        self._pages: dict[str, Callable[[Query, int], Page]] = {
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/tickers": self._tickers,
            "/v5/market/kline": self._klines,
            "/v5/market/recent-trade": self._trades,
            "/v5/market/open-interest": self._interest,
            "/v5/market/account-ratio": self._ratios,
            "/v5/market/funding/history": self._fundings,
        }

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """A page as of an instant (UTC ms)."""
        if asked.path == "/v5/market/time":
            result: Page = {"timeSecond": str(now_ms // 1000), "timeNano": f"{now_ms}000000"}
            return _enveloped(0, "OK", result, now_ms)
        page = self._pages.get(asked.path)
        if page is None or asked.method != "GET":
            return Answer(404, (("Content-Type", "text/plain"),), b"404 page not found")
        try:
            return _enveloped(0, "OK", page(Query(asked.given, self._index), now_ms), now_ms)
        except Refusal as refusal:
            return _enveloped(refusal.code, refusal.why, {}, now_ms)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Make the klines or the days that a page will need."""
        try:
            query = Query(asked.given, self._index)
            if asked.path == "/v5/market/tickers":
                yield from self.scene.prepare_minutes(now_ms // MS_MIN - DAY_MINUTES, now_ms // MS_MIN)
                yield from self.scene.prepare_days(now_ms, now_ms)
            elif asked.path == "/v5/market/kline":
                since, until, limit = query.instant("start"), query.instant("end"), query.limit(200, 1000)
                minutes = self.scene.kline_minutes(query.interval(), since, until, limit, now_ms)
                yield from self.scene.prepare_minutes(*minutes)
            elif asked.path in {"/v5/market/open-interest", "/v5/market/account-ratio"}:
                period = query.period("intervalTime" if asked.path.endswith("interest") else "period")
                span = _ends(query, period, 500, now_ms)
                if span:
                    yield from self.scene.prepare_days(span[0], span[-1])
            elif asked.path == "/v5/market/funding/history":
                until = min(query.instant("endTime") or now_ms, now_ms)
                since = query.instant("startTime") or until - 2 * MS_DAY
                yield from self.scene.prepare_days(since - MS_DAY, until)
        except Refusal:
            return  # the answer says so

    def _instruments(self, query: Query, now_ms: int) -> Page:
        """A page of the list: the cursor is the place where the next one begins."""
        limit = query.limit(500, 1000)
        rows = [_instrument(coin, number) for number, coin in enumerate(self.scene.coins)]
        if query.text("status") not in {"", "Trading"}:
            rows = []
        at = int(query.text("cursor") or 0) if (query.text("cursor") or "0").isdigit() else invalid("cursor invalid")
        further = str(at + limit) if at + limit < len(rows) else ""
        return {"category": "linear", "list": rows[at : at + limit], "nextPageCursor": further}

    def _tickers(self, query: Query, now_ms: int) -> Page:
        marks, held = self.scene.marks(now_ms), self.scene.open_interest(now_ms)
        days: dict[int, DayRow] = {row.coin: row for row in self.scene.days(now_ms)}
        wanted = [query.coin()] if query.text("symbol") else range(len(self.scene.coins))
        rows = []
        for coin in wanted:
            words, mark = self._words[coin], marks[coin]
            book = self.scene.book(coin, now_ms, 1)
            day = words.day_fields(days[coin]) if coin in days else {"turnover24h": "0", "volume24h": "0"}
            fields = day | words.mark_fields(mark) | words.interest_fields(held[coin], mark.mark)
            fields |= words.funding_fields(mark) | words.best_fields(book.bids[0], book.asks[0])
            rows.append({"symbol": self.scene.coins[coin].symbol, **fields})
        return {"category": "linear", "list": rows}

    def _klines(self, query: Query, now_ms: int) -> Page:
        coin, interval, limit = query.coin(), query.interval(), query.limit(200, 1000)
        words = self._words[coin]
        rows = []
        for start, bar in self.scene.klines(
            coin, interval, query.instant("start"), query.instant("end"), limit, now_ms
        ):
            prices = [words.price(ticks) for ticks in (bar.open, bar.high, bar.low, bar.close)]
            rows.append([str(start), *prices, words.size(bar.steps), words.turnover(bar.turnover)])
        return {"symbol": query.text("symbol"), "category": "linear", "list": rows[::-1]}

    def _trades(self, query: Query, now_ms: int) -> Page:
        coin = query.coin()
        words, symbol = self._words[coin], query.text("symbol")
        rows = [
            {
                "execId": trade_uuid(coin, row.trade_id),
                "symbol": symbol,
                "price": words.price(row.ticks),
                "size": words.size(row.steps),
                "side": "Buy" if row.buy else "Sell",
                "time": str(row.ts_ms),
                "isBlockTrade": False,
                "isRPITrade": False,
                "seq": str(row.trade_id),
            }
            for row in self.scene.newest(coin, query.limit(500, 1000), now_ms)
        ]
        return {"category": "linear", "list": rows[::-1]}

    def _interest(self, query: Query, now_ms: int) -> Page:
        coin = query.coin()
        span = _ends(query, query.period("intervalTime"), query.limit(50, 200), now_ms)
        words = self._words[coin]
        rows = [
            {
                "openInterest": words.size(2 * row.steps),
                "singleOpenInterest": words.size(row.steps),
                "timestamp": str(row.ts_ms),
            }
            for row in self.scene.held(coin, span)
        ]
        return {"symbol": query.text("symbol"), "category": "linear", "list": rows[::-1], "nextPageCursor": ""}

    def _ratios(self, query: Query, now_ms: int) -> Page:
        coin, symbol = query.coin(), query.text("symbol")
        rows = []
        span = _ends(query, query.period("period"), query.limit(50, 500), now_ms)
        for ts, ratio in self.scene.ratios(coin, "acct_global", span):
            long = round(ratio / (1.0 + ratio), 4)
            row = {"symbol": symbol, "buyRatio": f"{long:.4f}", "sellRatio": f"{1.0 - long:.4f}", "timestamp": str(ts)}
            rows.append(row)
        return {"list": rows[::-1], "nextPageCursor": ""}

    def _fundings(self, query: Query, now_ms: int) -> Page:
        coin, symbol, limit = query.coin(), query.text("symbol"), query.limit(200, 200)
        since, until = query.instant("startTime"), query.instant("endTime")
        if since is not None and until is None:
            invalid("endTime is required with startTime")
        last = min(now_ms, now_ms if until is None else until)
        hours = self.scene.coins[coin].funding_hours
        rows = [
            {"symbol": symbol, "fundingRate": f"{row.rate:.8f}", "fundingRateTimestamp": str(row.ts_ms)}
            for row in self.scene.fundings(coin, since or last - limit * hours * 60 * MS_MIN, last)
        ]
        return {"category": "linear", "list": rows[-limit:][::-1]}


def _ends(query: Query, period: int, limit: int, now_ms: int) -> range:
    return ends(period, query.instant("startTime"), query.instant("endTime"), limit, now_ms)


def _instrument(coin: Coin, number: int) -> Page:
    dated = coin.expiry_ms is not None
    return {
        "symbol": coin.symbol,
        "contractType": "LinearFutures" if dated else "LinearPerpetual",
        "status": "Trading",
        "baseCoin": coin.base,
        "quoteCoin": coin.quote,
        "launchTime": str(coin.onboard_ms),
        "deliveryTime": str(coin.expiry_ms or 0),
        "deliveryFeeRate": "",
        "priceScale": str(coin.price_decimals),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": _power(coin.tick_decimals), "tickSize": _power(coin.tick_decimals)},
        "lotSizeFilter": {"minOrderQty": _power(coin.step_decimals), "qtyStep": _power(coin.step_decimals)},
        "unifiedMarginTrade": True,
        "fundingInterval": 0 if dated else coin.funding_hours * 60,
        "settleCoin": coin.settle,
        "isPreListing": False,
        "preListingInfo": None,
        "symbolType": "",
        "symbolId": number + 1,
    }


def _power(decimals: int) -> str:
    return f"{10.0**-decimals:.{decimals}f}"


def _enveloped(code: int, why: str, result: Page, now_ms: int) -> Answer:
    words = {"retCode": code, "retMsg": why, "result": result, "retExtInfo": {}, "time": now_ms}
    return answer(msgspec.json.encode(words).decode())
