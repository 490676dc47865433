"""Pages agree with one another and with the streams, and never tell the future."""

import json
from decimal import Decimal

import pytest

from fbkit.simulator.market import Market
from fbkit.simulator.wires.binance import BinanceWire
from tests.simulator.conftest import MIDNIGHT, NOON
from tests.simulator.wires.binance.test_frames import shape

MINUTE = 60_000
DATA = ("openInterestHist", "globalLongShortAccountRatio", "topLongShortAccountRatio", "topLongShortPositionRatio")

# As captured; keys, order and types count.
SHAPES = {
    "/fapi/v1/time": '{"serverTime":1}',
    "/fapi/v1/premiumIndex": (
        '{"symbol":"S","markPrice":"1.0","indexPrice":"1.0","estimatedSettlePrice":"1.0","lastFundingRate":"1.0",'
        '"interestRate":"1.0","nextFundingTime":1,"time":1}'
    ),
    "/fapi/v1/openInterest": '{"symbol":"S","openInterest":"1.0","time":1}',
    "/fapi/v1/fundingRate": '[{"symbol":"S","fundingTime":1,"fundingRate":"1.0","markPrice":"1.0","rateType":"S"}]',
    "/fapi/v1/klines": '[[1,"1.0","1.0","1.0","1.0","1.0",1,"1.0",1,"1.0","1.0","0"]]',
    "/fapi/v1/aggTrades": '[{"a":1,"p":"1.0","q":"1.0","nq":"1.0","f":1,"l":1,"T":1,"m":false}]',
    "/futures/data/openInterestHist": (
        '[{"symbol":"S","sumOpenInterest":"1.0","sumOpenInterestValue":"1.0","CMCCirculatingSupply":"1.0","timestamp":1}]'
    ),
    "/futures/data/globalLongShortAccountRatio": (
        '[{"symbol":"S","longShortRatio":"1.0","longAccount":"1.0","shortAccount":"1.0","timestamp":1}]'
    ),
    "/futures/data/takerlongshortRatio": '[{"buySellRatio":"1.0","buyVol":"1.0","sellVol":"1.0","timestamp":1}]',
}


@pytest.mark.parametrize("path", SHAPES)
def test_a_page_has_the_keys_order_and_types_of_the_real_one(get, path):
    status, body = get(path, symbol="ETHUSDT", interval="1m", period="5m", limit=3)
    assert status == 200
    assert shape(body) == shape(json.loads(SHAPES[path]))


def test_the_listing_names_every_coin_and_one_long_settled(get, market):
    _, info = get("/fapi/v1/exchangeInfo")
    listed = info["symbols"]
    assert [one["symbol"] for one in listed if one["status"] == "TRADING"] == market.symbols
    assert [one["symbol"] for one in listed if one["status"] == "SETTLING"] == ["OMGUSDT"]
    assert info["rateLimits"][0]["limit"] == 240_000
    assert list(listed[0])[:12] == [
        "symbol",
        "pair",
        "contractType",
        "deliveryDate",
        "onboardDate",
        "status",
        "baseAsset",
        "quoteAsset",
        "marginAsset",
        "pricePrecision",
        "quantityPrecision",
        "underlyingType",
    ]
    assert listed[0]["filters"][0] == {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "553.90"}


def all_trades(get, symbol, since, until, now=NOON):
    """Every aggregate trade of ``[since, until)``, page by page, as a feed fills a hole."""
    _, page = get("/fapi/v1/aggTrades", now, symbol=symbol, startTime=since, endTime=until - 1, limit=1000)
    rows = list(page)
    while len(page) == 1000:
        _, page = get("/fapi/v1/aggTrades", now, symbol=symbol, fromId=rows[-1]["a"] + 1, limit=1000)
        rows += [row for row in page if row["T"] < until]
    return rows


