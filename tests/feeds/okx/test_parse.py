"""What OKX's frames mean."""

import json
import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.instruments import Instruments
from fbkit.feeds.okx.parse import Parser
from fbkit.feeds.okx.symbols import assume
from fbkit.model import (
    NS_MS,
    Bar,
    Control,
    Day,
    Event,
    Funding,
    Ignored,
    Liquidation,
    Mark,
    OpenInterest,
    Quote,
    Rejected,
    Side,
    Trade,
)
from tests.feeds.conftest import FIXTURES
from tests.feeds.okx.conftest import NOW

FRAMES = sorted(path.read_bytes().strip() for path in (FIXTURES / "okx").glob("ws_*.json"))
T = 1_791_000_000_000
HOUR = 3_600_000
BTC = "okx:BTC-USDT-PERP"


def test_a_fill_is_of_the_taker_and_counts_contracts(one, load):
    assert one(load("okx/ws_trades_all.json")) == Trade(
        BTC, T * NS_MS, NOW, 2_805_000_001, 83_000.1, 2.5 * 0.01, Side.SELL
    )


def test_merged_fills_bear_the_last_id(one, load):
    trade = one(load("okx/ws_trades.json"))
    assert (trade.venue_id, trade.size, trade.side) == (2_805_000_007, 30 * 0.01, Side.BUY)


def test_contracts_of_an_inverse_swap_are_dollars(one, load):
    trade = one(load("okx/ws_trades_inverse.json"))
    assert (trade.instrument, trade.size, trade.price) == ("okx:BTC-USD-PERP", 4 * 100 / 80_000, 80_000.0)


def test_a_third_of_a_contract_of_pepe_is_three_million_coins(one, load):
    trade = one(load("okx/ws_trades_pepe.json"))
    assert (trade.size, trade.price) == (0.3 * 10_000_000, 0.000004873)


def test_a_trade_of_2022_reads_as_well(one, load):
    trade = one(load("okx/ws_trades_2022.json"))
    assert (trade.instrument, trade.size) == ("okx:BTC-USD-220527", 2 * 100 / 30_218.5)


def test_options_are_another_market_and_strangers_are_not_followed(one, load):
    assert one(load("okx/ws_trades_option.json")) == Ignored("trade", "other_market")
    stranger = load("okx/ws_trades_all.json").replace(b"BTC-USDT-SWAP", b"XYZ-USDT-SWAP")
    assert one(stranger) == Ignored("trade", "not_subscribed")


def test_the_best_prices_come_with_a_number_that_rises(one, load):
    assert one(load("okx/ws_bbo_tbt.json")) == Quote(
        *(BTC, (T + 802) * NS_MS, NOW, 363_000_000_037),
        *(83_000.1, 150.5 * 0.01, 83_000.2, 3.0),
    )


