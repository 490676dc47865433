"""OKX's rule of sequence."""

import json
from zlib import crc32

import pytest

from fbkit.feeds.book import Break
from fbkit.model import Ignored, Quote
from tests.feeds.okx.conftest import NOW

HEARTBEAT = {"asks": [], "bids": []}


@pytest.fixture
def books(parser, load):
    """Feeds updates; what broke and mended."""
    parser.books.on_break = (broken := []).append
    parser.books.on_mend = (mended := []).append
    snapshot = json.loads(load("okx/ws_books_snapshot.json"))
    update = json.loads(load("okx/ws_books_update.json"))

    def feed(before=None, number=0, **row):
        base = snapshot if before is None else update
        chain = {"seqId": number or base["data"][0]["seqId"], "prevSeqId": -1 if before is None else before}
        base = {**base, "data": [{**base["data"][0], **chain, **row}]}
        [item] = parser.frame(json.dumps(base).encode(), NOW)
        return item

    feed.broken, feed.mended = broken, mended
    return feed


def test_a_snapshot_begins_and_an_update_goes_on(books):
    first, second = books(), books(120, 130)
    assert (first.bid, first.ask, first.depth_bid, first.venue_id) == (83_000.1, 83_000.2, 4.0, 120)
    assert (second.ask, second.ask_size, second.depth_ask, second.venue_id) == (83_000.3, 0.12, 1.12, 130)
    assert books.broken == []


def test_an_update_before_its_snapshot_has_nothing_to_change(books):
    assert books(120, 130) == Ignored("depth", "no_state")
    assert books.broken == []


def test_a_minute_without_change_is_a_heartbeat(books):
    books()
    assert books(120, 120, **HEARTBEAT) == Ignored("depth", "heartbeat")
    assert books(120, 120, **HEARTBEAT) == Ignored("depth", "heartbeat")
    assert isinstance(books(120, 130), Quote)


def test_a_number_that_falls_is_the_venues_maintenance_and_legal(books):
    books()
    assert isinstance(books(120, 7), Quote)
    assert books(7, 9, asks=[["83009", "1", "0", "1"]]).venue_id == 9
    assert books.broken == []


def test_a_hole_breaks_the_book_until_the_next_snapshot(books):
    books()
    assert books(125, 130) == Ignored("depth", "no_state")
    assert books.broken == [Break("BTC-USDT-SWAP", 120, 125)]
    assert books(130, 140) == Ignored("depth", "no_state")
    assert len(books.broken) == 1
    assert books.mended == []
    assert isinstance(books(bids=[["82000", "1", "0", "1"]]), Quote)
    assert books.mended == ["BTC-USDT-SWAP"]


def test_a_repetition_changes_nothing(books):
    books()
    books(120, 130)
    assert books(120, 130) == Ignored("depth", "unchanged")
    assert books.broken == []


def test_what_leaves_the_top_five_as_it_was_is_unchanged(books):
    books()
    assert books(120, 130, asks=[], bids=[["83000.1", "150", "0", "9"]]) == Ignored("depth", "unchanged")


def test_a_level_nobody_knew_can_be_deleted(books):
    books()
    assert books(120, 130, asks=[["99999", "0", "0", "0"]], bids=[]) == Ignored("depth", "unchanged")


def test_a_second_snapshot_replaces_the_first(books):
    books()
    again = books(bids=[["82000", "1", "0", "1"]], asks=[])
    assert (again.bid, again.ask, again.depth_ask) == (82_000.0, None, 0.0)


def test_a_wrong_checksum_breaks_a_book_that_has_no_numbers(books):
    bare = {"seqId": -1, "prevSeqId": None}
    books(**bare)
    text = "83000.1:150:83000.2:300:83000:250:83000.5:100"
    right = crc32(text.encode())
    right -= (right >> 31) << 32
    same = {"asks": [], "bids": [["83000", "250", "0", "3"]]}
    assert books(0, -1, **{**bare, **same, "checksum": right}) == Ignored("depth", "unchanged")
    assert books(0, -1, **{**bare, **same, "checksum": right + 1}) == Ignored("depth", "no_state")
    assert len(books.broken) == 1
