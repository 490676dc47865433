"""What Binance's REST pages mean."""

import json

import pytest

from fbkit.feeds.binance import pages
from fbkit.feeds.binance.symbols import assume
from fbkit.feeds.instruments import Instruments, Known
from fbkit.model import NS_MS, Bar, Funding, Ignored, OpenInterest, Origin, Ratio, Rejected, Side

NOW = 1_791_000_000_000 * NS_MS
BTC = Known(assume("BTCUSDT"))
PEPE = Known(assume("1000PEPEUSDT"))


def test_candles_are_bars_of_the_past(load):
    first, second = pages.klines(load("binance/rest_klines.json"), BTC, NOW)
    assert first == Bar(
        "binance:BTC-USDT-PERP",
        1_790_999_940_000 * NS_MS,
        NOW,
        "1m",
        83_000.0,
        83_020.0,
        82_990.0,
        83_010.0,
        100.5,
        8_341_500.0,
        5_000_750.0,
        800,
        origin=Origin.BACKFILL,
    )
    assert second.ts_event == NOW


def test_the_open_candle_is_no_bar(load):
    _, second = pages.klines(load("binance/rest_klines.json"), BTC, NOW - 1)
    assert second == Ignored("bar", "open_bar")


def test_fetched_trades_are_the_trades_of_the_stream(load):
    first, second = pages.agg_trades(load("binance/rest_agg_trades.json"), PEPE, NOW)
    assert (first.venue_id, first.side, first.origin) == (3_400_000_001, Side.SELL, Origin.BACKFILL)
    assert (second.price, second.size, second.side) == (83_000.2 / 1000, 0.1 * 1000, Side.BUY)


def test_open_interest_is_in_coins(load):
    assert pages.open_interest(load("binance/rest_open_interest.json"), PEPE, NOW) == [
        OpenInterest("binance:PEPE-USDT-PERP", 1_791_000_000_119 * NS_MS, NOW, 95_700.938 * 1000)
    ]


def test_history_is_sorted_and_its_instants_may_be_text(load):
    older, newer = pages.open_interest_history(load("binance/rest_open_interest_hist.json"), BTC, NOW)
    assert (older.oi_base, older.oi_usd, older.origin) == (94_600.5, 7_850_100_000.5, Origin.BACKFILL)
    assert newer.ts_event - older.ts_event == 300_000 * NS_MS


@pytest.mark.parametrize(
    ("kind", "page", "value"),
    [("acct_global", "rest_ratio", 1.8105), ("pos_top", "rest_ratio", 1.8105), ("taker", "rest_taker_ratio", 1.5586)],
)
def test_four_ratios_stay_four(load, kind, page, value):
    assert pages.ratios(load(f"binance/{page}.json"), kind, BTC, NOW, Origin.LIVE) == [
        Ratio("binance:BTC-USDT-PERP", NOW, NOW, kind, value, 300)
    ]


def test_settled_funding_may_lack_its_mark(load):
    old, new = pages.funding(load("binance/rest_funding_rate.json"), BTC, NOW)
    assert old.mark is None
    assert new == Funding(
        "binance:BTC-USDT-PERP",
        1_790_985_600_002 * NS_MS,
        NOW,
        -0.00000743,
        None,
        85_500.5,
        origin=Origin.BACKFILL,
    )


def test_a_bad_row_is_set_aside_and_the_page_goes_on(load):
    rows = json.loads(load("binance/rest_klines.json"))
    rows[0][4] = "NaN"
    bad, good = pages.klines(json.dumps(rows).encode(), BTC, NOW)
    assert (type(bad), bad.channel, bad.reason, bad.instrument) == (Rejected, "bar", "malformed", BTC.name)
    assert type(good) is Bar


@pytest.mark.faults("C5")
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"code":1}', b"[1,2]", b"[[]]", b"\xff", b"[" * 100_000])
def test_no_page_raises(body):
    for read in (pages.klines, pages.agg_trades, pages.open_interest_history, pages.funding, pages.open_interest):
        assert {type(item) for item in read(body, BTC, NOW)} <= {Rejected}
    assert {type(item) for item in pages.ratios(body, "taker", BTC, NOW)} <= {Rejected}