@pytest.mark.parametrize("symbol", ["BTCUSDT", "XRPUSDT"])
def test_a_kline_is_the_exact_sum_of_its_trades(get, symbol):
    _, klines = get("/fapi/v1/klines", symbol=symbol, interval="1m", startTime=NOON - 4 * MINUTE, limit=3)
    assert len(klines) == 3
    for start, o, h, l, c, volume, end, turnover, n, buy_volume, buy_turnover, _ in klines:
        trades = all_trades(get, symbol, start, end + 1)
        prices = [Decimal(trade["p"]) for trade in trades]
        assert (Decimal(o), Decimal(h), Decimal(l), Decimal(c)) == (prices[0], max(prices), min(prices), prices[-1])
        assert Decimal(volume) == sum(Decimal(trade["q"]) for trade in trades)
        assert Decimal(turnover) == sum(Decimal(trade["p"]) * Decimal(trade["q"]) for trade in trades)
        assert n == sum(trade["l"] - trade["f"] + 1 for trade in trades)
        bought = [trade for trade in trades if not trade["m"]]
        assert Decimal(buy_volume) == sum(Decimal(trade["q"]) for trade in bought)
        assert Decimal(buy_turnover) == sum(Decimal(trade["p"]) * Decimal(trade["q"]) for trade in bought)


def test_the_trades_of_the_stream_are_the_trades_of_the_page(get, sent):
    start = NOON // 1000 * 1000 - 5000
    streamed = [json.loads(frame.payload) for frame in sent(["ethusdt@aggTrade"], start, 5)]
    paged = {row["a"]: row for row in all_trades(get, "ETHUSDT", start - 150, start + 5000 - 150)}
    assert [trade["a"] for trade in streamed] == sorted(paged)
    for trade in streamed:
        assert {key: trade[key] for key in ("a", "p", "q", "nq", "f", "l", "T", "m")} == paged[trade["a"]]


def test_the_last_kline_of_the_stream_is_the_kline_of_the_page(get, sent):
    end = NOON // MINUTE * MINUTE
    closed = [json.loads(frame.payload)["k"] for frame in sent(["solusdt@kline_1m"], end + 2000)]
    (last,) = [kline for kline in closed if kline["x"]]
    _, ((start, o, h, l, c, v, _, q, n, bv, bq, _),) = get(
        "/fapi/v1/klines", symbol="SOLUSDT", interval="1m", startTime=end - MINUTE, endTime=end - 1
    )
    assert (last["t"], last["T"]) == (start, end - 1)
    assert [last[key] for key in "ohlcvqnVQ"] == [o, h, l, c, v, q, n, bv, bq]


def test_an_open_kline_of_the_stream_counts_what_traded_so_far(get, sent):
    frame = sent(["btcusdt@kline_1m"], NOON)[-1]
    kline = json.loads(frame.payload)["k"]
    assert not kline["x"]
    trades = all_trades(get, "BTCUSDT", kline["t"], frame.ts_ms, now=frame.ts_ms)
    assert kline["L"] == trades[-1]["l"]
    assert kline["f"] == trades[0]["f"]
    assert Decimal(kline["v"]) == sum(Decimal(trade["q"]) for trade in trades)


@pytest.mark.parametrize("interval", ["5m", "15m", "1h", "4h"])
def test_a_longer_kline_is_the_fold_of_minutes_the_open_one_too(get, interval):
    minutes = {"5m": 5, "15m": 15, "1h": 60, "4h": 240}[interval]
    _, longer = get("/fapi/v1/klines", symbol="BTCUSDT", interval=interval, limit=2)
    for start, o, h, l, c, v, _, q, n, bv, bq, _ in longer:
        _, parts = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=start, limit=minutes)
        assert parts[0][0] == start
        assert (o, c) == (parts[0][1], parts[-1][4])
        assert Decimal(h) == max(Decimal(part[2]) for part in parts)
        assert Decimal(l) == min(Decimal(part[3]) for part in parts)
        assert n == sum(part[8] for part in parts)
        for column, whole in ((5, v), (7, q), (9, bv), (10, bq)):
            assert Decimal(whole) == sum(Decimal(part[column]) for part in parts)