def test_an_empty_side_is_missing_and_before_numbers_there_were_instants(one, parser, load):
    quote = one(load("okx/ws_bbo_tbt_empty_side.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (83_000.1, 1.5, None, None)
    assert one(load("okx/ws_bbo_tbt_2022.json")).venue_id == 1_651_761_120_004


def test_a_top_five_is_summed_up_twice_a_second_at_most(one, load):
    frame = load("okx/ws_books5.json")
    quote = one(frame)
    assert (quote.levels, quote.depth_bid, quote.depth_ask) == (5, 1000 * 0.01, 500 * 0.01)
    assert (quote.bid, quote.ask, quote.venue_id) == (83_000.1, 83_000.2, 363_000_000_052)
    assert one(frame.replace(str(T + 900).encode(), str(T + 1300).encode())) == Ignored("depth", "within_cadence")
    assert isinstance(one(frame.replace(str(T + 900).encode(), str(T + 1400).encode())), Quote)


def test_a_mark_takes_along_what_was_last_heard_of_index_and_funding(one, load):
    bare = one(load("okx/ws_mark_price.json"))
    assert bare == Mark(BTC, (T + 846) * NS_MS, NOW, 83_010.5)
    assert one(load("okx/ws_index_tickers.json")) == Ignored("mark", "within_cadence")
    one(load("okx/ws_funding_rate.json"))
    mark = one(load("okx/ws_mark_price.json").replace(str(T + 846).encode(), str(T + 2000).encode()))
    assert mark == Mark(
        *(BTC, (T + 2000) * NS_MS, NOW, 83_010.5, 83_005.25),
        *(0.0001263463215391, 8.0, (T + 4 * HOUR) * NS_MS),
    )


def test_a_mark_passes_once_a_second(one, load):
    frame = load("okx/ws_mark_price.json")
    one(frame)
    soon = frame.replace(str(T + 846).encode(), str(T + 1046).encode()).replace(b"83010.5", b"83010.6")
    assert one(soon) == Ignored("mark", "within_cadence")


def test_a_settlement_is_told_once_with_the_length_of_its_period(one, load):
    settled = one(load("okx/ws_funding_rate.json"))
    assert settled == Funding(BTC, (T - 4 * HOUR) * NS_MS, NOW, 0.0000341625964238, 8.0)
    assert one(load("okx/ws_funding_rate.json")) == Ignored("funding", "unchanged")


def test_when_periods_become_shorter_the_last_long_one_was_paid_for_in_full(one, load):
    row = json.loads(load("okx/ws_funding_rate.json"))
    one(json.dumps(row).encode())
    row["data"][0] |= {
        "prevFundingTime": str(T + 4 * HOUR),
        "fundingTime": str(T + 5 * HOUR),
        "nextFundingTime": str(T + 6 * HOUR),
    }
    later = one(json.dumps(row).encode())
    assert (later.ts_event, later.funding_hours) == ((T + 4 * HOUR) * NS_MS, 8.0)
    row["data"][0] |= {"settState": "processing", "settFundingRate": "0.5"}
    assert one(json.dumps(row).encode()) == Ignored("funding", "unchanged"), "not yet paid"


def test_a_fresh_listing_has_no_rate_yet(one, parser, load):
    assert one(load("okx/ws_funding_rate_fresh.json")) == Ignored("funding", "unchanged")
    mark = one(load("okx/ws_mark_price.json"))
    assert (mark.funding_rate, mark.funding_hours, mark.ts_funding) == (None, None, (T + HOUR) * NS_MS)


def test_open_interest_counts_coins_once(one, load):
    assert one(load("okx/ws_open_interest.json")) == OpenInterest(
        BTC, (T + 846) * NS_MS, NOW, 31_858.7869, 2_644_311_262.5
    )


def test_flipped_it_counted_both_sides(listed, load):
    [interest] = Parser(listed, frozenset({"open_interest"})).frame(load("okx/ws_open_interest.json"), NOW)
    assert (interest.oi_base, interest.oi_usd) == (31_858.7869 / 2, 2_644_311_262.5 / 2)


def test_the_day_has_coins_and_no_dollars(one, load):
    assert one(load("okx/ws_tickers.json")) == Day(BTC, (T + 614) * NS_MS, NOW, 84_000.0, 84_000 / 80_000 - 1, 77_650.5)
    assert one(load("okx/ws_tickers_untraded.json")) == Ignored("day", "unchanged")


def test_the_position_says_who_died(parser, load):
    assert parser.frame(load("okx/ws_liquidation_orders.json"), NOW) == [
        Liquidation(BTC, (T + 771) * NS_MS, NOW, "long", 82_650.5, 8.55 * 0.01),
        Liquidation(BTC, (T - 480_000) * NS_MS, NOW, "short", 83_400.0, 0.01),
    ]


def test_a_net_position_died_by_the_order_that_closed_it(parser, load):
    linear, inverse, stranger = parser.frame(load("okx/ws_liquidation_orders_net.json"), NOW)
    assert (linear.liquidated, inverse.liquidated, inverse.size) == ("long", "short", 8 * 100 / 80_000)
    assert stranger == Ignored("liquidation", "not_subscribed")


def test_a_candle_is_a_bar_only_when_it_is_confirmed_and_ends_with_its_minute(one, load):
    assert one(load("okx/ws_candle1m_open.json")) == Ignored("bar", "open_bar")
    end = T // 60_000 * 60_000 + 60_000
    assert one(load("okx/ws_candle1m_closed.json")) == Bar(
        *(BTC, end * NS_MS, NOW, "1m", 83_000.0, 83_010.5, 82_990.0, 83_005.5, 5.0, 415_020.5)
    )


def test_a_listing_is_news_of_one_we_follow_and_an_occasion_for_another(one, load):
    listing = one(load("okx/ws_instruments.json"))
    assert (listing.instrument, listing.status, listing.contract_size) == (BTC, "suspend", 0.01)
    assert one(load("okx/ws_instruments.json")) == Ignored("listing", "unchanged")
    assert one(load("okx/ws_instruments_new.json")) == Control("listing", "NEW-USDT-SWAP")


def test_a_newcomer_is_told_before_the_news_of_others(parser, load):
    frame = json.loads(load("okx/ws_instruments.json"))
    frame["data"] += json.loads(load("okx/ws_instruments_new.json"))["data"]
    newcomer, news = parser.frame(json.dumps(frame).encode(), NOW)
    assert (newcomer, news.status) == (Control("listing", "NEW-USDT-SWAP"), "suspend")


def test_a_contract_that_changes_its_size_counts_anew_from_there(one, load):
    listing = one(load("okx/ws_instruments.json").replace(b'"ctVal":"0.01"', b'"ctVal":"0.1"'))
    assert listing.contract_size == 0.1
    assert one(load("okx/ws_trades_all.json")).size == 2.5 * 0.1


def test_answers_and_notices_are_no_data(one, load):
    assert one(b"pong") == Control("pong")
    for name, kind in (("subscribed", "subscribe"), ("refused", "error"), ("notice", "notice")):
        frame = load(f"okx/ws_{name}.json")
        assert one(frame) == Control(kind, frame.decode())


def test_what_was_heard_too_long_ago_is_not_taken_along(one, load):
    one(load("okx/ws_index_tickers.json"))
    one(load("okx/ws_funding_rate.json"))
    for minutes, index, rate in ((3, 83_005.25, 0.0001263463215391), (4, None, 0.0001263463215391), (16, None, None)):
        frame = load("okx/ws_mark_price.json").replace(str(T + 846).encode(), str(T + minutes * 60_000).encode())
        mark = one(frame, NOW + minutes * 60_000 * NS_MS)
        assert (mark.index, mark.funding_rate) == (index, rate)


def test_after_a_cut_books_are_of_the_past_and_the_next_word_is_news(one, parser, load):
    one(load("okx/ws_books_snapshot.json"))
    one(load("okx/ws_mark_price.json"))
    parser.forget(["BTC-USDT-SWAP", "NOBODY-USDT-SWAP"])
    assert isinstance(one(load("okx/ws_mark_price.json")), Mark)
    assert one(load("okx/ws_books_update.json")) == Ignored("depth", "no_state")


@pytest.mark.parametrize(
    ("name", "old", "new", "channel"),
    [
        ("trades_all", b'"83000.1"', b'"nan"', "trade"),
        ("trades_all", b'"83000.1"', b'"inf"', "trade"),
        ("trades_all", b'"83000.1"', b'""', "trade"),
        ("trades_all", b'"2.5"', b'"-1"', "trade"),
        ("trades_all", b'"sell"', b'"both"', "trade"),
        ("trades_all", b'"tradeId"', b'"trade"', "trade"),
        ("mark_price", b'"83010.5"', b'"0"', "mark"),
        ("bbo_tbt", b'"83000.1"', b'"x"', "quote"),
        ("books_snapshot", b'"83000.1"', b'"x"', "depth"),
        ("tickers", b'"84000","lastSz"', b'"?","lastSz"', "day"),
        ("open_interest", b'"31858.7869"', b'""', "open_interest"),
        ("candle1m_closed", b'"82990"', b'"-5"', "bar"),
    ],
)
def test_a_row_that_cannot_be_believed_is_rejected_by_its_channel(one, load, name, old, new, channel):
    frame = load(f"okx/ws_{name}.json")
    assert old in frame
    item = one(frame.replace(old, new))
    assert (type(item), item.channel, item.reason) == (Rejected, channel, "malformed")


def test_a_bad_row_does_not_cost_its_neighbours(parser, load):
    frame = json.loads(load("okx/ws_trades_all.json"))
    row = frame["data"][0]
    frame["data"] = [row, {**row, "px": ""}, {**row, "tradeId": "2805000002"}]
    first, bad, last = parser.frame(json.dumps(frame).encode(), NOW)
    assert (first.venue_id, last.venue_id) == (2_805_000_001, 2_805_000_002)
    assert isinstance(bad, Rejected)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"ping", b"null", b"\xff", b'{"arg":7}', b"[" * 10_000])
