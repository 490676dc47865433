"""Books of updates: by sequence since 2025, by checksum before."""

import json

import pytest

from fbkit.feeds.bitget.parse import Parser
from fbkit.feeds.bitget.symbols import assume
from fbkit.feeds.book import Break
from fbkit.feeds.instruments import Instruments
from fbkit.model import NS_MS, Ignored

NOW = 1_791_000_001_000 * NS_MS


@pytest.fixture
def parser():
    parser = Parser(Instruments([assume("BTCUSDT")]))
    parser.breaks, parser.mends = [], []
    parser.books.on_break, parser.books.on_mend = parser.breaks.append, parser.mends.append
    return parser


def one(parser, payload):
    [item] = parser.frame(payload, NOW)
    return item


def test_an_update_follows_whose_sequence_it_names(parser, load):
    first = one(parser, load("bitget/ws_books_snapshot.json"))
    assert (first.bid, first.ask, first.depth_bid, first.depth_ask) == (82_999.5, 83_001.5, 7.5, 15.0)
    second = one(parser, load("bitget/ws_books_update.json"))
    assert (second.ask, second.ask_size, second.bid_size, second.venue_id) == (83_001.4, 7.25, 2.0, 103)
    assert parser.breaks == []


def test_a_missing_update_ends_the_book_until_the_next_snapshot(parser, load):
    one(parser, load("bitget/ws_books_snapshot.json"))
    assert one(parser, load("bitget/ws_books_update_late.json")) == Ignored("depth", "no_state")
    assert parser.breaks == [Break("BTCUSDT", 100, 108)]
    assert one(parser, load("bitget/ws_books_update.json")) == Ignored("depth", "no_state")
    one(parser, load("bitget/ws_books_snapshot.json"))
    assert parser.mends == ["BTCUSDT"]


def test_an_update_before_its_snapshot_says_nothing(parser, load):
    assert one(parser, load("bitget/ws_books_update.json")) == Ignored("depth", "no_state")
    assert parser.breaks == []


def test_after_a_cut_the_next_snapshot_begins_anew_without_a_break(parser, load):
    one(parser, load("bitget/ws_books_snapshot.json"))
    parser.forget(["BTCUSDT"])
    assert one(parser, load("bitget/ws_books_update.json")) == Ignored("depth", "no_state")
    assert parser.breaks == []


def unsequenced(action, bids, asks, checksum, ts):
    arg = {"instType": "mc", "channel": "books", "instId": "BTCUSDT"}
    row = {"asks": asks, "bids": bids, "checksum": checksum, "ts": str(ts)}
    return json.dumps({"action": action, "arg": arg, "data": [row]}).encode()


def test_without_a_sequence_the_checksum_of_the_texts_tells(parser):
    # The documentation's own example of the string: "43231.1:4:43232.8:9:43231:6:43232.9:8".
    from zlib import crc32

    whole = crc32(b"43231.1:4:43232.8:9:43231:6:43232.9:8")
    signed = whole - 2**32 if whole >= 2**31 else whole
    one(parser, unsequenced("snapshot", [["43231.1", "4"], ["43231", "5"]], [["43232.8", "9"]], 0, 1_000))
    right = unsequenced("update", [["43231", "6"]], [["43232.9", "8"]], signed, 2_000)
    assert one(parser, right).depth_ask == 17.0
    wrong = unsequenced("update", [["43231", "7"]], [], signed, 3_000)
    assert one(parser, wrong) == Ignored("depth", "no_state")
    assert [broken.expected for broken in parser.breaks] == [signed]
