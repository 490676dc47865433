"""Gate's REST pages."""

import json

import pytest

from fbkit.feeds.gate import pages
from fbkit.model import NS_MS, NS_S, Bar, Funding, Ignored, Liquidation, OpenInterest, Origin, Rejected, Side, Trade
from tests.feeds.gate.conftest import NOW


@pytest.fixture
def body(load):
    return lambda name: load(f"gate/rest_{name}.json")


def test_the_contract_list_names_linear_contracts_on_coins(body):
    listed = pages.contracts(body("contracts"))
    assert {one.venue_symbol: one.status for one in listed.instruments} == {
        "BTC_USDT": "trading",
        "币安人生_USDT": "trading",
        "OMG_USDT": "delisting",
        "EARLY_USDT": "pre_market",
    }
    assert listed.funding_hours["币安人生_USDT"] == 4.0
    assert listed.instruments[1].step == pytest.approx(1.0), "a tenth of a contract of ten coins"


def test_volumes_rank_and_nonsense_does_not(body):
    assert pages.day_volumes(body("tickers")) == {"BTC_USDT": 3260112345.0, "OMG_USDT": 10.0}


def test_candles_are_bars_by_their_ends_and_the_open_one_is_not(body, btc):
    opened, bar = pages.candles(body("candlesticks"), btc, NOW)
    assert bar == Bar(
        *("gate:BTC-USDT-PERP", 1_774_443_180 * NS_S, NOW, "1m", 83081.3, 83099.9, 83080.5, 83094.3),
        *(27000 * 0.0001, 224330.12),
        origin=Origin.BACKFILL,
    )
    assert opened == Ignored("bar", "open_bar")


def test_trades_come_in_order_and_their_milliseconds_are_seconds(body, btc):
    first, second = pages.trades(body("trades"), btc, NOW)
    assert first == Trade(
        *("gate:BTC-USDT-PERP", 1_774_443_183_399 * NS_MS, NOW, 81009, 83091.6, 5 * 0.0001, Side.BUY),
        origin=Origin.BACKFILL,
    )
    assert (second.side, second.ts_event) == (Side.SELL, 1_774_443_185_250 * NS_MS)


def test_settlements_come_in_order_with_the_interval(body, btc):
    btc.funding_hours = 8.0
    first, second = pages.funding(body("funding_rate"), btc, NOW)
    assert first == Funding("gate:BTC-USDT-PERP", 1_774_425_600 * NS_S, NOW, 0.0001, 8.0, origin=Origin.BACKFILL)
    assert second.rate == -0.000157


def test_a_statistic_is_interest_and_four_ratios(body, btc):
    [(interest, *ratios)] = pages.stats(body("contract_stats"), btc, NOW)
    assert interest == OpenInterest(
        *("gate:BTC-USDT-PERP", 1_774_443_300 * NS_S, NOW, 749773515 * 0.0001, 6229729501.25), origin=Origin.BACKFILL
    )
    values = {one.ratio_kind: one.value for one in ratios}
    assert values == {"acct_global": 1.78, "taker": 0.91, "acct_top": 1.17, "pos_top": 0.93}
    assert {one.period_s for one in ratios} == {300}


def test_ratios_of_the_moment_leave_interest_to_the_stream(body, btc):
    [ratios] = pages.ratios(body("contract_stats"), btc, NOW)
    assert [(type(one).__name__, one.origin) for one in ratios] == [("Ratio", Origin.LIVE)] * 4


def test_statistics_flipped_halve_interest_and_exchange_the_two_doubtful_ratios(body, btc):
    flipped = frozenset({"open_interest", "ratio:acct_global", "ratio:taker"})
    [(interest, *ratios)] = pages.stats(body("contract_stats"), btc, NOW, flipped)
    assert (interest.oi_base, interest.oi_usd) == (749773515 * 0.0001 / 2, 6229729501.25 / 2)
    values = {one.ratio_kind: one.value for one in ratios}
    assert values == {"acct_global": 0.91, "taker": 1.78, "acct_top": 1.17, "pos_top": 0.93}


def test_an_absent_ratio_is_absent(btc):
    row = {"time": 1774443300, "open_interest": 0, "lsr_taker": "", "lsr_account": None, "top_lsr_size": 0}
    [(interest, ratio)] = pages.stats(json.dumps([row]).encode(), btc, NOW)
    assert (interest.oi_base, interest.oi_usd, ratio.ratio_kind, ratio.value) == (0.0, None, "pos_top", 0.0)
    del row["top_lsr_size"]
    assert pages.ratios(json.dumps([row]).encode(), btc, NOW) == [Ignored("ratio", "unchanged")]


def test_liquidation_orders_have_the_positions_sign(body, btc):
    [one] = pages.liq_orders(body("liq_orders"), btc, NOW)
    assert one == Liquidation(
        *("gate:BTC-USDT-PERP", 1_774_443_183 * NS_S, NOW, "long", 82050.5, 88 * 0.0001), origin=Origin.BACKFILL
    )
    assert pages.liq_orders(body("liq_orders"), btc, NOW, frozenset({"liquidation"}))[0].liquidated == "short"


@pytest.mark.parametrize("page", [pages.candles, pages.trades, pages.funding, pages.stats, pages.liq_orders])
def test_rows_that_cannot_be_read_are_set_aside_one_by_one(page, btc, body):
    name = {"candles": "candlesticks", "funding": "funding_rate", "stats": "contract_stats"}
    good = json.loads(body(name.get(page.__name__, page.__name__)))
    whole = page(json.dumps(good).encode(), btc, NOW)
    items = page(json.dumps([*good, {}, 5]).encode(), btc, NOW)
    assert sum(isinstance(item, Rejected) for item in items) == 2
    assert [item for item in items if not isinstance(item, Rejected)] == whole
    assert [item.reason for item in page(b"<html>", btc, NOW)] == ["malformed"]
