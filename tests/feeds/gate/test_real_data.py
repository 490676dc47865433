"""Recorded messages of the real Gate, of 2020 to 2025."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from fbkit.feeds.recorded.gate import GateReader
from fbkit.model import Bar, Control, Ignored, Listing, Mark, OpenInterest, Quote, Rejected, Side, Trade
from tests.feeds.reading import each_of, read_recording

pytestmark = pytest.mark.real

CAPTURE = "gate/cryptofeed_GATEIO_FUTURES.jsonl.zst"
FRAMES = ["gate/tardis_gate_futures.jsonl.gz", "gate/cryptomsgparser_gate.jsonl.gz"]


def read(path):
    """Each frame with its items, and the reader."""
    reader = GateReader()
    return read_recording(path, reader), reader


def test_half_a_minute_of_2023_is_all_there_and_no_book_breaks(real_data):
    frames, reader = read(real_data / CAPTURE)
    assert len(frames) == 352 + 75 + 1 + 22 + 11
    assert (reader.breaks, reader.mends) == ([], [])
    items = [item for _, items in frames for item in items]
    kinds = Counter(type(item) for item in items)
    assert kinds[Rejected] == 0
    assert kinds[Control] == 22 + 1, "answers to subscriptions, and the list of contracts"
    listings = [item for item in items if isinstance(item, Listing)]
    assert len(listings) == 10
    assert all(not listing.assumed for listing in listings)
    depth = [item for item in items if isinstance(item, Quote) and item.levels]
    quotes = [item for item in items if isinstance(item, Quote) and not item.levels]
    set_aside = Counter(item.reason for item in items if isinstance(item, Ignored) and item.channel == "depth")
    assert len(quotes) == 75
    assert len(depth) + sum(set_aside.values()) == 352 + 10, "updates and snapshots"
    assert set_aside["no_state"] < 20
    assert len(depth) > 90


def test_books_agree_with_the_best_quotes_of_the_same_update(real_data):
    frames, _ = read(real_data / CAPTURE)
    events = each_of(*(item for _, items in frames for item in items))
    best = {(one.instrument, one.venue_id): one for one in events if isinstance(one, Quote) and not one.levels}
    compared = 0
    for book in (one for one in events if isinstance(one, Quote) and one.levels):
        assert book.bid < book.ask
        quote = best.get((book.instrument, book.venue_id))
        if quote is not None:
            assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (
                *(book.bid, book.bid_size),
                *(book.ask, book.ask_size),
            )
            compared += 1
    assert compared >= 3


def test_frames_of_six_years_become_items_with_a_reason(real_data):
    became = Counter()
    for name in FRAMES:
        frames, _ = read(real_data / name)
        for frame, items in frames:
            assert items, frame.payload[:200]
            became.update((type(item).__name__, getattr(item, "reason", "")) for item in items)
    assert not [key for key in became if key[0] == "Rejected"]
    assert became["Trade", ""] == 11
    assert became["Ignored", "other_market"] >= 10, "spot, and contracts paid in another coin"


def test_meaning_of_single_frames(real_data):
    events = [event for name in FRAMES for _, items in read(real_data / name)[0] for event in each_of(*items)]
    inverse = next(one for one in events if isinstance(one, Trade) and one.venue_id == 19910126)
    assert (inverse.instrument, inverse.side) == ("gate:BTC-USD-PERP", Side.BUY)
    assert inverse.size == 7 / 56155.2, "seven contracts of a dollar"
    linear = next(one for one in events if isinstance(one, Trade) and one.venue_id == 15366793)
    assert (linear.instrument, linear.size) == ("gate:BTC-USDT-PERP", 50 * 0.0001)
    assert linear.ts_event == 1_616_327_563_918_000_000
    sold = next(one for one in events if isinstance(one, Trade) and one.venue_id == 927273)
    assert (sold.side, sold.price) == (Side.SELL, 0.836)
    dated = {one.instrument for one in events if isinstance(one, Mark) and one.funding_rate is None}
    assert dated >= {"gate:BTC-USDT-220624", "gate:BTC-USD-220624"}
    held = [one.oi_base for one in events if isinstance(one, OpenInterest) and one.instrument == "gate:BTC-USDT-PERP"]
    assert sorted(held) == [153482780 * 0.0001, 754413619 * 0.0001]
    [bar] = [one for one in events if isinstance(one, Bar)]
    assert (bar.instrument, bar.tf, bar.ts_event) == ("gate:BTC-USD-221230", "5m", 1_662_690_900_000_000_000)


def test_every_recorded_decimal_survives_the_trip(real_data):
    compared = 0
    for frame, items in read(real_data / CAPTURE)[0]:
        quotes = [item for item in items if isinstance(item, Quote) and not item.levels]
        for quote in quotes:
            result = json.loads(frame.payload)["result"]
            for number, text in ((quote.bid, result["b"]), (quote.ask, result["a"])):
                assert Decimal(repr(number)) == Decimal(text)
                compared += 1
    assert compared == 150
