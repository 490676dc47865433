"""What Bitget's REST pages mean."""

import pytest

from fbkit.feeds.bitget import pages
from fbkit.feeds.bitget.symbols import assume
from fbkit.feeds.instruments import Known
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_MS,
    Bar,
    Funding,
    Ignored,
    OpenInterest,
    Origin,
    Ratio,
    Rejected,
    Side,
    Trade,
)

T = 1_791_000_000_000
NOW = (T + 1_000) * NS_MS


@pytest.fixture
def btc():
    return Known(assume("BTCUSDT"))


def test_the_list_keeps_linear_contracts_on_coins_and_says_their_hours(load):
    found, hours = pages.contracts(load("bitget/rest_contracts.json"))
    assert [(row.name, row.status) for row in found] == [
        ("bitget:BTC-USDT-PERP", "trading"),
        ("bitget:PEPE-USDT-PERP", "trading"),
        ("bitget:OLD-USDT-PERP", "off"),
    ]
    assert hours == {"BTCUSDT": 8.0, "1000PEPEUSDT": 4.0, "OLDUSDT": 8.0}


def test_a_list_of_2022_reads_as_well_and_knows_no_hours(load):
    [bitcoin], hours = pages.contracts(load("bitget/rest_contracts_2022.json"))
    assert (bitcoin.venue_symbol, bitcoin.tick, bitcoin.step, hours) == ("BTCUSDT", 0.5, 0.001, {})


def test_contracts_are_ranked_by_what_was_traded_in_the_quote_coin(load):
    assert pages.day_volumes(load("bitget/rest_tickers.json")) == {
        "BTCUSDT": 830_000.0,
        "1000PEPEUSDT": 83_000_000.0,
        "TSLAUSDT": 9e9,
    }


def test_hours_between_settlements_have_a_page_too(load):
    assert pages.funding_hours(load("bitget/rest_current_fund_rate.json")) == {"BTCUSDT": 8.0, "1000PEPEUSDT": 4.0}


def test_a_candle_that_is_still_open_is_no_bar(load, btc):
    still_open, first, second = pages.candles(load("bitget/rest_candles.json"), btc, NOW)
    start = T - T % 60_000
    assert first == Bar(
        btc.name,
        (start - 60_000) * NS_MS,
        NOW,
        "1m",
        *(83_000.0, 83_010.5, 82_990.0, 83_005.0),
        12.5,
        1_037_500.25,
        origin=Origin.BACKFILL,
    )
    assert (second.ts_event, still_open) == (start * NS_MS, Ignored("bar", "open_bar"))


def test_fills_are_the_same_trades_under_the_same_ids(load, btc):
    bad, first, second = pages.fills(load("bitget/rest_fills_history.json"), btc, NOW)
    assert (type(bad), bad.instrument) == (Rejected, btc.name)
    assert first == Trade(
        btc.name, T * NS_MS, NOW, 1_432_912_492_051_054_592, 83_000.1, 0.5, Side.BUY, origin=Origin.BACKFILL
    )
    assert second.side is Side.SELL


def test_settled_rates_come_oldest_first_with_the_hours_that_are_known(load, btc):
    btc.funding_hours = 8.0
    first, second = pages.funding(load("bitget/rest_history_fund_rate.json"), btc, NOW)
    assert (type(first), first.rate, first.funding_hours, second.rate) == (Funding, -0.00005, 8.0, 0.0002)
    assert second.ts_event - first.ts_event == 8 * NS_HOUR


def test_open_interest_is_counted_in_coins(load):
    pepe = Known(assume("1000PEPEUSDT"))
    body = load("bitget/rest_open_interest.json")
    assert pages.open_interest(body, pepe, NOW) == [OpenInterest(pepe.name, T * NS_MS, NOW, 8_572_031_000.0)]
    [halved] = pages.open_interest(body, pepe, NOW, halved=True)
    assert halved.oi_base == 4_286_015_500.0


def test_ratios_say_of_whom_they_are(load, btc):
    earlier, later = pages.account_ratios(load("bitget/rest_account_long_short.json"), btc, NOW)
    assert later == Ratio(btc.name, T * NS_MS, NOW, "acct_top", 1.0, 300, origin=Origin.BACKFILL)
    assert (earlier.value, later.ts_event - earlier.ts_event) == (1.5, 5 * NS_MIN)


def test_a_period_without_a_sell_has_no_ratio_of_takers(load, btc):
    ratio = next(
        item
        for item in pages.taker_ratios(load("bitget/rest_taker_buy_sell.json"), btc, NOW)
        if isinstance(item, Ratio)
    )
    assert (ratio.ratio_kind, ratio.value) == ("taker", 2.5)
    assert Ignored("ratio", "no_state") in pages.taker_ratios(load("bitget/rest_taker_buy_sell.json"), btc, NOW)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"code":"00000","data":null}', b'{"code":"00000","data":{"a":1}}'])
def test_a_page_of_another_shape_is_set_aside(body, btc):
    for read in (pages.candles, pages.fills, pages.funding, pages.account_ratios, pages.open_interest):
        [item] = read(body, btc, NOW)
        assert (type(item), item.reason, item.instrument) == (Rejected, "malformed", btc.name)
