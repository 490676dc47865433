"""What Deribit's notifications mean."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.deribit.parse import Parser
from fbkit.feeds.deribit.symbols import assume
from fbkit.feeds.instruments import Instruments
from fbkit.model import (
    NS_MS,
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
from tests.feeds.conftest import FIXTURES

T = 1_791_000_000_000
NOW = (T + 1000) * NS_MS
BTC, SOL, DATED = "deribit:BTC-USD-PERP", "deribit:SOL-USDC-PERP", "deribit:BTC-USD-261225"
FRAMES = sorted(path.read_bytes().strip() for path in (FIXTURES / "deribit").glob("ws_*.json"))


def make(**more):
    return Parser(Instruments(assume(s) for s in ("BTC-PERPETUAL", "SOL_USDC-PERPETUAL", "BTC-25DEC26")), **more)


@pytest.fixture
def parser():
    return make()


def one(parser, payload):
    [item] = parser.frame(payload, NOW)
    return item


def changed(payload, **data):
    """The same frame with other data."""
    frame = json.loads(payload)
    frame["params"]["data"].update(data)
    return json.dumps(frame).encode()


def test_the_direction_is_the_takers_and_inverse_amounts_are_usd(parser, load):
    first, second = parser.frame(load("deribit/ws_trades.json"), NOW)
    assert first == Trade(BTC, T * NS_MS, NOW, 271_000_001, 80_000.0, 0.05, Side.SELL)
    assert (second.venue_id, second.side, second.size) == (271_000_002, Side.BUY, 10.0 / 80_000.5)


def test_linear_amounts_are_coins(parser, load):
    assert one(parser, load("deribit/ws_trades_usdc.json")).size == 12.3


@pytest.mark.parametrize(("flag", "died"), [("t", ["long"]), ("m", ["short"]), ("mt", ["long", "short"])])
def test_a_forced_seller_lost_a_long_and_the_maker_he_met_a_short(parser, load, flag, died):
    trade, *dead = one(parser, load(f"deribit/ws_trades_liquidation_{flag}.json"))
    assert trade == Trade(BTC, T * NS_MS, NOW, 271_000_010, 78_000.0, 0.5, Side.SELL)
    assert dead == [Liquidation(BTC, T * NS_MS, NOW, position, 78_000.0, 0.5) for position in died]


def test_a_forced_buyer_lost_a_short(parser, load):
    frame = load("deribit/ws_trades_liquidation_mt.json").replace(b'"sell"', b'"buy"')
    _, taker, maker = one(parser, frame)
    assert (taker.liquidated, maker.liquidated) == ("short", "long")


def test_a_flag_nobody_knows_is_a_trade_all_the_same(parser, load):
    frame = load("deribit/ws_trades_liquidation_t.json").replace(b'"T"', b'"Z"')
    assert isinstance(one(parser, frame), Trade)


def test_a_bad_row_costs_only_itself(parser, load):
    good, bad = parser.frame(load("deribit/ws_trades.json").replace(b"80000.5", b"-1.5"), NOW)
    assert isinstance(good, Trade)
    assert (bad.channel, bad.reason, bad.instrument) == ("trade", "malformed", BTC)
    good, bad = parser.frame(load("deribit/ws_trades.json").replace(b'"buy"', b'"sideways"'), NOW)
    assert (good.venue_id, bad.reason) == (271_000_001, "malformed")


def test_usd_over_next_to_nothing_are_no_coins(parser, load):
    tiny = load("deribit/ws_trades.json").replace(b"80000.0,", b"1e-300,")
    assert [type(item) for item in parser.frame(tiny, NOW)] == [Rejected, Trade]
    assert one(parser, changed(load("deribit/ws_ticker.json"), mark_price=1e-300)).reason == "malformed"
    assert one(parser, changed(load("deribit/ws_quote.json"), best_bid_price=1e-300)).bid is None


def test_a_quote_is_numbered_by_its_instant_and_sized_in_coins(parser, load):
    quote = one(parser, load("deribit/ws_quote.json"))
    assert quote == Quote(BTC, (T + 5) * NS_MS, NOW, T + 5, 80_000.0, 2.0, 80_000.5, 8_000.0 / 80_000.5)


def test_an_empty_side_is_an_absence(parser, load):
    quote = one(parser, load("deribit/ws_quote_empty_side.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (151.36, 40.0, None, None)


def test_a_ticker_carries_mark_interest_and_day(parser, load):
    ts = (T + 7) * NS_MS
    assert one(parser, load("deribit/ws_ticker.json")) == (
        Mark(BTC, ts, NOW, 80_010.0, 79_990.0, 0.00012, 8.0, None),
        OpenInterest(BTC, ts, NOW, 800_100_000.0 / 80_010.0, 800_100_000.0),
        Day(BTC, ts, NOW, 80_000.0, -0.0125, 5_000.5, 401_234_560.0),
    )


def test_linear_interest_is_in_coins_and_what_the_day_does_not_say_is_absent(parser, load):
    mark, interest, day = one(parser, load("deribit/ws_ticker_usdc.json"))
    assert (mark.instrument, mark.funding_rate) == (SOL, -0.00004)
    assert (interest.oi_base, interest.oi_usd) == (123_456.7, None)
    assert (day.change, day.vol_base) == (None, 30_000.5)


def test_a_dated_contract_has_no_funding(parser, load):
    mark, interest = one(parser, load("deribit/ws_ticker_dated.json"))
    assert (mark.instrument, mark.funding_rate, mark.funding_hours) == (DATED, None, None)
    assert interest.oi_base == 800_100_000.0 / 80_800.0


def test_flipped_reads_the_rate_of_the_moment(load):
    mark, *_ = one(make(flipped=frozenset({"mark"})), load("deribit/ws_ticker.json"))
    assert (mark.funding_rate, mark.funding_hours) == (0.0, 8.0)


def test_a_ticker_ten_times_a_second_is_kept_once(parser, load):
    frame = load("deribit/ws_ticker.json")
    one(parser, frame)
    assert one(parser, changed(frame, timestamp=T + 107, mark_price=80_011.0)) == Ignored("mark", "within_cadence")
    mark = one(parser, changed(frame, timestamp=T + 1007, mark_price=80_012.0))
    assert isinstance(mark, Mark), "interest and day wait for their own cadence"
    parser.forget(["BTC-PERPETUAL"])
    assert len(one(parser, changed(frame, timestamp=T + 1107))) == 3, "after a cut everything is news"


@pytest.mark.parametrize("name", ["ws_trades_option", "ws_ticker_option", "ws_ticker_combo"])
def test_options_and_combos_are_another_market_whatever_they_cost(parser, load, name):
    assert one(parser, load(f"deribit/{name}.json")).reason == "other_market"


def test_a_future_we_do_not_follow_is_not_subscribed(parser, load):
    assert one(parser, load("deribit/ws_trades_usdc.json").replace(b"SOL_", b"XRP_")).reason == "not_subscribed"


def test_a_book_is_told_as_its_top_five_in_coins(parser, load):
    quote = one(parser, load("deribit/ws_book_snapshot.json"))
    assert (quote.venue_id, quote.bid, quote.bid_size, quote.ask, quote.levels) == (
        90_000_000_001,
        80_000.0,
        2.0,
        80_000.5,
        5,
    )
    assert quote.depth_bid == pytest.approx(2.0 + 20 / 79_999.5 + 10 / 79_999 + 400 / 79_998 + 50 / 79_997.5)
    quote = one(parser, load("deribit/ws_book_change.json"))
    assert (quote.venue_id, quote.bid, quote.bid_size, quote.ask) == (90_000_000_009, 79_999.5, 1.0, 80_000.0)
    assert (quote.ask_size, quote.ts_event) == (1.0, (T + 600) * NS_MS)


def test_a_book_speaks_twice_a_second_at_most(parser, load):
    one(parser, load("deribit/ws_book_snapshot.json"))
    soon = changed(load("deribit/ws_book_change.json"), timestamp=T + 499)
    assert one(parser, soon) == Ignored("depth", "within_cadence")
    later = changed(soon, prev_change_id=90_000_000_009, change_id=90_000_000_010, timestamp=T + 500, bids=[], asks=[])
    assert one(parser, later).bid == 79_999.5, "what was not told before is told now"


def test_a_repeated_update_of_a_book_is_no_news(parser, load):
    one(parser, load("deribit/ws_book_snapshot.json"))
    one(parser, load("deribit/ws_book_change.json"))
    assert one(parser, load("deribit/ws_book_change.json")) == Ignored("depth", "unchanged")


def test_a_book_with_a_hole_is_silent_until_its_snapshot(parser, load):
    breaks, mends = [], []
    parser.books.on_break, parser.books.on_mend = breaks.append, mends.append
    one(parser, load("deribit/ws_book_snapshot.json"))
    assert one(parser, changed(load("deribit/ws_book_change.json"), prev_change_id=5)) == Ignored("depth", "no_state")
    assert [(broken.symbol, broken.expected, broken.received) for broken in breaks] == [
        ("BTC-PERPETUAL", 90_000_000_001, 5)
    ]
    assert isinstance(one(parser, load("deribit/ws_book_snapshot.json")), Quote)
    assert mends == ["BTC-PERPETUAL"]


def test_a_level_below_zero_costs_the_book_its_trust(parser, load):
    breaks = []
    parser.books.on_break = breaks.append
    one(parser, load("deribit/ws_book_snapshot.json"))
    bad = one(parser, changed(load("deribit/ws_book_change.json"), asks=[["new", -1.0, 5.0]]))
    assert (bad.reason, bad.instrument) == ("malformed", BTC)
    one(parser, changed(load("deribit/ws_book_change.json"), prev_change_id=90_000_000_009, change_id=90_000_000_011))
    assert len(breaks) == 1


def test_a_book_of_2019_says_by_omission_what_it_is(load):
    parser = Parser(Instruments(assume=assume))
    assert one(parser, load("deribit/ws_book_2019.json")).bid == 217.8


def test_a_candle_is_closed_by_the_next_one(parser, load):
    frame, after = load("deribit/ws_chart.json"), load("deribit/ws_chart_next.json")
    assert one(parser, changed(frame, close=79_995.0)) == Ignored("bar", "open_bar")
    assert one(parser, frame) == Ignored("bar", "open_bar")
    assert one(parser, after) == Bar(
        BTC, (T + 60_000) * NS_MS, NOW, "1m", 80_000.0, 80_010.5, 79_990.5, 80_005.0, 0.05, 4_000.0
    )
    assert one(parser, frame) == Ignored("bar", "replayed")


def test_a_candle_whose_neighbour_was_not_heard_is_not_believed(parser, load):
    one(parser, load("deribit/ws_chart.json"))
    assert one(parser, changed(load("deribit/ws_chart_next.json"), tick=T + 120_000)) == Ignored("bar", "open_bar")
    parser.forget(["BTC-PERPETUAL"])
    assert one(parser, changed(load("deribit/ws_chart_next.json"), tick=T + 180_000)) == Ignored("bar", "open_bar")


def test_a_state_is_a_listing_with_a_new_status(parser, load):
    listing = one(parser, load("deribit/ws_instrument_state.json"))
    assert isinstance(listing, Listing)
    assert (listing.instrument, listing.status, listing.ts_event) == (DATED, "closed", T * NS_MS)


def test_a_newcomer_is_worth_reading_the_list_again_and_an_option_is_not(parser, load):
    frame = changed(load("deribit/ws_instrument_state.json"), instrument_name="XRP_USDC-PERPETUAL", state="created")
    assert one(parser, frame) == Control("listing", "XRP_USDC-PERPETUAL")
    option = changed(frame, instrument_name="BTC-25DEC26-90000-C")
    assert one(parser, option) == Ignored("listing", "other_market")


def test_a_perpetual_is_settled_every_day_and_trades_on(parser, load):
    frame = changed(load("deribit/ws_instrument_state.json"), instrument_name="BTC-PERPETUAL", state="settled")
    assert one(parser, frame) == Ignored("listing", "unchanged")
    assert one(parser, changed(frame, state="started")).status == "trading"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ws_heartbeat", "heartbeat"),
        ("ws_test_request", "heartbeat"),
        ("ws_subscribed", "answer"),
        ("ws_too_many", "error"),
        ("ws_raw_refused", "error"),
    ],
)
def test_answers_and_heartbeats_are_controls(parser, load, name, kind):
    control = one(parser, load(f"deribit/{name}.json"))
    assert isinstance(control, Control)
    assert (control.kind, control.detail.encode()) == (kind, load(f"deribit/{name}.json"))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "malformed"),
        (b"pong", "malformed"),
        (b"[1]", "malformed"),
        (b'{"hello":1}', "unknown"),
        (b'{"method":"subscription"}', "malformed"),
        (b'{"method":"subscription","params":{"channel":"weather.BTC","data":{}}}', "unknown"),
        (b'{"method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":[]}}', "malformed"),
        (b'{"method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":{}}}', "malformed"),
        (b"[" * 100_000, "malformed"),
    ],
)
def test_what_nobody_can_read_is_rejected_with_a_sample(parser, payload, reason):
    item = one(parser, payload)
    assert (item.reason, item.sample) == (reason, payload[:4096]) or item.sample in {b"[]", b"{}"}


def test_a_frame_without_rows_is_a_control(parser):
    frame = b'{"method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[]}}'
    assert one(parser, frame) == Control("empty", "trades.BTC-PERPETUAL.100ms")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_broken_frame_raises_or_yields_what_is_not_finite(data):
    parser = make()
    frame = bytearray(data.draw(st.sampled_from(FRAMES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"-", b"9", b"e9", b'"', b"null"])
        )
    items = parser.frame(bytes(frame), NOW)
    assert items
    for item in items:
        for event in item if isinstance(item, tuple) else (item,):
            for field in ("price", "size", "bid", "ask", "mark", "oi_base", "open", "depth_bid"):
                value = getattr(event, field, None)
                assert value is None or 0 <= value < 1e19, frame


def test_every_number_of_the_fixtures_survives_the_trip():
    for payload in FRAMES:
        for text in _numbers(payload.decode()):
            assert Decimal(repr(msgspec.json.decode(text.encode(), type=float))) == Decimal(text)


def _numbers(text):
    found = []
    json.loads(text, parse_float=found.append)
    return found
