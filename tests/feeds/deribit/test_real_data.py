"""Recorded messages of the real Deribit, of 2019 to 2023."""

import json
from collections import Counter
from decimal import Decimal

import msgspec
import pytest

from fbkit.feeds.recorded.deribit import DeribitReader
from fbkit.feeds.recorded.recording import open_recording
from fbkit.model import Control, Ignored, Liquidation, Listing, Mark, OpenInterest, Quote, Rejected, Trade

pytestmark = pytest.mark.real

BTC, ETH, LINK = "deribit:BTC-USD-PERP", "deribit:ETH-USD-PERP", "deribit:LINK-USDC-PERP"


def read(frames):
    """Every item of these frames, and the reader."""
    reader = DeribitReader()
    return [item for frame in frames for item in reader.read(frame)], reader


@pytest.fixture(scope="module")
def options(real_data):
    """Half a minute of ten options: books and tickers."""
    return list(open_recording(real_data / "deribit" / "cryptofeed_DERIBIT.jsonl.zst").frames())


@pytest.fixture(scope="module")
def singles(real_data):
    return list(open_recording(real_data / "deribit" / "tardis_deribit.jsonl.gz").frames())


def test_options_are_another_market_and_their_books_keep_their_sequence(options):
    items, reader = read(options)
    assert Counter(item.channel for item in items if isinstance(item, Ignored)) == {"mark": 89, "depth": 46}
    assert {item.reason for item in items if isinstance(item, Ignored)} == {"other_market"}
    assert Counter(item.kind for item in items if isinstance(item, Control)) == {"page": 4, "answer": 1}
    assert len(items) == 89 + 46 + 5
    assert reader.breaks == reader.mends == []


def test_an_update_missing_from_an_options_book_is_noticed(options):
    changes = [frame for frame in options if b'"type":"change"' in frame.payload]
    books = Counter(json.loads(frame.payload)["params"]["channel"] for frame in changes)
    channel, n = books.most_common(1)[0]
    assert n > 3
    second = [frame for frame in changes if channel.encode() in frame.payload][1]
    _, reader = read(frame for frame in options if frame is not second)
    [broken] = reader.breaks
    assert (broken.instrument, broken.channel) == (channel.split(".")[1], "depth")


def test_the_lists_of_2021_and_2022_name_futures_with_their_units(options):
    _, reader = read(options)
    met = {symbol: reader.instruments.meet(symbol).instrument for symbol in ("BTC-PERPETUAL", "SOL_USDC-PERPETUAL")}
    assert not any(instrument.assumed for instrument in met.values())
    assert [(one.inverse, one.contract_size, one.tick) for one in met.values()] == [
        (True, 1.0, 0.5),
        (False, 1.0, 0.01),
    ]


def test_single_frames_of_five_years_mean_what_they_say(singles):
    items, reader = read(singles)
    assert [item for item in items if isinstance(item, Rejected)] == []
    assert [listing.instrument for listing in items if isinstance(listing, Listing)] == [BTC, ETH, LINK]
    assert [broken.instrument for broken in reader.breaks] == [ETH], "two frames of one book, hours apart"
    first = next(item for item in items if isinstance(item, Trade))
    assert (first.venue_id, first.price, first.size, first.side) == (20_944_815, 9_598.5, 2_000 / 9_598.5, -1)
    book = [item for item in items if isinstance(item, Quote) and item.levels]
    assert [(quote.instrument, quote.bid, quote.ask) for quote in book] == [(ETH, 217.8, 218.6), (LINK, 7.562, None)]


def test_longs_died_on_the_twelfth_of_march_2020_as_takers_and_as_makers(singles):
    items, _ = read(singles)
    pairs = [item for item in items if isinstance(item, tuple) and isinstance(item[1], Liquidation)]
    assert [(trade.side, dead.liquidated) for trade, dead in pairs] == [(-1, "long"), (1, "long")]
    assert [dead.size for _, dead in pairs] == [1_120 / 4_469.5, 2_500 / 4_458.5]


def test_tickers_of_2019_have_interest_in_usd_and_what_accrued_in_eight_hours(singles):
    items, _ = read(singles)
    marks = [item[0] for item in items if isinstance(item, tuple) and isinstance(item[0], Mark)]
    held = [item[1] for item in items if isinstance(item, tuple) and isinstance(item[1], OpenInterest)]
    assert [(mark.mark, mark.funding_rate, mark.funding_hours) for mark in marks] == [
        (10_094.1, 0.00016281, 8.0),
        (8_304.39, -8.477e-05, 8.0),
    ]
    assert [interest.oi_usd for interest in held] == [66_128_281.0, 84_844_461.0]
    # The rate of the moment was 0 both times: the premium was small.
    assert all(abs(mark.mark / mark.index - 1) < 0.0005 for mark in marks)


def test_every_recorded_number_survives_the_trip(options, singles):
    compared = 0
    for frame in [*options, *singles]:
        numbers = []
        json.loads(frame.payload, parse_float=numbers.append)
        for text in numbers:
            assert Decimal(repr(msgspec.json.decode(text.encode(), type=float))) == Decimal(text)
        compared += len(numbers)
    assert compared > 3_000
