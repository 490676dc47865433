"""Recorded messages of the real Bybit, of 2023 and 2026."""

import json
from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest

from fbkit.feeds.bybit import pages
from fbkit.feeds.recorded.bybit import BybitReader
from fbkit.feeds.recorded.recording import open_recording
from fbkit.model import (
    Bar,
    Control,
    Day,
    Ignored,
    Liquidation,
    Listing,
    Mark,
    OpenInterest,
    Quote,
    Rejected,
    Side,
    Trade,
)
from tests.feeds.reading import each_of, read_recording

pytestmark = pytest.mark.real

BTC, DOGE = "bybit:BTC-USDT-PERP", "bybit:DOGE-USDT-PERP"
CAPTURE = "bybit_linear/cryptofeed_BYBIT_2026-08-09_BTC_DOGE.jsonl.zst"


def read(path):
    """Each frame with its items, and the reader."""
    reader = BybitReader()
    return read_recording(path, reader), reader


@pytest.fixture(scope="module")
def capture(real_data):
    return read(real_data / CAPTURE)


def test_44_seconds_of_2026_are_all_there(capture):
    frames, reader = capture
    kinds = Counter(type(event) for _, items in frames for event in each_of(*items))
    assert kinds[Trade] == 139
    assert kinds[Bar] == 2, "a minute ended"
    assert kinds[Control] == 17 + 1, "the answers of the whole connection, and the instrument list"
    assert kinds[Rejected] == 0
    listings = [event for _, items in frames for event in items if isinstance(event, Listing)]
    assert [(listing.instrument, listing.assumed) for listing in listings] == [(BTC, False), (DOGE, False)]
    assert len(frames) == 1227 + 1
    assert {min(kinds[Mark], 40), min(kinds[OpenInterest], 10), min(kinds[Day], 10)} == {40, 10}
    assert (reader.breaks, reader.mends) == ([], []), "792 deltas, no number missing"


def test_books_of_two_hundred_levels_keep_their_order(capture):
    frames, _ = capture
    depths = [event for _, items in frames for event in items if isinstance(event, Quote)]
    assert len(depths) > 150
    for quote in depths:
        assert quote.bid < quote.ask
        assert quote.depth_bid > 0 < quote.depth_ask
    for name in (BTC, DOGE):
        mine = [quote for quote in depths if quote.instrument == name]
        assert [quote.venue_id for quote in mine] == sorted({quote.venue_id for quote in mine})
        assert all(b.ts_event - a.ts_event >= 500_000_000 for a, b in pairwise(mine))
    near = {quote.instrument: quote.bid for quote in depths}
    marks = {event.instrument: event for _, items in frames for event in each_of(*items) if isinstance(event, Mark)}
    for name, mark in marks.items():
        assert mark.mark == pytest.approx(near[name], rel=1e-3)
        assert mark.funding_hours == 8.0


def test_a_delta_taken_out_of_the_capture_is_noticed_once(real_data):
    reader, seen = BybitReader(), 0
    for frame in open_recording(real_data / CAPTURE).frames():
        seen += b'"orderbook.200.BTCUSDT","type":"delta"' in frame.payload
        if seen == 100:
            seen += 1  # this one is lost, and no other
            continue
        reader.read(frame)
    [broken] = reader.breaks
    assert (broken.instrument, broken.channel, reader.mends) == (BTC, "depth", [])


def test_merged_tickers_say_what_the_whole_of_them_says(capture):
    frames, _ = capture
    said, compared = {}, 0
    for frame, items in frames:
        message = {} if frame.is_http else json.loads(frame.payload)
        if not message.get("topic", "").startswith("tickers."):
            continue
        whole = said.setdefault(message["topic"], {})
        whole |= message["data"]
        for event in each_of(*items):
            if isinstance(event, Mark):
                assert (event.mark, event.index) == (float(whole["markPrice"]), float(whole["indexPrice"]))
                assert event.funding_rate == float(whole["fundingRate"])
            elif isinstance(event, OpenInterest):
                assert event.oi_base == float(whole["singleOpenInterest"])
                assert event.oi_base == pytest.approx(float(whole["openInterest"]) / 2, abs=0.5), "but for rounding"
            elif isinstance(event, Day):
                assert (event.last, event.change) == (float(whole["lastPrice"]), float(whole["price24hPcnt"]))
            else:
                continue
            compared += 1
    assert compared > 60