def test_the_list_leaves_out_what_is_no_linear_coin_contract(load):
    found = {item.venue_symbol: item for item in pages.exchange(load("binance/rest_exchange_info.json"))[1]}
    assert set(found) == {"BTCUSDT", "1000PEPEUSDT", "1INCHUSDT", "ETHUSDC", "BTCUSDT_261225", "OMGUSDT"}
    assert found["BTCUSDT"].tick == 0.1
    assert found["1000PEPEUSDT"].step == 1000.0
    assert found["BTCUSDT_261225"].name == "binance:BTC-USDT-261225"
    assert [symbol for symbol, item in found.items() if item.status != "trading"] == ["OMGUSDT"]


def test_either_reading_of_open_interest_is_one_side(load):
    known = Known(assume("BTCUSDT"))
    [one] = pages.open_interest(load("binance/rest_open_interest.json"), known, NOW)
    [half] = pages.open_interest(load("binance/rest_open_interest.json"), known, NOW, both_sides=True)
    assert half.oi_base == one.oi_base / 2
    row = b'[{"sumOpenInterest":"8","sumOpenInterestValue":"400","timestamp":1}]'
    [past] = pages.open_interest_history(row, known, NOW, both_sides=True)
    assert (past.oi_base, past.oi_usd) == (4.0, 200.0)


def test_marks_of_the_page_are_marks_of_the_stream():
    instruments = Instruments([assume("BTCUSDT"), assume("BTCUSDT_261225"), assume("1000PEPEUSDT")])
    instruments.set_funding_hours({"1000PEPEUSDT": 4.0}, 8.0)
    rows = [
        {
            "symbol": "BTCUSDT",
            "markPrice": "83067.3",
            "indexPrice": "83114.6",
            "lastFundingRate": "0.00000078",
            "nextFundingTime": 1_791_388_800_000,
            "time": 1_791_382_985_000,
        },
        {
            "symbol": "BTCUSDT_261225",
            "markPrice": "84000.0",
            "indexPrice": "83114.6",
            "lastFundingRate": "",
            "nextFundingTime": 0,
            "time": 1_791_382_985_000,
        },
        {
            "symbol": "1000PEPEUSDT",
            "markPrice": "0.01",
            "indexPrice": "",
            "lastFundingRate": "-0.0001",
            "nextFundingTime": 1_791_388_800_000,
            "time": 1_791_382_985_000,
        },
        {"symbol": "NOPEUSDT", "markPrice": "1", "time": 1},
        {"symbol": "BTCUSD_PERP", "markPrice": "83000", "time": 1},
        {"symbol": "BTCUSDT", "markPrice": "0", "time": 1},
    ]
    btc, dated, pepe, stranger, coin_margined, broken = pages.marks(json.dumps(rows).encode(), instruments, NOW)
    assert (btc.mark, btc.index, btc.funding_rate, btc.funding_hours) == (83067.3, 83114.6, 0.00000078, 8.0)
    assert (btc.ts_event, btc.ts_funding) == (1_791_382_985_000 * NS_MS, 1_791_388_800_000 * NS_MS)
    assert (dated.funding_rate, dated.funding_hours, dated.ts_funding) == (None, None, None)
    assert (pepe.mark, pepe.index, pepe.funding_hours) == (0.01 / 1000, None, 4.0)
    assert stranger == Ignored("mark", "not_subscribed")
    assert coin_margined == Ignored("mark", "other_market")
    assert type(broken) is Rejected


def test_the_limit_is_the_one_the_venue_advertises(load):
    assert pages.exchange(load("binance/rest_exchange_info.json"))[0] == 2400
    assert pages.exchange(b'{"symbols":[]}') == (None, [])


def test_funding_hours_are_those_of_adjusted_symbols(load):
    assert pages.funding_hours(load("binance/rest_funding_info.json")) == {"1000PEPEUSDT": 4.0, "BTCUSD_PERP": 8.0}
