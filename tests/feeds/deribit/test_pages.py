"""What Deribit's REST answers mean."""

import json

import pytest

from fbkit.feeds.deribit import pages
from fbkit.feeds.deribit.symbols import assume
from fbkit.feeds.instruments import Known
from fbkit.model import NS_MS, Bar, Funding, Ignored, Liquidation, Origin, Side, Trade

T = 1_791_000_000_000
NOW = (T + 150_000) * NS_MS
BTC = "deribit:BTC-USD-PERP"


@pytest.fixture
def known():
    return Known(assume("BTC-PERPETUAL"))


def test_candles_are_columns_and_the_open_one_is_set_aside(load, known):
    first, second, third = pages.klines(load("deribit/rest_get_tradingview_chart_data.json"), known, NOW)
    assert first == Bar(
        *(BTC, (T + 60_000) * NS_MS, NOW, "1m", 80_000.0, 80_010.5, 79_990.5, 80_005.0, 0.05, 4_000.0),
        origin=Origin.BACKFILL,
    )
    assert (second.vol_base, second.vol_usd, second.n_trades) == (0.0, 0.0, None), "zero is a value"
    assert third == Ignored("bar", "open_bar")


def test_a_column_that_is_too_short_costs_the_rows_it_lacks(load, known):
    page = json.loads(load("deribit/rest_get_tradingview_chart_data.json"))
    page["result"]["close"].pop()
    page["result"]["low"][0] = None
    bad, good, short = pages.klines(json.dumps(page).encode(), known, NOW)
    assert isinstance(good, Bar)
    assert (bad.reason, short.reason, bad.instrument) == ("malformed", "malformed", BTC)


def test_funding_is_what_accrued_in_each_hour_oldest_first(load, known):
    assert pages.funding(load("deribit/rest_get_funding_rate_history.json"), known, NOW) == [
        Funding(BTC, T * NS_MS, NOW, 0.000015, 1.0, origin=Origin.BACKFILL),
        Funding(BTC, (T + 3_600_000) * NS_MS, NOW, -0.0000125, 1.0, origin=Origin.BACKFILL),
    ]


def test_trades_of_the_past_tell_who_was_liquidated_too(load, known):
    trade, (forced, dead) = pages.trades(load("deribit/rest_get_last_trades.json"), known, NOW)
    assert trade == Trade(BTC, T * NS_MS, NOW, 271_000_001, 80_000.0, 0.05, Side.SELL, origin=Origin.BACKFILL)
    assert forced.venue_id == 271_000_002
    assert dead == Liquidation(BTC, (T + 3) * NS_MS, NOW, "long", 78_000.0, 0.5, origin=Origin.BACKFILL)


def test_volumes_rank_and_an_absence_is_no_volume(load):
    assert pages.volumes(load("deribit/rest_get_book_summary.json")) == {
        "BTC-PERPETUAL": 401_234_560.0,
        "BTC-25DEC26": 0.0,
    }


@pytest.mark.parametrize("read", [pages.klines, pages.funding, pages.trades])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"result":7}', b'{"result":{"trades":3,"ticks":4}}'])
def test_a_page_of_another_shape_is_rejected_as_a_whole(read, body, known):
    if read is pages.klines and body.startswith(b'{"result":{'):
        body = body.replace(b"4", b'"x"')
    [item] = read(body, known, NOW)
    assert (item.reason, item.instrument, item.sample[:3]) == ("malformed", BTC, item.sample[:3])
