"""Bitget's recordings: of 2022 (v1), of 2024 (v2), and what a recording's REST answers are."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from fbkit.feeds.reading import channel_of_item
from fbkit.feeds.recorded.bitget import BitgetReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import NS_MS, Control, Day, Ignored, Listing, Mark, OpenInterest, Quote, Rejected, Trade
from tests.feeds.reading import read_recording

T = 1_791_000_000_000


def read(path):
    """Every frame with its items, through one reader."""
    reader = BitgetReader()
    return reader, read_recording(path, reader)


@pytest.mark.real
def test_thirty_seconds_of_2022_are_all_there_and_every_book_agrees_with_its_checksum(real_data):
    reader, frames = read(real_data / "bitget" / "cryptofeed_BITGET.jsonl.zst")
    became = Counter()
    for _, items in frames:
        for item in items:
            for event in item if isinstance(item, tuple) else (item,):
                became[channel_of_item(event), type(event)] += 1
    assert (reader.breaks, reader.mends) == ([], [])
    assert not any(kind is Rejected for _, kind in became)
    assert became["depth", Quote] + became["depth", Ignored] == 637
    assert became["depth", Quote] > 90
    assert became["trade", Trade] == 2 * 50 + 25, "fifty each that a subscription replays, and what came after"
    assert [became[kind] for kind in (("mark", Mark), ("day", Day), ("open_interest", OpenInterest))] == [55, 12, 2]
    listings = {item.base: item.assumed for _, items in frames for item in items if isinstance(item, Listing)}
    assert listings == {"DASH": False, "UNI": False}


@pytest.mark.real
def test_spot_of_2022_is_another_market(real_data):
    _, frames = read(real_data / "bitget" / "cryptofeed_BITGET.jsonl.zst")
    spot = [items for frame, items in frames if b'"instType":"sp"' in frame.payload and b'"data"' in frame.payload]
    assert len(spot) == 652
    assert {item.reason for items in spot for item in items} == {"other_market"}


@pytest.mark.real
def test_frames_of_2024_read_without_an_exception(real_data):
    _, frames = read(real_data / "bitget" / "tardis_bitget_futures_v2.jsonl.gz")
    kinds = Counter(type(item) for _, items in frames for item in items if not isinstance(item, Listing))
    assert len(frames) == 11
    # Three acknowledgements; a trade and a ticker of coin margined futures; an update whose book never began.
    assert kinds == {Control: 3, Ignored: 3, Quote: 4, tuple: 1}


@pytest.mark.real
@pytest.mark.parametrize("name", ["cryptofeed_BITGET.jsonl.zst", "tardis_bitget_futures_v2.jsonl.gz"])
def test_every_recorded_decimal_survives_the_trip(real_data, name):
    compared = 0
    for frame, items in read(real_data / "bitget" / name)[1]:
        if frame.is_http or b'"data"' not in frame.payload:
            continue
        message = json.loads(frame.payload)
        rows = sorted(message["data"], key=lambda row: row[0] if isinstance(row, list) else "")
        for item in items:
            pairs = []
            if isinstance(item, Trade) and isinstance(rows[0], list):
                mine = [row for row in rows if int(row[0]) * NS_MS == item.ts_event]
                pairs = [(item.price, mine[0][1]), (item.size, mine[0][2])] if len(mine) == 1 else []
            elif isinstance(item, Quote) and message["action"] == "snapshot" and message["data"][0]["bids"]:
                level = message["data"][0]["bids"][0]
                pairs = [(item.bid, level[0]), (item.bid_size, level[1])]
            elif isinstance(item, tuple) and isinstance(item[0], Mark):
                pairs = [(item[0].mark, rows[0]["markPrice"]), (item[0].index, rows[0]["indexPrice"])]
            for number, text in pairs:
                assert Decimal(repr(number)) == Decimal(text)
                compared += 1
    assert compared > 4


def http(load, name, url):
    return Frame(T * NS_MS, "rest", load(f"bitget/{name}.json"), is_http=True, url=url, venue="bitget")


def test_a_list_that_was_recorded_gives_units_and_hours(load):
    reader = BitgetReader()
    url = "/api/v2/mix/market/contracts?productType=USDT-FUTURES"
    assert reader.read(http(load, "rest_contracts", url)) == [Control("page", "/api/v2/mix/market/contracts")]
    reader.read(http(load, "rest_contracts_usdc", url))
    frame = Frame(T * NS_MS, "public-1", load("bitget/ws_ticker.json"), venue="bitget")
    listing, (mark, *_) = reader.read(frame)
    assert (listing.instrument, listing.assumed, mark.funding_hours) == ("bitget:PEPE-USDT-PERP", False, 4.0)


def test_pages_go_to_the_symbol_that_was_asked_about(load):
    reader = BitgetReader()
    market = "/api/v2/mix/market/"
    listing, *trades = reader.read(http(load, "rest_fills_history", f"{market}fills-history?symbol=BTCUSDT"))
    assert listing.assumed
    assert [type(item) for item in trades] == [Rejected, Trade, Trade]
    [ratio, _] = reader.read(http(load, "rest_account_long_short", f"{market}account-long-short?symbol=BTCUSDT"))
    assert ratio.ratio_kind == "acct_top"
    assert reader.read(http(load, "rest_candles", f"{market}candles?symbol=BTCUSD")) == [Ignored("", "other_market")]
    assert reader.read(http(load, "rest_candles", "/api/v2/public/time")) == [Control("page", "/api/v2/public/time")]


def test_readings_that_are_flipped_are_flipped_in_recordings_too(load):
    reader = BitgetReader(frozenset({"open_interest", "ratio:acct_top"}))
    market = "/api/v2/mix/market/"
    _, interest = reader.read(http(load, "rest_open_interest", f"{market}open-interest?symbol=1000PEPEUSDT"))
    assert interest.oi_base == 4_286_015_500.0
    _, ratio, _ = reader.read(http(load, "rest_account_long_short", f"{market}account-long-short?symbol=BTCUSDT"))
    assert ratio.ratio_kind == "acct_global"
