"""Recorded messages of the real venue."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from fbkit.feeds.reading import channel_of_item
from fbkit.feeds.recorded import open_recording, replay_frames
from fbkit.model import Bar, Ignored, Listing, Quote, Rejected, Trade

pytestmark = pytest.mark.real


def count(path, on_break=lambda _: None):
    """Items by channel, and what they became."""
    received, became = Counter(), Counter()
    for _, venue, items in replay_frames(path, on_break):
        assert venue == "binance"
        for item in items:
            channel = channel_of_item(item)
            if channel and not isinstance(item, Listing):
                received[channel] += 1
                became[channel, type(item)] += 1
    return received, became


def test_six_minutes_of_2024_are_all_there_and_their_book_agrees_with_their_quotes(real_data):
    received, prices, quotes, depths, breaks = Counter(), set(), {}, [], []
    last_trade = None
    path = real_data / "binance_usdm" / "hftbacktest_btcusdt_20240808.gz"
    for _, _, items in replay_frames(path, breaks.append):
        for item in items:
            if isinstance(item, Trade):
                assert last_trade is None or item.venue_id == last_trade + 1
                last_trade = item.venue_id
                prices.add(item.price)
            elif isinstance(item, Quote) and item.levels:
                assert item.bid < item.ask
                depths.append(item)
            elif isinstance(item, Quote):
                quotes[item.venue_id] = (item.bid, item.bid_size, item.ask, item.ask_size)
            received[channel_of_item(item), type(item)] += 1
    assert breaks == []
    assert received["quote", Quote] == 66_089
    assert received["trade", Trade] == 21_313
    assert received["depth", Quote] + received["depth", Ignored] == 6_551 + 1, "the diffs, and one snapshot"
    assert sum(received.values()) == 66_089 + 21_313 + 6_552 + 1, "and one listing"
    assert (min(prices), max(prices)) == (61_590.3, 61_839.9)
    both = [item for item in depths if item.venue_id in quotes]
    assert len(both) > 100
    assert all((item.bid, item.bid_size, item.ask, item.ask_size) == quotes[item.venue_id] for item in both)


def test_thirty_seconds_of_2021_are_all_there_with_their_units(real_data):
    path = real_data / "binance_usdm" / "cryptofeed_BINANCE_FUTURES.jsonl.zst"
    breaks = []
    received, became = count(path, breaks.append)
    assert received == {"depth": 764 + 4, "quote": 613, "trade": 91, "bar": 67}
    assert became["bar", Bar] == 4
    assert became["depth", Quote] > 500
    assert breaks == []
    listings = [item for _, _, items in replay_frames(path) for item in items if isinstance(item, Listing)]
    assert [(listing.base, listing.assumed) for listing in listings] == [
        (base, False) for base in ("SUSHI", "AKRO", "KEEP", "CTK")
    ]


@pytest.mark.parametrize(
    "name",
    [
        "binance_usdm/current_format_jarvistrader_2026-09-27.txt",
        "binance_usdm/tardis_binance_futures.jsonl.gz",
        "binance_usdm/cryptomsgparser_binance.jsonl.gz",
    ],
)
def test_single_frames_of_seven_years_read_without_an_exception(real_data, name):
    recording = open_recording(real_data / name)
    frames = list(recording.frames())
    read = list(replay_frames(recording))
    assert len(read) == len(frames) > 10
    rejected = [item for _, _, items in read for item in items if isinstance(item, Rejected)]
    # Two messages that the recorder made itself, and an aggTrade of 2019 that has no id yet.
    assert len(rejected) == (3 if "tardis" in name else 0)


@pytest.mark.parametrize("name", ["cryptofeed_BINANCE_FUTURES.jsonl.zst", "current_format_jarvistrader_2026-09-27.txt"])
def test_every_recorded_decimal_survives_the_trip(real_data, name):
    compared = 0
    recording = open_recording(real_data / "binance_usdm" / name)
    for frame, (_, _, items) in zip(recording.frames(), replay_frames(recording), strict=True):
        if frame.is_http:
            continue
        data = json.loads(frame.payload)["data"]
        for item in items:
            if isinstance(item, Trade):
                pairs = [(item.price, data["p"]), (item.size, data["q"])]
            elif isinstance(item, Quote) and not item.levels:
                pairs = [(item.bid, data["b"]), (item.bid_size, data["B"]), (item.ask, data["a"])]
            elif isinstance(item, Bar):
                pairs = [(item.open, data["k"]["o"]), (item.vol_usd, data["k"]["q"]), (item.buy_usd, data["k"]["Q"])]
            else:
                continue
            for number, text in pairs:
                assert Decimal(repr(number)) == Decimal(text)
                compared += 1
    assert compared > 10