def test_open_interest_is_the_single_side_that_the_venue_states(capture):
    frames, _ = capture
    first = next(event for _, items in frames for event in each_of(*items) if isinstance(event, OpenInterest))
    assert (first.instrument, first.oi_base, first.oi_usd) == (BTC, 29_945.866, 1_949_998_132.5)


def test_every_recorded_decimal_survives_the_trip(capture):
    frames, _ = capture
    compared = 0
    for frame, items in frames:
        if frame.is_http:
            continue
        rows = json.loads(frame.payload).get("data")
        for item, row in zip([i for i in items if not isinstance(i, Listing)], rows or (), strict=False):
            if isinstance(item, Trade):
                pairs = [(item.price, row["p"]), (item.size, row["v"])]
            elif isinstance(item, Bar):
                pairs = [(item.open, row["open"]), (item.vol_base, row["volume"]), (item.vol_usd, row["turnover"])]
            else:
                continue
            for number, text in pairs:
                assert Decimal(repr(number)) == Decimal(text)
                compared += 1
    assert compared > 280


def test_the_list_of_800_contracts_has_one_name_each_and_no_stocks(capture):
    frames, _ = capture
    listed = pages.instruments(next(frame.payload for frame, _ in frames if frame.is_http))
    names = [instrument.name for instrument in listed.instruments]
    assert len(names) == len(set(names)) == 800 - 174 - 4
    by_symbol = {instrument.venue_symbol: instrument for instrument in listed.instruments}
    assert by_symbol["SHIB1000PERP"].name == "bybit:SHIB-USDC-PERP"
    assert by_symbol["BTCUSDT-25DEC26"].name == "bybit:BTC-USDT-261225"
    assert by_symbol["1000000MOGUSDT"].unit_mult == 1_000_000.0
    assert listed.hours["0GUSDT"] == 4.0


def test_single_frames_of_three_years_read_as_they_were_meant(real_data):
    frames, reader = read(real_data / "bybit_linear" / "tardis_bybit_v5.jsonl.gz")
    assert len(frames) == 15
    events = [event for _, items in frames for event in each_of(*items)]
    assert not [event for event in events if isinstance(event, Rejected)]
    died = [event for event in events if isinstance(event, Liquidation)]
    assert [(event.instrument, event.liquidated) for event in died] == [
        ("bybit:GALA-USDT-PERP", "long"),
        ("bybit:PIPPIN-USDT-PERP", "short"),
    ]
    [trade] = [event for event in events if isinstance(event, Trade)]
    assert (trade.instrument, trade.side, trade.size) == ("bybit:LTC-USDT-PERP", Side.BUY, 0.4)
    inverse = [event for event in events if isinstance(event, Ignored) and event.reason == "other_market"]
    assert len(inverse) == 3 + 2 + 2 + 1, "three trades, two tickers, two dated ones, a liquidation"
    assert reader.breaks == []


def test_buy_from_bybit_in_2026_means_a_long_was_liquidated(real_data):
    path = real_data / "multi" / "current_format_single_frames_2026.jsonl"
    reader = BybitReader()
    items = [item for frame in open_recording(path).frames() if frame.venue == "bybit" for item in reader.read(frame)]
    died = [item for item in items if isinstance(item, Liquidation)]
    assert [(item.liquidated, item.price, item.size) for item in died] == [
        ("long", 82_396.9, 0.006),
        ("long", 82_394.3, 0.038),
    ]
