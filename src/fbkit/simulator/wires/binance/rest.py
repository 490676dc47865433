"""The exchange's REST as a function: path, parameters and instant in, answer out.

Trades and klines reach back eight days, statistics thirty; nothing later than the instant asked at is ever told.
Source: Binance USDⓈ-M Futures, "Market Data Endpoints".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.book import update_id
from fbkit.simulator.calendar import MS_DAY, MS_MIN, MS_S
from fbkit.simulator.coin import Coin
from fbkit.simulator.decimals import decimal
from fbkit.simulator.facts import DayRow
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.binance import statistics, trade_pages
from fbkit.simulator.wires.binance.limits import WEIGHT
from fbkit.simulator.wires.binance.query import Query, Refusal
from fbkit.simulator.wires.binance.templates import CoinWire

_DEPTHS = ("5", "10", "20", "50", "100", "500", "1000")
_LIVE_UNTIL = 4_133_404_800_000


class Rest:
    """Answers requests about a market. ``generosity`` is how many times the exchange's weight limit it advertises."""

    def __init__(self, scene: Scene, templates: list[CoinWire], generosity: int = 100) -> None:
        self.scene, self.templates, self.generosity = scene, templates, generosity
        self._index = scene.market.universe.index
        self._paths: dict[str, Callable[[Query, int], str]] = {
            "/fapi/v1/ping": lambda _query, _now: "{}",
            "/fapi/v1/time": lambda _query, now: f'{{"serverTime":{now}}}',
            "/fapi/v1/exchangeInfo": self._exchange_info,
            "/fapi/v1/premiumIndex": self._premium_index,
            "/fapi/v1/openInterest": self._open_interest,
            "/fapi/v1/klines": lambda query, now: trade_pages.klines(scene, query, now),
            "/fapi/v1/aggTrades": lambda query, now: trade_pages.agg_trades(scene, query, now),
            "/fapi/v1/depth": self._depth,
            "/fapi/v1/ticker/24hr": self._ticker,
            "/fapi/v1/fundingRate": lambda query, now: statistics.funding_rate(scene, query, now),
            "/fapi/v1/fundingInfo": self._funding_info,
            **{f"/futures/data/{name}": self._statistic(make) for name, make in statistics.PAGES.items()},
        }

    def _statistic(self, make: Callable[[Scene, Query, int], str]) -> Callable[[Query, int], str]:
        return lambda query, now: make(self.scene, query, now)

    def answer(self, path: str, given: Mapping[str, str], now_ms: int) -> Answer:
        """The reply to a GET at an instant (UTC ms)."""
        make = self._paths.get(path)
        if make is None:
            return Answer(404, (("Content-Type", "text/html"),), b"<html><body><h1>404 Not Found</h1></body></html>")
        try:
            return answer(make(Query(given, self._index), now_ms))
        except Refusal as refusal:
            return refusal.answer()

    def prepare(self, path: str, given: Mapping[str, str], now_ms: int) -> Iterator[None]:
        """Make what :meth:`answer` will need, a few milliseconds at a time; between the steps others may run."""
        try:
            yield from self._steps(path, Query(given, self._index), now_ms)
        except Refusal:
            return

    def _steps(self, path: str, query: Query, now_ms: int) -> Iterator[None]:
        if path == "/fapi/v1/klines":
            yield from self.scene.prepare_minutes(*trade_pages.kline_minutes(self.scene, query, now_ms))
        elif path == "/fapi/v1/ticker/24hr":
            yield from self.scene.prepare_minutes(now_ms // MS_MIN - MS_DAY // MS_MIN, now_ms // MS_MIN)
        elif path.endswith("/takerlongshortRatio"):
            yield from self.scene.prepare_minutes(*statistics.taker_minutes(query, now_ms))
        elif path.startswith("/futures/data/") or path == "/fapi/v1/fundingRate":
            yield from self.scene.prepare_days(*statistics.span(path, query, now_ms))

    def _exchange_info(self, query: Query, now: int) -> str:
        rows = [_listing(coin) for coin in self.scene.coins]
        rows.append(_LONG_SETTLED)
        weight = WEIGHT * self.generosity
        limits = f'{{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":{weight}}}'
        return (
            f'{{"timezone":"UTC","serverTime":{now},"futuresType":"U_MARGINED","rateLimits":[{limits}],'
            f'"assets":[{{"asset":"USDT","marginAvailable":true,"autoAssetExchange":"-10000"}}],'
            f'"symbols":[{",".join(rows)}]}}'
        )

    def _premium_index(self, query: Query, now: int) -> str:
        rows = [
            f'{{"symbol":"{coin.symbol}","markPrice":"{row.mark:.8f}","indexPrice":"{row.index_price:.8f}",'
            f'"estimatedSettlePrice":"{row.index_price:.8f}","lastFundingRate":"{row.rate:.8f}","interestRate":"0.00010000",'
            f'"nextFundingTime":{row.funding_ms},"time":{row.ts_ms}}}'
            for coin, row in zip(self.scene.coins, self.scene.marks(now), strict=True)
        ]
        return rows[query.coin()] if query.has("symbol") else f"[{','.join(rows)}]"

    def _open_interest(self, query: Query, now: int) -> str:
        coin = query.coin()
        one = self.scene.coins[coin]
        size = decimal(self.scene.open_interest(now)[coin], one.step_decimals)
        return f'{{"symbol":"{one.symbol}","openInterest":"{size}","time":{now}}}'

    def _depth(self, query: Query, now: int) -> str:
        coin = query.coin()
        levels = int(query.text("limit", _DEPTHS)) if query.has("limit") else 500
        bids, asks = self.scene.depths[now // MS_S].book(coin, now, levels)
        one = self.templates[coin]
        return (
            f'{{"lastUpdateId":{update_id(now)},"E":{now},"T":{now},'
            f'"bids":[{one.levels(bids)}],"asks":[{one.levels(asks)}]}}'
        )

    def _ticker(self, query: Query, now: int) -> str:
        rows = self.scene.days(now)
        wanted = [rows[query.coin()]] if query.has("symbol") else rows
        texts = [_day(self.scene.coins[row.coin], row) for row in wanted]
        return texts[0] if query.has("symbol") else f"[{','.join(texts)}]"

    def _funding_info(self, query: Query, now: int) -> str:
        rows = [
            f'{{"symbol":"{coin.symbol}","adjustedFundingRateCap":"0.02000000","adjustedFundingRateFloor":"-0.02000000",'
            f'"fundingIntervalHours":{coin.funding_hours},"disclaimer":false}}'
            for coin in self.scene.coins
            if coin.funding_hours != 8
        ]
        return f"[{','.join(rows)}]"


#: A contract that was settled long ago and is listed for months after.
_LONG_SETTLED = (
    '{"symbol":"OMGUSDT","pair":"OMGUSDT","contractType":"PERPETUAL","deliveryDate":1739523600000,"onboardDate":1598252400000,'
    '"status":"SETTLING","baseAsset":"OMG","quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":4,"quantityPrecision":1,'
    '"underlyingType":"COIN","underlyingSubType":["Layer-2"],"filters":['
    '{"filterType":"PRICE_FILTER","tickSize":"0.0001","minPrice":"0.0010"},'
    '{"filterType":"LOT_SIZE","stepSize":"0.1","minQty":"0.1"},{"filterType":"MIN_NOTIONAL","notional":"5"}]}'
)


def _listing(coin: Coin) -> str:
    tick = decimal(10 ** (coin.price_decimals - coin.tick_decimals), coin.price_decimals)
    step = decimal(1, coin.step_decimals)
    lowest = decimal(
        max(1, round(coin.price / 150 * 10**coin.tick_decimals)) * 10 ** (coin.price_decimals - coin.tick_decimals),
        coin.price_decimals,
    )
    return (
        f'{{"symbol":"{coin.symbol}","pair":"{coin.symbol}","contractType":"PERPETUAL","deliveryDate":{_LIVE_UNTIL},'
        f'"onboardDate":{coin.onboard_ms},"status":"TRADING","baseAsset":"{coin.base}","quoteAsset":"USDT",'
        f'"marginAsset":"USDT","pricePrecision":{coin.price_decimals},"quantityPrecision":{coin.step_decimals},'
        f'"underlyingType":"COIN","underlyingSubType":["{coin.subtype}"],'
        f'"filters":[{{"filterType":"PRICE_FILTER","tickSize":"{tick}","minPrice":"{lowest}"}},'
        f'{{"filterType":"LOT_SIZE","stepSize":"{step}","minQty":"{step}"}},'
        f'{{"filterType":"MIN_NOTIONAL","notional":"{50 if coin.base == "BTC" else 5}"}}]}}'
    )


def _day(coin: Coin, row: DayRow) -> str:
    bar, last_steps, open_ms, now = row.bar, row.last_steps, row.open_ms, row.ts_ms
    scale = 10 ** (coin.price_decimals - coin.tick_decimals)
    change = bar.close - bar.open
    turnover = bar.turnover * scale
    average = turnover / bar.steps / 10**coin.price_decimals

    def price(ticks: int) -> str:
        return decimal(ticks * scale, coin.price_decimals)

    return (
        f'{{"symbol":"{coin.symbol}","priceChange":"{price(change)}",'
        f'"priceChangePercent":"{change / bar.open * 100:.3f}",'
        f'"weightedAvgPrice":"{average:.{coin.price_decimals}f}","lastPrice":"{price(bar.close)}",'
        f'"lastQty":"{decimal(last_steps, coin.step_decimals)}","openPrice":"{price(bar.open)}",'
        f'"highPrice":"{price(bar.high)}","lowPrice":"{price(bar.low)}",'
        f'"volume":"{decimal(bar.steps, coin.step_decimals)}",'
        f'"quoteVolume":"{turnover / 10**coin.quote_decimals:.2f}","openTime":{open_ms},"closeTime":{now},'
        f'"firstId":{bar.first_fill},"lastId":{bar.last_fill},"count":{bar.fills}}}'
    )
