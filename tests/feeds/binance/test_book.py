"""The book behind a diff stream."""

import json

import pytest

from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.symbols import assume
from fbkit.feeds.instruments import Instruments
from fbkit.model import Ignored, Quote

NOW = 1_791_000_001_000_000_000
UNCHANGED = Ignored("depth", "unchanged")


@pytest.fixture
def breaks():
    return []


@pytest.fixture
def parser(breaks):
    parser = Parser(Instruments([assume("BTCUSDT"), assume("ETHUSDT")]))
    parser.books.on_break = breaks.append
    parser.books.on_mend = lambda symbol: breaks.append(f"{symbol} is whole")
    return parser


def diff(first, last, previous, bids=(), asks=(), symbol="BTCUSDT"):
    body = {
        "e": "depthUpdate",
        "E": 2,
        "T": 1,
        "s": symbol,
        "U": first,
        "u": last,
        "pu": previous,
        "b": bids,
        "a": asks,
    }
    return json.dumps({"stream": "btcusdt@depth@100ms", "data": body}).encode()


def read(parser, payload):
    [item] = parser.frame(payload, NOW)
    return item


def test_without_a_snapshot_there_are_no_quotes(parser, load):
    assert read(parser, load("binance/ws_depth_diff.json")) == UNCHANGED


def test_what_waited_for_the_snapshot_is_applied_to_it(parser, load, breaks):
    read(parser, load("binance/ws_depth_diff.json"))
    [quote] = parser.snapshot(load("binance/rest_depth.json"), "BTCUSDT", NOW)
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (83_000.0, 7.0, 83_000.2, 0.5)
    assert (quote.levels, quote.depth_bid, quote.depth_ask, quote.venue_id) == (5, 8.5, 0.5, 105)
    assert breaks == []


def test_a_change_below_the_top_five_is_unchanged(parser, load):
    parser.snapshot(load("binance/rest_depth.json"), "BTCUSDT", NOW)
    assert read(parser, diff(103, 104, 100, bids=[["83000.00", "6.000"]])) == UNCHANGED
    assert type(read(parser, diff(105, 106, 104, asks=[["83000.20", "0.6"]]))) is Quote


def test_a_diff_older_than_the_snapshot_changes_nothing(parser, load, breaks):
    parser.snapshot(load("binance/rest_depth.json"), "BTCUSDT", NOW)
    assert read(parser, diff(90, 99, 89, bids=[["83000.00", "0"]])) == UNCHANGED
    assert breaks == []


@pytest.mark.faults("C9")
def test_a_missing_diff_is_told_and_ends_the_quotes_until_the_next_snapshot(parser, load, breaks):
    parser.snapshot(load("binance/rest_depth.json"), "BTCUSDT", NOW)
    assert type(read(parser, diff(101, 105, 100, bids=[["83000.00", "1"]]))) is Quote
    assert read(parser, diff(107, 108, 106, bids=[["83000.00", "2"]])) == UNCHANGED
    assert [(broken.symbol, broken.expected, broken.received) for broken in breaks] == [("BTCUSDT", 105, 106)]
    assert read(parser, diff(109, 110, 108, bids=[["83000.00", "3"]])) == UNCHANGED
    [quote] = parser.snapshot(load("binance/rest_depth.json").replace(b":103,", b":108,"), "BTCUSDT", NOW)
    assert quote.bid_size == 3.0
    assert breaks[1:] == ["BTCUSDT is whole"]


def test_a_repeated_diff_is_no_break(parser, load, breaks):
    parser.snapshot(load("binance/rest_depth.json"), "BTCUSDT", NOW)
    update = diff(101, 105, 100, bids=[["83000.00", "1"]])
    assert type(read(parser, update)) is Quote
    assert read(parser, update) == UNCHANGED
    assert breaks == []


def test_a_snapshot_without_a_name_finds_the_book_it_fits(parser, load):
    read(parser, diff(101, 105, 100, bids=[["83000.00", "1"]], symbol="ETHUSDT"))
    read(parser, diff(900, 905, 899, symbol="BTCUSDT"))
    quote = read(parser, load("binance/rest_depth.json"))
    assert quote.instrument == "binance:ETH-USDT-PERP"


def test_the_book_agrees_with_one_kept_the_slow_way(parser, load):
    parser.snapshot(load("binance/rest_depth.json"), "BTCUSDT", NOW)
    slow = {"b": {83_000.0: 6.0, 82_999.9: 1.5, 82_000.0: 9.0}, "a": {83_000.1: 3.0, 83_000.2: 0.5}}
    last = 103
    for step in range(1, 300):
        changes = {"b": (82_990.0 + step * 7 % 11, float(step % 4)), "a": (83_001.0 + step * 5 % 13, float(step % 3))}
        for side, (price, size) in changes.items():
            slow[side][price] = size
            slow[side] = {price: size for price, size in slow[side].items() if size}
        bids, asks = ([[str(price), str(size)]] for price, size in (changes["b"], changes["a"]))
        item = read(parser, diff(last + 1 if step > 1 else 103, last + 5, last, bids=bids, asks=asks))
        last += 5
        if isinstance(item, Quote):
            bids = sorted(slow["b"].items(), reverse=True)[:5]
            asks = sorted(slow["a"].items())[:5]
            assert (item.bid, item.bid_size) == bids[0]
            assert (item.ask, item.ask_size) == asks[0]
            assert item.depth_bid == sum(size for _, size in bids)
            assert item.depth_ask == sum(size for _, size in asks)
