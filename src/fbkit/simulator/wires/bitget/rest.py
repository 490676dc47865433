"""Bitget's REST pages. Every number is a text.

Source: Bitget API v2, "Contract / Market" and "Common / Trading data".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import DAY_MINUTES, HISTORY_DAYS, MS_DAY, MS_MIN
from fbkit.simulator.coin import Coin
from fbkit.simulator.facts import TradeRow
from fbkit.simulator.past import ends
from fbkit.simulator.wires.bitget.pushes import Pushes
from fbkit.simulator.wires.bitget.query import Query, Refusal
from fbkit.simulator.wires.bitget.templates import trade_number, venue_id
from fbkit.simulator.wires.wire import Asked

#: Rows that a page of ratios has, newest last; there is no asking for more.
RATIO_ROWS = 6

#: How far back a page of settled rates looks, days.
_FUNDING_DAYS = 30

_MARKET = "/api/v2/mix/market/"

Page = object


class Rest:
    """Answers requests; what the pages are made of comes from the pushes' scene."""

    def __init__(self, pushes: Pushes) -> None:
        self.scene, self._pushes, self._words = pushes.scene, pushes, pushes.words
        self._index = self.scene.market.universe.index
        self._pages: dict[str, Callable[[Query, int], Page]] = {
            "contracts": self._contracts,
            "tickers": self._tickers,
            "candles": lambda query, now_ms: self._candles(query, 1000, now_ms),
            "history-candles": lambda query, now_ms: self._candles(query, 200, now_ms),
            "fills": lambda query, now_ms: self._fills(query, 100, now_ms),
            "fills-history": lambda query, now_ms: self._fills(query, 1000, now_ms),
            "open-interest": self._interest,
            "current-fund-rate": self._fund_rates,
            "history-fund-rate": self._fundings,
            "account-long-short": self._ratios,
            "taker-buy-sell": self._takers,
        }

    def answer(self, asked: Asked, now_ms: int) -> Answer:
        """A page as of an instant (UTC ms)."""
        if asked.path == "/api/v2/public/time":
            return _enveloped("00000", "success", {"serverTime": str(now_ms)}, now_ms)
        page = self._pages.get(asked.path.removeprefix(_MARKET)) if asked.path.startswith(_MARKET) else None
        if page is None or asked.method != "GET":
            return _enveloped("40404", "Request URL NOT FOUND", None, now_ms, 404)
        try:
            return _enveloped("00000", "success", page(Query(asked.given, self._index), now_ms), now_ms)
        except Refusal as refusal:
            return _enveloped(refusal.code, refusal.why, None, now_ms, 400)

    def prepare(self, asked: Asked, now_ms: int) -> Iterator[None]:
        """Make the klines or the days that a page will need."""
        page, now = asked.path.removeprefix(_MARKET), now_ms // MS_MIN
        try:
            query = Query(asked.given, self._index)
            if page == "tickers":
                yield from self.scene.prepare_minutes(now - DAY_MINUTES, now)
                yield from self.scene.prepare_days(now_ms, now_ms)
            elif page in {"candles", "history-candles"}:
                most = 1000 if page == "candles" else 200
                span = (query.interval(), query.instant("startTime"), query.end_ms(), query.limit(100, most))
                yield from self.scene.prepare_minutes(*self.scene.kline_minutes(*span, now_ms))
            elif page == "taker-buy-sell":
                reach = (RATIO_ROWS + 1) * query.period()
                yield from self.scene.prepare_minutes(now - reach, now)
            elif page in {"account-long-short", "history-fund-rate"}:
                days = _FUNDING_DAYS if page.startswith("history") else 1
                yield from self.scene.prepare_days(now_ms - days * MS_DAY, now_ms)
        except Refusal:
            return  # the answer says so

    def _contracts(self, query: Query, now_ms: int) -> Page:
        return [_contract(self.scene.coins[coin]) for coin in query.coins()]

    def _tickers(self, query: Query, now_ms: int) -> Page:
        rows = []
        for coin in query.coins():
            fields = self._pushes.fields(coin, now_ms // 1000 * 1000)
            worth = {"usdtVolume": fields["quoteVolume"]}
            rows.append({"symbol": self.scene.coins[coin].symbol, **fields, **worth})
        return rows

    def _candles(self, query: Query, most: int, now_ms: int) -> Page:
        coin, words = query.coin(), self._words[query.coin()]
        span = (query.instant("startTime"), query.end_ms(), query.limit(100, most))
        bars = self.scene.klines(coin, query.interval(), *span, now_ms)
        return [words.candle(start, bar) for start, bar in bars]

    def _fills(self, query: Query, most: int, now_ms: int) -> Page:
        """Newest first; what lies before ``idLessThan``, within the span that is asked for."""
        coin, words, limit = query.coin(), self._words[query.coin()], query.limit(min(most, 500), most)
        until = min(query.end_ms() or now_ms, now_ms)
        since = query.instant("startTime") or until - 7 * MS_DAY
        below = query.instant("idLessThan")
        rows = self._backwards(coin, (since, until), None if below is None else trade_number(coin, below), limit)
        return [
            {
                "tradeId": str(venue_id(coin, row.trade_id)),
                "price": words.price(row.ticks),
                "size": words.size(row.steps),
                "side": "Buy" if row.buy else "Sell",
                "ts": str(row.ts_ms),
                "symbol": query.text("symbol"),
            }
            for row in rows
        ]

    def _backwards(self, coin: int, span: tuple[int, int], below: int | None, limit: int) -> list[TradeRow]:
        """The last trades of a span (ms, both ends inclusive) with a number below, the newest first."""
        since, until = max(span[0], span[1] - HISTORY_DAYS * MS_DAY), span[1]
        minute = until // MS_MIN
        if below is not None:
            minute = min(minute, self.scene.minute_with(coin, below))
        rows: list[TradeRow] = []
        while len(rows) < limit and minute >= since // MS_MIN:
            ends_ms = (max(since, minute * MS_MIN), min(until, (minute + 1) * MS_MIN - 1))
            found = self.scene.between(coin, *ends_ms, 1_000_000)
            rows += [row for row in reversed(found) if below is None or row.trade_id < below]
            minute -= 1
        return rows[:limit]

    def _interest(self, query: Query, now_ms: int) -> Page:
        coin, held = query.coin(), self.scene.open_interest(now_ms)
        row = {"symbol": query.text("symbol"), "size": self._words[coin].size(held[coin])}
        return {"openInterestList": [row], "ts": str(now_ms)}

    def _fund_rates(self, query: Query, now_ms: int) -> Page:
        marks = self.scene.marks(now_ms)
        return [
            {
                "symbol": self.scene.coins[coin].symbol,
                "fundingRate": f"{marks[coin].rate:.8f}",
                "fundingRateInterval": str(self.scene.coins[coin].funding_hours),
                "nextUpdate": str(marks[coin].funding_ms),
                "minFundingRate": "-0.003",
                "maxFundingRate": "0.003",
            }
            for coin in query.coins()
        ]

    def _fundings(self, query: Query, now_ms: int) -> Page:
        """Newest first, page by page."""
        coin, size, number = query.coin(), query.number("pageSize", 20, 100), query.number("pageNo", 1, 10_000)
        rows = self.scene.fundings(coin, now_ms - _FUNDING_DAYS * MS_DAY, now_ms)[::-1]
        return [
            {"symbol": query.text("symbol"), "fundingRate": f"{row.rate:.8f}", "fundingTime": str(row.ts_ms)}
            for row in rows[(number - 1) * size : number * size]
        ]

    def _ratios(self, query: Query, now_ms: int) -> Page:
        """Of large holders' accounts."""
        rows = []
        for ts, ratio in self.scene.ratios(query.coin(), "acct_top", _ends(query, now_ms)):
            long = ratio / (1.0 + ratio)
            rows.append(
                {
                    "longAccountRatio": f"{long:.4f}",
                    "shortAccountRatio": f"{1.0 - long:.4f}",
                    "longShortAccountRatio": f"{ratio:.4f}",
                    "ts": str(ts),
                }
            )
        return rows

    def _takers(self, query: Query, now_ms: int) -> Page:
        coin, period_ms = query.coin(), query.period() * MS_MIN
        words, rows = self._words[coin], []
        for ts in _ends(query, now_ms):
            bought, sold = self.scene.taken(coin, ts - period_ms, ts)
            volumes = {"buyVolume": words.size(bought[0]), "sellVolume": words.size(sold[0])}
            rows.append({**volumes, "ts": str(ts)})
        return rows


def _ends(query: Query, now_ms: int) -> range:
    return ends(query.period(), None, None, RATIO_ROWS, now_ms)


def _contract(coin: Coin) -> dict[str, object]:
    step = f"{10.0**-coin.step_decimals:.{coin.step_decimals}f}"
    return {
        "symbol": coin.symbol,
        "baseCoin": coin.base,
        "quoteCoin": coin.quote,
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006",
        "supportMarginCoins": [coin.settle],
        "minTradeNum": step,
        "priceEndStep": "1",
        "volumePlace": str(coin.step_decimals),
        "pricePlace": str(coin.tick_decimals),
        "sizeMultiplier": step,
        "symbolType": "perpetual",
        "minTradeUSDT": "5",
        "symbolStatus": "normal",
        "offTime": "-1",
        "limitOpenTime": "-1",
        "deliveryTime": "",
        "deliveryStartTime": "",
        "launchTime": str(coin.onboard_ms),
        "fundInterval": str(coin.funding_hours),
        "minLever": "1",
        "maxLever": "125",
        "isRwa": "NO",
    }


def _enveloped(code: str, why: str, data: Page, now_ms: int, status: int = 200) -> Answer:
    words = {"code": code, "msg": why, "requestTime": now_ms, "data": data}
    return answer(msgspec.json.encode(words).decode(), status)