def test_klines_page_forward_from_a_start_and_back_from_an_end(get):
    start = NOON // MINUTE * MINUTE - 100 * MINUTE
    _, forward = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=start, limit=10)
    assert [row[0] for row in forward] == [start + k * MINUTE for k in range(10)]
    _, back = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", endTime=start, limit=10)
    assert [row[0] for row in back] == [start - (9 - k) * MINUTE for k in range(10)]
    _, newest = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit=5)
    assert [row[0] for row in newest] == [NOON // MINUTE * MINUTE - (4 - k) * MINUTE for k in range(5)]
    _, between = get(
        "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=start + 1, endTime=start + 3 * MINUTE
    )
    assert [row[0] for row in between] == [start + k * MINUTE for k in (1, 2, 3)]


def test_nothing_later_than_the_asking_is_told(get):
    _, trades = get("/fapi/v1/aggTrades", symbol="BTCUSDT", startTime=NOON - 2000, limit=1000)
    assert trades[-1]["T"] <= NOON
    assert get("/fapi/v1/aggTrades", symbol="BTCUSDT", fromId=trades[-1]["a"] + 1) == (200, [])
    assert get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=NOON + MINUTE) == (200, [])
    for name in DATA:
        _, rows = get(f"/futures/data/{name}", symbol="BTCUSDT", period="5m", startTime=NOON - 3_600_000)
        assert NOON - 300_000 < rows[-1]["timestamp"] <= NOON


def test_the_newest_trades_end_with_the_newest_and_have_no_hole(get):
    _, trades = get("/fapi/v1/aggTrades", symbol="XRPUSDT", limit=700)
    ids = [trade["a"] for trade in trades]
    assert ids == list(range(ids[0], ids[0] + 700))
    _, one = get("/fapi/v1/aggTrades", symbol="XRPUSDT", fromId=ids[0], limit=700)
    assert one == trades


def test_trades_by_id_go_on_over_midnight(get):
    _, last = get("/fapi/v1/aggTrades", MIDNIGHT, symbol="SOLUSDT", limit=1)
    now = MIDNIGHT + 20_000
    _, rows = get("/fapi/v1/aggTrades", now, symbol="SOLUSDT", fromId=last[0]["a"] - 2, limit=6)
    assert [row["a"] for row in rows] == [last[0]["a"] + k for k in range(-2, 4)]
    assert rows[2]["T"] <= MIDNIGHT <= rows[3]["T"]


def test_trades_older_than_two_days_are_not_found_by_time(get):
    status, error = get("/fapi/v1/aggTrades", symbol="BTCUSDT", startTime=NOON - 49 * 3_600_000)
    assert (status, error["code"]) == (400, -4166)


def test_the_open_interest_of_a_period_is_the_open_interest_at_its_end(get):
    end = NOON // 300_000 * 300_000
    _, (row,) = get("/futures/data/openInterestHist", symbol="BTCUSDT", period="5m", limit=1)
    _, now = get("/fapi/v1/openInterest", end, symbol="BTCUSDT")
    assert row["timestamp"] == end
    assert Decimal(row["sumOpenInterest"]) == Decimal(now["openInterest"])
    _, mark = get("/fapi/v1/premiumIndex", end, symbol="BTCUSDT")
    value = float(row["sumOpenInterest"]) * float(mark["markPrice"])
    assert float(row["sumOpenInterestValue"]) == pytest.approx(value, rel=1e-9)