def test_what_is_no_frame_is_rejected(one, payload):
    assert isinstance(one(payload), Rejected)


def test_a_torn_frame_is_counted_where_it_belongs(one, load):
    item = one(load("okx/ws_trades_all.json")[:120])
    assert (type(item), item.channel, item.instrument) == (Rejected, "trade", BTC)


def test_unknown_keys_other_orders_and_whitespace_change_nothing(one, load):
    frame = json.loads(load("okx/ws_trades_all.json"))
    frame["data"][0] = dict(reversed([*frame["data"][0].items(), ("new", {"a": [1]})]))
    drifted = json.dumps(dict(reversed(frame.items())), indent=1).encode()
    assert one(drifted) == one(load("okx/ws_trades_all.json"))


def test_every_decimal_of_a_frame_survives_the_trip(one, load):
    row = json.loads(load("okx/ws_trades_all.json"))["data"][0]
    assert Decimal(repr(one(load("okx/ws_trades_all.json")).price)) == Decimal(row["px"])


@st.composite
def mutated(draw):
    frame = bytearray(draw(st.sampled_from(FRAMES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(frame) - 1)))
        if draw(st.booleans()):
            frame[at : at + draw(st.integers(0, 9))] = draw(
                st.sampled_from([b"", b"nan", b"-1", b'""', b"1e999", b"null", b"0", b"[]", b"{", b"\xff", b"9" * 30])
            )
        else:
            frame[at : at + 1] = bytes([draw(st.integers(0, 255))])
    return bytes(frame)


@settings(max_examples=400, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_no_mutation_raises_or_makes_a_number_that_is_none(frames):
    parser = Parser(Instruments([assume("BTC-USDT-SWAP"), assume("PEPE-USDT-SWAP"), assume("BTC-USD-SWAP")]))
    names = {known.name for known in parser.instruments}
    for frame in frames:
        items = parser.frame(frame, NOW)
        assert items
        for item in items:
            if isinstance(item, Event):
                assert item.instrument in names
                numbers = [value for value in msgspec.structs.astuple(item) if isinstance(value, float)]
                assert all(math.isfinite(number) for number in numbers)
                prices = ("price", "bid", "ask", "mark", "index", "size", "open", "close", "last", "oi_base")
                assert all(getattr(item, field, None) is None or getattr(item, field) >= 0 for field in prices)
