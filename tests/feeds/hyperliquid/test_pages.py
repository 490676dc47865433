"""What Hyperliquid's REST answers mean."""

import msgspec
import pytest

from fbkit.feeds.hyperliquid import pages
from fbkit.feeds.hyperliquid.symbols import FUNDING_HOURS, assume
from fbkit.feeds.instruments import Instruments
from fbkit.model import NS_HOUR, NS_MIN, NS_MS, NS_S, Bar, Funding, Ignored, Origin, Rejected, Side, Trade

HOUR = 1_791_000_000_000 * NS_MS
NOW = HOUR + 10 * NS_S


@pytest.fixture
def known():
    instruments = Instruments(assume(symbol) for symbol in ("BTC", "kPEPE"))
    instruments.set_funding_hours({}, FUNDING_HOURS)
    return instruments.by_symbol


def test_the_list_of_markets_names_delisted_ones_as_such(load):
    found = pages.contracts(load("hyperliquid/rest_meta.json"))
    assert [(instrument.name, instrument.status) for instrument in found] == [
        ("hyperliquid:BTC-USD-PERP", "trading"),
        ("hyperliquid:MATIC-USD-PERP", "delisted"),
        ("hyperliquid:PEPE-USD-PERP", "trading"),
        ("hyperliquid:HYPE-USD-PERP", "trading"),
    ]


def test_volumes_belong_to_markets_by_place(load):
    found = pages.volumes(load("hyperliquid/rest_meta_and_asset_ctxs.json"))
    assert {instrument.base: usd for instrument, usd in found} == {
        "BTC": 2_115_733_633.67,
        "MATIC": 0.0,
        "PEPE": 5_500_000.0,
        "HYPE": 900_000_000.5,
    }


@pytest.mark.faults
def test_a_market_nobody_can_read_shifts_no_volume(load):
    body = load("hyperliquid/rest_meta_and_asset_ctxs.json").replace(b'"name":"MATIC"', b'"name":7')
    body = body.replace(b'"HYPE"', b'"xyz:GOLD"')
    assert {instrument.base: usd for instrument, usd in pages.volumes(body)} == {
        "BTC": 2_115_733_633.67,
        "PEPE": 5_500_000.0,
    }


@pytest.mark.faults
def test_lists_of_different_lengths_are_no_answer(load):
    meta, contexts = msgspec.json.decode(load("hyperliquid/rest_meta_and_asset_ctxs.json"))
    with pytest.raises(msgspec.ValidationError, match="4 markets and 3 contexts"):
        pages.volumes(msgspec.json.encode([meta, contexts[1:]]))


def test_candles_are_closed_and_in_coins(load, known):
    still_open, bar = pages.candles(load("hyperliquid/rest_candle_snapshot.json"), known["kPEPE"], NOW)
    mean = (0.0124 + 0.0126 + 0.0123 + 0.0125) / 4
    assert (bar.instrument, bar.ts_event, bar.tf, bar.origin) == (
        "hyperliquid:PEPE-USD-PERP",
        HOUR,
        "1m",
        Origin.BACKFILL,
    )
    assert (bar.open, bar.high, bar.low, bar.close) == (0.0124 / 1000, 0.0126 / 1000, 0.0123 / 1000, 0.0125 / 1000)
    assert (bar.vol_base, bar.n_trades, bar.buy_usd) == (4_000_000.0, 12, None)
    assert bar.vol_usd == pytest.approx(4000.0 * mean)
    assert still_open == Ignored("bar", "open_bar")
    both = pages.candles(load("hyperliquid/rest_candle_snapshot.json"), known["kPEPE"], HOUR + NS_MIN)
    assert all(isinstance(item, Bar) for item in both)


def test_recent_trades_have_the_ids_of_the_stream_and_come_oldest_first(load, known):
    first, second = pages.trades(load("hyperliquid/rest_recent_trades.json"), known["BTC"], NOW)
    assert (first.venue_id, first.side, first.origin) == (812_345_678_901_234, Side.BUY, Origin.BACKFILL)
    assert (second.venue_id, second.side, second.price) == (12_345_678_901, Side.SELL, 83_000.0)


@pytest.mark.parametrize(
    ("page", "fixture"),
    [
        (pages.candles, "rest_candle_snapshot"),
        (pages.trades, "rest_recent_trades"),
        (pages.funding, "rest_funding_history"),
    ],
)
def test_rows_of_another_coin_are_nobodys(load, known, page, fixture):
    other = known["BTC" if "candle" in fixture else "kPEPE"]
    items = page(load(f"hyperliquid/{fixture}.json"), other, NOW)
    assert {type(item) for item in items} == {Ignored}


def test_a_rate_is_an_hours_even_where_one_is_missing(load, known):
    rates = pages.funding(load("hyperliquid/rest_funding_history.json"), known["BTC"], NOW)
    assert [(rate.rate, rate.funding_hours) for rate in rates] == [(0.0000125, 1.0)] * 4
    assert rates[0].ts_event == HOUR + 48 * NS_MS
    assert rates[3].ts_event - rates[2].ts_event == 2 * NS_HOUR


def test_rates_that_lie_eight_hours_apart_were_paid_for_eight(known):
    def page(hours):
        rows = [{"coin": "BTC", "fundingRate": "0.0001", "time": h * 3_600_000 + 90 * (h % 5)} for h in hours]
        return pages.funding(msgspec.json.encode(rows), known["BTC"], NOW)

    assert [rate.funding_hours for rate in page([0, 8, 16, 24, 25, 26])] == [8.0, 8.0, 8.0, 1.0, 1.0, 1.0]
    assert [rate.funding_hours for rate in page([0, 8])] == [1.0, 1.0], "too few to tell"
    assert page([]) == []


@pytest.mark.faults("C5")
@pytest.mark.parametrize("body", [b"null", b"{}", b"", b"[", b'"x"', b'[{"coin":1}]'])
def test_an_answer_of_another_shape_is_set_aside(known, body):
    for page, channel in ((pages.candles, "bar"), (pages.trades, "trade"), (pages.funding, "funding")):
        [item] = page(body, known["BTC"], NOW)
        assert (type(item), item.channel, item.reason) == (Rejected, channel, "malformed")


@pytest.mark.faults("C5")
def test_a_bad_row_does_not_cost_the_others(load, known):
    body = load("hyperliquid/rest_recent_trades.json").replace(b'"83001.0"', b'"0"')
    assert sorted(type(item).__name__ for item in pages.trades(body, known["BTC"], NOW)) == ["Rejected", "Trade"]
    assert {Trade, Rejected} == {type(item) for item in pages.trades(body, known["BTC"], NOW)}


def test_settled_rates_keep_the_origin_they_are_given(load, known):
    rates = pages.funding(load("hyperliquid/rest_funding_history.json"), known["BTC"], NOW, Origin.LIVE)
    assert {(type(rate), rate.origin) for rate in rates} == {(Funding, Origin.LIVE)}
