"""Recordings of Hyperliquid: ours in the venue's shape, and real ones."""

import itertools
import json
from collections import Counter
from decimal import Decimal

import pytest

from fbkit.feeds.recorded.hyperliquid import HyperliquidReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import NS_HOUR, NS_MS, Bar, Control, Funding, Ignored, Listing, Mark, Quote, Rejected, Side, Trade
from tests.feeds.reading import read_recording

NOW = 1_791_000_070_000 * NS_MS


def heard(payload):
    return Frame(NOW, "1", payload)


def answered(payload, query):
    return Frame(NOW, "rest", payload, is_http=True, url=f"/info?{query}")


def events(items):
    return [event for item in items for event in (item if isinstance(item, tuple) else (item,))]


def test_a_recording_without_a_list_assumes_and_says_so(load):
    listing, trade = HyperliquidReader().read(heard(load("hyperliquid/ws_trades_kpepe.json")))
    assert (listing.instrument, listing.unit_mult, listing.assumed) == ("hyperliquid:PEPE-USD-PERP", 1000.0, True)
    assert trade.size == 1_000_000.0


@pytest.mark.parametrize("kind", ["meta", "metaAndAssetCtxs"])
def test_a_recorded_list_is_believed(load, kind):
    reader = HyperliquidReader()
    fixture = {"meta": "rest_meta", "metaAndAssetCtxs": "rest_meta_and_asset_ctxs"}[kind]
    [control] = reader.read(answered(load(f"hyperliquid/{fixture}.json"), f"type={kind}"))
    assert control == Control("page", kind)
    listing, *_ = reader.read(heard(load("hyperliquid/ws_trades.json")))
    assert (listing.assumed, listing.step) == (False, 0.00001)


def test_pages_are_known_by_what_was_asked(load):
    reader = HyperliquidReader()
    asked = {
        "type=recentTrades&coin=BTC": ("rest_recent_trades", Trade),
        "type=fundingHistory&coin=BTC&startTime=1": ("rest_funding_history", Funding),
        "type=candleSnapshot&req=%7B%22coin%22%3A%22kPEPE%22%2C%22interval%22%3A%221m%22%7D": (
            "rest_candle_snapshot",
            Bar,
        ),
    }
    for query, (fixture, kind) in asked.items():
        items = reader.read(answered(load(f"hyperliquid/{fixture}.json"), query))
        assert {type(item) for item in items} == {Listing, kind} or {type(item) for item in items} == {kind}


@pytest.mark.faults
@pytest.mark.parametrize(
    "query", ["", "type=allMids", "type=candleSnapshot", "type=candleSnapshot&req=%7B", "type=recentTrades&coin=@107"]
)
def test_what_is_no_page_of_ours_is_no_event(query):
    [item] = HyperliquidReader().read(answered(b"[]", query))
    assert isinstance(item, Control | Ignored)


@pytest.mark.faults
def test_a_list_nobody_can_read_is_set_aside():
    for kind in ("meta", "metaAndAssetCtxs"):
        [item] = HyperliquidReader().read(answered(b'{"universe":7}', f"type={kind}"))
        assert (type(item), item.channel) == (Rejected, "listing")


def read(path):
    return read_recording(path, HyperliquidReader())


@pytest.mark.real
def test_half_a_minute_of_2025_is_all_there(real_data):
    frames = read(real_data / "hyperliquid" / "hftbacktest_btc_20250126.gz")
    found = Counter(type(event) for _, items in frames for event in events(items))
    books, trades = (sum(word in frame.payload[:30] for frame, _ in frames) for word in (b"l2Book", b"trades"))
    assert (books, trades) == (46, 9)
    rows = sum(len(json.loads(frame.payload)["data"]) for frame, _ in frames if b'"trades"' in frame.payload[:30])
    assert found == {Quote: 46, Trade: rows, Listing: 1}
    told = [event for _, items in frames for event in events(items)]
    quotes = [event for event in told if isinstance(event, Quote)]
    assert all(quote.levels == 5 and quote.bid < quote.ask and quote.depth_bid > quote.bid_size for quote in quotes)
    assert all(after.venue_id >= before.venue_id for before, after in itertools.pairwise(quotes))


