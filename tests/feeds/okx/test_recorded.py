"""What a recording of OKX tells beside its frames."""

import pytest

from fbkit.feeds.recorded.okx import OkxReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import (
    NS_MS,
    Bar,
    Control,
    Funding,
    Ignored,
    Listing,
    Mark,
    OpenInterest,
    Ratio,
    Rejected,
    Trade,
)

NOW = 1_791_000_001_000 * NS_MS
API = "/api/v5/"
BTC = "?instId=BTC-USDT-SWAP"


@pytest.fixture
def reader(load):
    """Reads a fixture: a frame, or the answer to a question; and its items but the listings."""

    class Reading(OkxReader):
        def one(self, name, url=None):
            frame = Frame(NOW, "1", load(f"okx/{name}.json"), url is not None, url or "")
            return [item for item in self.read(frame) if not isinstance(item, Listing)]

    return Reading()


def test_units_come_from_the_recordings_own_list_or_are_assumed(reader, load):
    assert reader.one("rest_instruments_swap", API + "public/instruments?instType=SWAP") == [
        Control("page", "instruments")
    ]
    items = reader.read(Frame(NOW, "1", load("okx/ws_trades_pepe.json")))
    assert [type(item) for item in items] == [Listing, Trade]
    assert (items[0].assumed, items[0].contract_size) == (False, 10_000_000.0)
    stranger = load("okx/ws_trades_pepe.json").replace(b"PEPE", b"NOBODY")
    assert reader.read(Frame(NOW, "1", stranger))[0].assumed


def test_who_has_a_funding_rate_is_a_perpetual_in_a_recording_too(reader, load):
    rates = load("okx/rest_funding_rate_any.json").replace(b"ETH-USDT-SWAP", b"BTC-USDT-261225")
    reader.read(Frame(NOW, "1", rates, True, API + "public/funding-rate?instId=ANY"))
    reader.one("rest_instruments_futures", API + "public/instruments?instType=FUTURES")
    future = load("okx/ws_mark_price.json").replace(b"BTC-USDT-SWAP", b"BTC-USDT-261225")
    listing, mark = reader.read(Frame(NOW, "1", future))
    assert (listing.expiry, listing.assumed, type(mark)) == (None, False, Mark)
    assert reader.instruments.by_symbol["BTC-USDT-261225"].funding_hours == 4.0


@pytest.mark.parametrize(
    ("name", "path", "kind"),
    [
        ("rest_candles", "market/history-candles", Bar),
        ("rest_trades", "market/trades", Trade),
        ("rest_funding_rate_history", "public/funding-rate-history", Funding),
        ("rest_open_interest_history", "rubik/stat/contracts/open-interest-history", OpenInterest),
        ("rest_open_interest", "public/open-interest", OpenInterest),
        ("rest_ratio", "rubik/stat/contracts/long-short-account-ratio-contract", Ratio),
        ("rest_ratio", "rubik/stat/contracts/long-short-position-ratio-contract-top-trader", Ratio),
        ("rest_taker_volume", "rubik/stat/taker-volume-contract", Ratio),
    ],
)
def test_an_answer_goes_to_the_page_it_is(reader, name, path, kind):
    assert kind in {type(item) for item in reader.one(name, API + path + BTC)}


@pytest.mark.parametrize("path", ["rubik/stat/contracts/open-interest-history", "public/open-interest"])
def test_flipped_open_interest_is_half_however_it_was_asked_for(load, path):
    name = "rest_open_interest" if path.startswith("public") else "rest_open_interest_history"
    frame = Frame(NOW, "1", load(f"okx/{name}.json"), True, API + path + BTC)
    plain, half = (
        [item.oi_base for item in OkxReader(flipped).read(frame) if isinstance(item, OpenInterest)]
        for flipped in (frozenset(), frozenset({"open_interest"}))
    )
    assert half == [coins / 2 for coins in plain] != []


def test_an_answer_about_another_market_and_one_of_no_use_are_neither_lost_nor_believed(reader):
    assert reader.one("rest_trades", API + "market/trades?instId=BTC-USDT") == [Ignored("", "other_market")]
    assert reader.one("rest_trades", API + "market/platform-24-volume") == [
        Control("page", API + "market/platform-24-volume")
    ]
    assert reader.one("rest_tickers_swap", API + "market/tickers?instType=SWAP") == [
        Control("page", API + "market/tickers")
    ]


def test_an_answer_among_the_frames_is_read_where_it_says_whose_it_is(reader):
    interest, option = reader.one("rest_open_interest")
    assert (type(interest), option) == (OpenInterest, Ignored("open_interest", "other_market"))
    [anonymous] = reader.one("rest_ratio")
    assert (type(anonymous), anonymous.reason) == (Rejected, "unknown")


@pytest.mark.parametrize("path", ["public/instruments", "public/funding-rate", "public/open-interest", "market/trades"])
def test_an_answer_that_cannot_be_read_is_rejected(reader, path):
    for payload in (b"<html>", b"{", b"[" * 10_000, b"\xff"):
        [item] = reader.read(Frame(NOW, "1", payload, True, API + path + BTC))[-1:]
        assert isinstance(item, Rejected)


def test_a_break_and_what_mends_it_are_told_with_their_instants(reader, load):
    reader.one("ws_books_snapshot")
    hole = load("okx/ws_books_update.json").replace(b'"prevSeqId":120', b'"prevSeqId":121')
    reader.read(Frame(NOW + 1, "1", hole))
    [broken] = reader.breaks
    assert (broken.instrument, broken.channel, broken.ts) == ("okx:BTC-USDT-PERP", "depth", NOW + 1)
    reader.one("ws_books_snapshot")
    assert [mended.instrument for mended in reader.mends] == ["okx:BTC-USDT-PERP"]
