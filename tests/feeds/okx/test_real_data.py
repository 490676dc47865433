"""Recorded messages of the real venue."""

import json
from collections import Counter
from decimal import Decimal

import msgspec
import pytest

from fbkit.feeds.okx.wire import IndexRow, MarkRow, OpenInterestRow, TopRow, TradeRow
from fbkit.feeds.reading import channel_of_item
from fbkit.feeds.recorded.okx import OkxReader
from fbkit.feeds.recorded.recording import open_recording
from fbkit.model import Control, Funding, Ignored, Liquidation, Listing, Mark, Quote, Rejected
from tests.feeds.reading import read_recording

pytestmark = pytest.mark.real


def read(path, venue=None):
    """Every frame with its items, and the reader."""
    reader = OkxReader()
    return read_recording(path, reader, venue), reader


def items_of(told):
    return [item for _, items in told for item in items]


def test_eleven_seconds_of_2022_are_all_there_and_every_checksum_agrees(real_data):
    told, reader = read(real_data / "okx" / "cryptofeed_OKX.jsonl.zst")
    items = items_of(told)
    assert reader.breaks == reader.mends == []
    received = Counter(channel_of_item(item) for item in items if not isinstance(item, Listing | Control))
    assert received == {"depth": 290, "trade": 74, "day": 28}
    assert sum(isinstance(item, Control) for item in items) == 18 + 25
    ignored = Counter((item.channel, item.reason) for item in items if isinstance(item, Ignored))
    assert ignored["depth", "other_market"] == 98
    assert ignored["trade", "other_market"] == 69
    assert ignored["day", "other_market"] == 25
    assert not [item for item in items if isinstance(item, Rejected)]
    listings = {item.instrument: item for item in items if isinstance(item, Listing)}
    assert {(name, listing.contract_size, listing.assumed) for name, listing in listings.items()} == {
        ("okx:UNI-USD-PERP", 10.0, False),
        ("okx:BTC-USD-220527", 100.0, False),
    }
    for quote in (item for item in items if isinstance(item, Quote)):
        assert quote.bid < quote.ask


def test_a_diff_that_is_taken_away_breaks_the_book_by_its_checksum(real_data):
    reader = OkxReader()
    dropped = 0
    for frame in open_recording(real_data / "okx" / "cryptofeed_OKX.jsonl.zst").frames():
        # One that touches the top 25 levels of the future.
        update = b'"action":"update"' in frame.payload and b"BTC-USD-220527" in frame.payload[:90]
        dropped += update
        if not (update and dropped == 40):
            reader.read(frame)
    assert [broken.instrument for broken in reader.breaks] == ["okx:BTC-USD-220527"]


@pytest.mark.parametrize(("name", "rejected"), [("tardis_okx_swap_v5", 0), ("cryptomsgparser_okx", 7)])
def test_single_frames_of_2021_and_2022_read_without_an_exception(real_data, name, rejected):
    told, reader = read(real_data / "okx" / f"{name}.jsonl.gz")
    items = items_of(told)
    assert len(told) == {"tardis_okx_swap_v5": 9, "cryptomsgparser_okx": 50}[name]
    # Books by REST that do not say whose they are, and a frame of the API before this one.
    assert Counter(type(item) for item in items)[Rejected] == rejected
    assert {item.reason for item in items if isinstance(item, Rejected)} <= {"unknown"}
    assert reader.breaks == []


def test_the_frames_of_2026_say_who_died_and_what_is_paid(real_data):
    told, _ = read(real_data / "multi" / "current_format_single_frames_2026.jsonl", "okx")
    items = items_of(told)
    died = {item.instrument: item for item in items if isinstance(item, Liquidation)}
    assert died["okx:BTC-USDT-PERP"].liquidated == "long"
    assert died["okx:CELO-USDT-PERP"].liquidated == "short"
    assert died["okx:BTC-USDT-PERP"].size == 8.55 * 0.01
    [funding] = [item for item in items if isinstance(item, Funding)]
    assert (funding.rate, funding.funding_hours) == (0.0000341625964238, 8.0)
    [mark] = [item for item in items if isinstance(item, Mark)]
    assert (mark.mark, mark.funding_rate, mark.funding_hours) == (83_679.8, 0.0000263463215391, 8.0)
    assert Counter(item.kind for item in items if isinstance(item, Control)) == {"error": 2}


KINDS = {"trades": TradeRow, "books": TopRow, "books5": TopRow, "bbo-tbt": TopRow, "mark-price": MarkRow} | {
    "index-tickers": IndexRow,
    "open-interest": OpenInterestRow,
}


def pairs_of(struct, row):
    """Each number of a wire struct with its text."""
    for field in struct.__struct_fields__:
        value = getattr(struct, field)
        if isinstance(value, float):
            yield value, row[field]
        elif isinstance(value, list):
            for level, texts in zip(value, row[field], strict=True):
                yield from ((level.px, texts[0]), (level.sz, texts[1]))


def test_every_recorded_decimal_survives_the_trip(real_data):
    compared = 0
    for name in ("cryptofeed_OKX.jsonl.zst", "cryptomsgparser_okx.jsonl.gz", "tardis_okx_swap_v5.jsonl.gz"):
        for frame in open_recording(real_data / "okx" / name).frames():
            message = {} if frame.is_http else json.loads(frame.payload)
            kind = KINDS.get(message.get("arg", {}).get("channel"))
            for row in message.get("data", []) if kind else []:
                struct = msgspec.convert(row, kind, strict=False)
                for number, text in pairs_of(struct, row):
                    assert Decimal(repr(number)) == Decimal(text)
                    compared += 1
    assert compared > 5_000
