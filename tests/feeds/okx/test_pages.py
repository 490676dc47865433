"""What OKX's REST pages mean."""

import pytest

from fbkit.feeds.okx import pages
from fbkit.model import (
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
from tests.feeds.okx.conftest import NOW

T = 1_791_000_000_000
BTC = "okx:BTC-USDT-PERP"


@pytest.fixture
def btc(listed):
    listed.set_funding_hours({"BTC-USDT-SWAP": 8.0})
    return listed.by_symbol["BTC-USDT-SWAP"]


def test_candles_come_oldest_first_and_the_open_one_is_set_aside(btc, load):
    end = (T // 60_000 + 1) * NS_MIN
    items = pages.candles(load("okx/rest_candles.json"), btc, NOW)
    assert sorted(items, key=lambda item: type(item) is Ignored) == [
        Bar(
            *(BTC, end, NOW, "1m", 83_000.0, 83_010.5, 82_990.0, 83_005.5, 5.0, 415_020.5),
            origin=Origin.BACKFILL,
        ),
        Ignored("bar", "open_bar"),
    ]


def test_trades_bear_the_ids_of_the_stream_and_come_oldest_first(btc, load):
    first, second = pages.trades(load("okx/rest_trades.json"), btc, NOW)
    assert first == Trade(
        *(BTC, (T + 10) * NS_MS, NOW, 2_805_000_002, 83_000.1, 2.5 * 0.01, Side.SELL), origin=Origin.BACKFILL
    )
    assert (second.venue_id, second.side) == (2_805_000_003, Side.BUY)


def test_a_trade_of_another_contract_has_another_ones_units(listed, load):
    ether = listed.by_symbol["ETH-USDT-SWAP"]
    assert pages.trades(load("okx/rest_trades.json"), ether, NOW) == [Ignored("trade", "not_subscribed")] * 2


def test_what_was_paid_is_the_realized_rate(btc, load):
    assert pages.funding(load("okx/rest_funding_rate_history.json"), btc, NOW) == [
        Funding(BTC, (T - 43_200_000) * NS_MS, NOW, -0.00025, 8.0, origin=Origin.BACKFILL),
        Funding(BTC, (T - 14_400_000) * NS_MS, NOW, 0.00009, 8.0, origin=Origin.BACKFILL),
    ]


def test_the_history_of_open_interest_has_coins_and_dollars(btc, load):
    older, newer = pages.open_interest_history(load("okx/rest_open_interest_history.json"), btc, NOW)
    assert newer == OpenInterest(BTC, T * NS_MS, NOW, 31_850.005, 2_643_550_415.5, origin=Origin.BACKFILL)
    assert older.ts_event == (T - 300_000) * NS_MS
    halves = pages.open_interest_history(load("okx/rest_open_interest_history.json"), btc, NOW, 0.5)
    assert halves[1].oi_base == 31_850.005 / 2


def test_ratios_are_of_their_kind(btc, load):
    older, newer = pages.ratios(load("okx/rest_ratio.json"), "pos_top", btc, NOW, Origin.LIVE)
    assert newer == Ratio(BTC, T * NS_MS, NOW, "pos_top", 1.85, 300)
    assert older.value == 1.8


def test_takers_sold_before_they_bought_and_nothing_sold_is_no_ratio(btc, load):
    items = pages.taker(load("okx/rest_taker_volume.json"), btc, NOW)
    assert [item.value for item in items if isinstance(item, Ratio)] == [0.25, 1.5]
    assert [item for item in items if isinstance(item, Ignored)] == [Ignored("ratio", "unchanged")]


def test_open_interest_of_all_is_sorted_out_by_who_is_known(listed, load):
    items = pages.open_interest(load("okx/rest_open_interest.json"), listed.by_symbol.get, NOW)
    assert items == [OpenInterest(BTC, T * NS_MS, NOW, 1.0, 83_000.0), Ignored("open_interest", "other_market")]


def test_volumes_are_coins_at_the_last_price(load):
    volumes = pages.volumes(load("okx/rest_tickers_swap.json"))
    assert volumes["BTC-USDT-SWAP"] == 80_000 * 100_000
    assert volumes["BTC-USD-SWAP"] == 80_000 * 10_000
    assert "OLD-USDT-SWAP" not in volumes


def test_hours_are_of_all_that_say_when_they_pay_next(load):
    assert pages.funding_hours(load("okx/rest_funding_rate_any.json")) == {
        "BTC-USDT-SWAP": 8.0,
        "ETH-USDT-SWAP": 4.0,
        "BTC-USD_UM_XPERP-310404": 8.0,
    }


@pytest.mark.parametrize("page", [pages.candles, pages.trades, pages.funding, pages.open_interest_history, pages.taker])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data":7}', b'{"data":[{"a":1}]}', b'{"data":[[]]}', b"\xff"])
def test_what_is_no_page_is_rejected_and_raises_nothing(btc, page, body):
    items = page(body, btc, NOW)
    assert items
    assert all(isinstance(item, Rejected) and item.instrument == BTC for item in items)


def test_a_bad_row_does_not_cost_its_neighbours(btc, load):
    body = load("okx/rest_trades.json").replace(b'"83000.1"', b'"nan"', 1)
    kinds = sorted(type(item).__name__ for item in pages.trades(body, btc, NOW))
    assert kinds == ["Rejected", "Trade"]


def test_a_list_that_is_none_raises_what_a_decoder_raises():
    from fbkit.feeds.decoding import MALFORMED

    with pytest.raises(MALFORMED):
        pages.instruments(b"<html>")