def test_taker_volumes_are_the_sums_of_klines(get):
    _, (row,) = get("/futures/data/takerlongshortRatio", symbol="BTCUSDT", period="5m", limit=1)
    begin = row["timestamp"] - 300_000
    _, parts = get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=begin, limit=5)
    bought = sum(Decimal(part[9]) for part in parts)
    assert Decimal(row["buyVol"]) == bought
    assert Decimal(row["sellVol"]) == sum(Decimal(part[5]) for part in parts) - bought


def test_shares_of_long_and_short_accounts_are_what_their_ratio_says(get):
    _, rows = get("/futures/data/topLongShortPositionRatio", symbol="BTCUSDT", period="1h", limit=24)
    assert len(rows) == 24
    for row in rows:
        long, short = float(row["longAccount"]), float(row["shortAccount"])
        assert long + short == pytest.approx(1.0, abs=1e-9)
        assert float(row["longShortRatio"]) == pytest.approx(long / short, abs=2e-3)


def test_fundings_settle_on_their_hours_and_come_in_order(get):
    _, rows = get("/fapi/v1/fundingRate", symbol="BTCUSDT", startTime=NOON - 48 * 3_600_000)
    times = [row["fundingTime"] for row in rows]
    assert len(times) == 6
    assert times == sorted(times)
    assert all(ts % (8 * 3_600_000) < 5 for ts in times)
    assert get("/fapi/v1/fundingRate", symbol="BTCUSDT", startTime=NOON - 48 * 3_600_000, limit=2)[1] == rows[:2]
    assert get("/fapi/v1/fundingRate", symbol="BTCUSDT", limit=2)[1] == rows[-2:]


def test_only_coins_with_another_interval_are_in_funding_info():
    market = Market(7, 60)
    rows = json.loads(BinanceWire(market).rest.answer("/fapi/v1/fundingInfo", {}, NOON).body)
    hours = {row["fundingIntervalHours"] for row in rows}
    assert hours == {1, 4}
    assert "BTCUSDT" not in {row["symbol"] for row in rows}


def test_the_day_ticker_is_the_sum_of_its_minutes(get):
    _, day = get("/fapi/v1/ticker/24hr", symbol="ETHUSDT")
    _, first = get("/fapi/v1/klines", symbol="ETHUSDT", interval="1m", startTime=day["openTime"], limit=1)
    _, parts = get("/fapi/v1/klines", symbol="ETHUSDT", interval="1m", startTime=day["openTime"], limit=1500)
    assert day["openPrice"] == first[0][1]
    assert day["lastPrice"] == parts[-1][4]
    assert Decimal(day["volume"]) == sum(Decimal(part[5]) for part in parts)
    assert day["count"] == sum(part[8] for part in parts)
    assert day["lastId"] - day["firstId"] + 1 == day["count"]


@pytest.mark.parametrize(
    ("path", "given", "code"),
    [
        ("/fapi/v1/klines", {"symbol": "NOPE", "interval": "1m"}, -1121),
        ("/fapi/v1/klines", {"interval": "1m"}, -1102),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1s"}, -1120),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "0"}, -1130),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "-5"}, -1130),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "yesterday"}, -1130),
        ("/fapi/v1/openInterest", {}, -1102),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": "7"}, -1130),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "7m"}, -1130),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "5m", "limit": "501"}, -1130),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "5m", "startTime": "1"}, -1130),
    ],
)
def test_a_wrong_request_gets_the_exchanges_own_error(get, path, given, code):
    status, error = get(path, **given)
    assert (status, error["code"]) == (400, code)
    assert error["msg"]


def test_preparing_makes_all_that_the_answer_needs():
    market = Market(7, 2)
    rest = BinanceWire(market).rest
    given = {"symbol": "BTCUSDT", "interval": "1m", "limit": "50"}
    steps = sum(1 for _ in rest.prepare("/fapi/v1/klines", given, NOON))
    assert steps == 49
    assert market.missing(NOON // MINUTE - 49, NOON // MINUTE) == []
    assert list(rest.prepare("/fapi/v1/klines", {"symbol": "NOPE"}, NOON)) == []