@pytest.mark.real
def test_the_first_trades_of_a_connection_are_older_than_it(real_data):
    frames = read(real_data / "hyperliquid" / "hftbacktest_btc_20250126.gz")
    began = frames[0][0].ts_recv
    first = next(items for _, items in frames if any(isinstance(item, Trade) for item in items))
    assert len(first) == 30, "the venue repeats the newest thirty"
    assert all(isinstance(item, Trade) and item.ts_event < began for item in first)


@pytest.mark.real
def test_takers_buy_at_the_ask_and_sell_at_the_bid(real_data):
    agree, quote = Counter(), None
    for _, items in read(real_data / "hyperliquid" / "hftbacktest_btc_20250126.gz"):
        for item in items:
            if isinstance(item, Quote):
                quote = item
            elif isinstance(item, Trade) and quote is not None and item.ts_event > quote.ts_event - 2_000 * NS_MS:
                middle = (quote.bid + quote.ask) / 2
                agree[(item.price > middle) == (item.side is Side.BUY)] += 1
    assert agree[True] > 3 * agree[False]
    assert agree[True] > 5


@pytest.mark.real
def test_single_frames_read_without_an_exception(real_data):
    frames = read(real_data / "hyperliquid" / "tardis_hyperliquid.jsonl.gz")
    told = [event for _, items in frames for event in events(items)]
    assert not [event for event in told if isinstance(event, Rejected)]
    mark = next(event for event in told if isinstance(event, Mark))
    assert (mark.instrument, mark.mark, mark.index) == ("hyperliquid:MOODENG-USD-PERP", 0.19963, 0.1995)
    assert (mark.funding_rate, mark.funding_hours) == (0.00004863, 1.0)
    assert Counter(type(event) for event in told if isinstance(event, Ignored)) == {Ignored: 2}, "two of spot"
    empty = next(event for event in told if isinstance(event, Quote) and event.levels)
    assert (empty.bid, empty.ask) == (None, None)


@pytest.mark.real
def test_candles_of_2023_count_pepe_in_thousands(real_data):
    frames = read(real_data / "hyperliquid" / "hlsdk_test_get_candles_snapshot.yaml.gz")
    told = [event for _, items in frames for event in events(items)]
    listing = next(event for event in told if isinstance(event, Listing))
    assert (listing.instrument, listing.assumed, listing.step) == ("hyperliquid:PEPE-USD-PERP", False, 1000.0)
    bars = [event for event in told if isinstance(event, Bar)]
    assert (len(bars), bars[0].tf) == (24, "1h")
    assert bars[0].open == 0.001601 / 1000
    assert bars[0].vol_base == 520_665_683.0 * 1000
    assert all(after.ts_event - before.ts_event == NS_HOUR for before, after in itertools.pairwise(bars))
    assert all(bar.low <= bar.vol_usd / bar.vol_base <= bar.high for bar in bars)


@pytest.mark.real
def test_rates_of_2023_were_paid_every_eight_hours(real_data):
    frames = read(real_data / "hyperliquid" / "hlsdk_test_get_funding_history1684811870000.yaml.gz")
    rates = [event for _, items in frames for event in events(items) if isinstance(event, Funding)]
    assert (rates[0].instrument, rates[0].rate) == ("hyperliquid:BTC-USD-PERP", -0.00061334)
    assert {rate.funding_hours for rate in rates} == {8.0}
    assert len(rates) > 25


@pytest.mark.real
def test_every_recorded_decimal_survives_the_trip(real_data):
    compared = 0
    for frame, items in read(real_data / "hyperliquid" / "hftbacktest_btc_20250126.gz"):
        message = json.loads(frame.payload)
        wanted = [item for item in items if not isinstance(item, Listing)]
        if message["channel"] == "trades":
            pairs = [(t.price, row["px"]) for t, row in zip(wanted, message["data"], strict=True)]
            pairs += [(t.size, row["sz"]) for t, row in zip(wanted, message["data"], strict=True)]
        else:
            [quote] = wanted
            bid, ask = (side[0] for side in message["data"]["levels"])
            pairs = [(quote.bid, bid["px"]), (quote.bid_size, bid["sz"]), (quote.ask, ask["px"])]
        for number, text in pairs:
            assert Decimal(repr(number)) == Decimal(text)
            compared += 1
    assert compared > 200
