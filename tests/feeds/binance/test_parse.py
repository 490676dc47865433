"""What Binance's frames mean."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.binance.symbols import assume
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
    Quote,
    Rejected,
    Side,
    Trade,
)
from tests.feeds.conftest import FIXTURES
from tests.feeds.spoilt import NO_MESSAGE, spoil

NOW = 1_791_000_001_000 * NS_MS
SYMBOLS = ("BTCUSDT", "BTCUSDT_261225", "1000PEPEUSDT", "ETHUSDT", "TRXUSDT", "SUSHIUSDT", "币安人生USDT")
FRAMES = sorted(path.read_bytes().strip() for path in (FIXTURES / "binance").glob("ws_*.json"))


@pytest.fixture
def parser():
    return Parser(Instruments(assume(symbol) for symbol in SYMBOLS))


def one(parser, payload):
    [item] = parser.frame(payload, NOW)
    return item


def test_the_buyer_was_the_maker_so_the_taker_sold(parser, load):
    trade = one(parser, load("binance/ws_agg_trade.json"))
    assert trade == Trade(
        "binance:BTC-USDT-PERP", 1_791_000_000_000 * NS_MS, NOW, 3_400_000_001, 83_000.1, 0.025, Side.SELL
    )


@pytest.mark.parametrize("left_out", ["", "T", "E", "st"])
def test_the_quick_look_at_hot_messages_says_what_their_readers_say(parser, load, left_out):
    """Read where they are met, or (as soon as anything is odd about their instrument) by a method of their own."""
    told = [json.loads(load(f"binance/ws_{name}.json")) for name in ("agg_trade", "book_ticker")]
    for message in told:
        data = message.get("data", message)
        if (left_out, data["e"]) != ("T", "aggTrade"):  # without it that is no trade
            data.pop(left_out, None)
    frames = [json.dumps(message).encode() for message in told]
    quick = parser.frames(frames, NOW)
    for known in parser.instruments:
        known.is_plain = False
    assert parser.frames(frames, NOW) == quick
    assert {type(item) for item in quick} == {Trade, Quote}


def test_a_trade_of_2021_reads_as_well(parser, load):
    trade = one(parser, load("binance/ws_agg_trade_2021.json"))
    assert (trade.price, trade.size, trade.side) == (7.605, 31.0, Side.BUY)


def test_a_single_trade_of_a_recording_has_its_own_id(parser, load):
    assert one(parser, load("binance/ws_trade.json")).venue_id == 5_266_000_935


def test_a_row_without_a_price_is_no_trade(parser, load):
    item = one(parser, load("binance/ws_trade_na.json"))
    assert (type(item), item.channel, item.reason, item.instrument) == (
        Rejected,
        "trade",
        "malformed",
        "binance:TRX-USDT-PERP",
    )


def test_the_insurance_fund_does_not_trade_on_the_market(parser, load):
    assert one(parser, load("binance/ws_trade_insurance_fund.json")) == Ignored("trade", "other_market")


def test_pepe_is_counted_in_coins_not_in_thousands(parser, load):
    quote = one(parser, load("binance/ws_book_ticker.json"))
    assert quote.instrument == "binance:PEPE-USDT-PERP"
    assert (quote.bid, quote.ask) == (0.012345 / 1000, 0.012346 / 1000)
    assert (quote.bid_size, quote.ask_size) == (1_000_000.0, 2_500_000.0)
    assert (quote.venue_id, quote.ts_event, quote.levels) == (11_757_000_000_001, 1_791_000_000_657 * NS_MS, 0)


def test_an_empty_side_is_missing_and_an_undated_quote_is_of_now(parser, load):
    quote = one(parser, load("binance/ws_book_ticker_2019.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (None, None, 9000.5, 4.5)
    assert quote.ts_event == NOW


def test_a_top_five_is_summed_up(parser, load):
    quote = one(parser, load("binance/ws_depth5.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (83_000.0, 6.0, 83_000.1, 3.0)
    assert (quote.levels, quote.depth_bid, quote.depth_ask) == (5, 10.0, 6.0)
    assert quote.ts_event == 1_791_000_000_098 * NS_MS


def test_marks_have_funding_only_where_some_is_scheduled(parser, load):
    parser.instruments.set_funding_hours({"BTCUSDT": 4.0})
    btc, dated, coin_m, gold = parser.frame(load("binance/ws_mark_price_arr.json"), NOW)
    assert btc == Mark(
        "binance:BTC-USDT-PERP",
        1_791_000_000_684 * NS_MS,
        NOW,
        83_010.5,
        83_005.25,
        0.0001,
        4.0,
        1_791_014_400_000 * NS_MS,
    )
    assert (dated.instrument, dated.funding_rate, dated.funding_hours, dated.ts_funding) == (
        "binance:BTC-USDT-261225",
        None,
        None,
        None,
    )
    assert (coin_m, gold) == (Ignored("mark", "other_market"), Ignored("mark", "not_subscribed"))


def test_the_interval_of_funding_is_unknown_until_the_venue_has_said_it(parser, load):
    assert parser.frame(load("binance/ws_mark_price_arr.json"), NOW)[0].funding_hours is None
    parser.instruments.set_funding_hours({}, 8.0)
    assert parser.frame(load("binance/ws_mark_price_arr.json"), NOW)[0].funding_hours == 8.0


def test_the_day_changes_by_a_fraction(parser, load):
    assert one(parser, load("binance/ws_ticker_arr.json")) == Day(
        "binance:BTC-USDT-PERP",
        1_791_000_000_519 * NS_MS,
        NOW,
        83_000.0,
        -3.5 / 100,
        170_000.5,
        14_280_000_000.0,
        3_500_001,
    )


def test_sell_from_binance_means_a_long_was_liquidated(parser, load):
    assert one(parser, load("binance/ws_force_order_sell.json")) == Liquidation(
        "binance:BTC-USDT-PERP", 1_791_000_000_120 * NS_MS, NOW, "long", 82_650.5, 0.19
    )


def test_buy_means_a_short_was_and_a_name_may_be_in_any_script(parser, load):
    item = one(parser, load("binance/ws_force_order_cjk.json"))
    assert (item.instrument, item.liquidated) == ("binance:币安人生-USDT-PERP", "short")


def test_a_candle_is_a_bar_only_when_it_is_closed_and_ends_with_its_minute(parser, load):
    assert one(parser, load("binance/ws_kline_open.json")) == Ignored("bar", "open_bar")
    bar = one(parser, load("binance/ws_kline_closed.json"))
    assert bar == Bar(
        "binance:BTC-USDT-PERP",
        1_791_000_000_000 * NS_MS,
        NOW,
        "1m",
        83_000.0,
        83_010.9,
        82_990.7,
        83_001.1,
        104.1,
        8_640_300.554,
        4_714_400.9562,
        900,
    )


def test_a_contract_that_settles_is_listed_as_settling(parser, load):
    item = one(parser, load("binance/ws_contract_info.json"))
    assert type(item) is Listing
    assert (item.instrument, item.status) == ("binance:BTC-USDT-PERP", "settling")


def test_a_strangers_state_is_news_for_the_list_and_coin_margined_contracts_are_nobodys(parser):
    listed = b'{"e":"contractInfo","E":1,"s":"%s","cs":"TRADING","st":%d}'
    assert one(parser, listed % (b"NEWUSDT", 1)) == Control("listing", "NEWUSDT")
    assert one(parser, listed % (b"BTCUSD_PERP", 2)) == Ignored("listing", "other_market")
    assert one(parser, listed % (b"BTCUSD_PERP", 1)) == Ignored("listing", "other_market")


def test_an_answer_and_an_error_are_control_and_no_items(parser, load):
    assert one(parser, load("binance/ws_subscribed.json")).kind == "answer"
    refused = one(parser, load("binance/ws_too_many.json"))
    assert (type(refused), refused.kind) == (Control, "error")
    assert "Too many" in refused.detail


@pytest.mark.parametrize("frame", [frame for frame in FRAMES if b'"data"' in frame and b"@depth" not in frame])
def test_a_frame_means_the_same_without_its_envelope_and_in_any_order(frame, parser):
    fields = json.loads(frame)
    items = parser.frame(frame, NOW)
    assert parser.frame(json.dumps(fields["data"]).encode(), NOW) == items
    shuffled = json.dumps(dict(reversed(fields.items())), indent=1, ensure_ascii=False).encode()
    assert parser.frame(shuffled, NOW) == items


def test_a_bad_row_does_not_cost_the_others(parser, load):
    frame = load("binance/ws_mark_price_arr.json").replace(b'"p":"83500.00000000"', b'"p":"-1"')
    btc, dated, *_ = parser.frame(frame, NOW)
    assert btc.mark == 83_010.5
    assert (type(dated), dated.channel, dated.reason, dated.instrument) == (
        Rejected,
        "mark",
        "malformed",
        "binance:BTC-USDT-261225",
    )


@pytest.mark.faults("C5")
@pytest.mark.parametrize("price", ['"NaN"', '"inf"', '"-1"', '"0"', '""', '"abc"', "null", "[]", "1e999", '"1e999"'])
def test_a_price_that_cannot_be_is_set_aside(parser, load, price):
    frame = load("binance/ws_agg_trade.json").replace(b'"83000.10"', price.encode())
    item = one(parser, frame)
    assert (type(item), item.reason) == (Rejected, "malformed")
    assert item.sample


@pytest.mark.faults("C6")
def test_a_message_of_the_future_is_kept_and_unknown(parser):
    item = one(parser, b'{"stream":"btcusdt@oracle","data":{"e":"oracle","s":"BTCUSDT","p":"1"}}')
    assert (type(item), item.reason, item.instrument) == (Rejected, "unknown", "binance:BTC-USDT-PERP")


def test_unknown_keys_and_numbers_instead_of_text_do_not_matter(parser, load):
    frame = load("binance/ws_agg_trade.json").replace(b'"p":"83000.10"', b'"zz":[{}],"p":83000.1')
    assert one(parser, frame) == one(parser, load("binance/ws_agg_trade.json"))


@pytest.mark.faults("C5")
@pytest.mark.parametrize("payload", NO_MESSAGE)
def test_what_is_no_message_is_rejected_or_control(parser, payload):
    item = one(parser, payload)
    assert type(item) in {Rejected, Control}
    if type(item) is Rejected:
        assert len(item.sample) <= 4096


@pytest.mark.faults("C5")
@settings(max_examples=300, deadline=None, derandomize=True)
@given(frame=st.sampled_from(FRAMES), choose=st.data())
def test_no_junk_in_a_message_raises_or_passes_as_a_number(frame, choose):
    parser = Parser(Instruments(assume(symbol) for symbol in SYMBOLS))
    payload = json.dumps(spoil(json.loads(frame), choose)).encode()
    check(parser.frame(payload, NOW))


@pytest.mark.faults("C5")
@settings(max_examples=200, deadline=None, derandomize=True)
@given(payload=st.binary(max_size=64) | st.text(max_size=64).map(str.encode), cut=st.integers(0, 400), at=st.data())
def test_no_bytes_raise(payload, cut, at):
    parser = Parser(Instruments(assume(symbol) for symbol in SYMBOLS))
    check(parser.frame(payload, NOW))
    frame = at.draw(st.sampled_from(FRAMES))
    check(parser.frame(frame[:cut] + payload + frame[cut:], NOW))


def check(items):
    assert items
    for item in items:
        if isinstance(item, Trade | Quote | Mark | Day | Bar | Liquidation):
            assert -(2**63) <= item.ts_event < 2**63
            for value in msgspec.structs.asdict(item).values():
                assert not isinstance(value, float) or abs(value) < 1e21


@pytest.mark.parametrize(
    "text", ["83091.70", "0.00000078", "0.1", "123456789012.345", "900719925474099.3", "4103.92233180"]
)
def test_a_decimal_of_fifteen_digits_survives_the_trip(parser, load, text):
    trade = one(parser, load("binance/ws_agg_trade.json").replace(b'"83000.10"', f'"{text}"'.encode()))
    assert trade.price == float(text)
    if len(text.replace(".", "").strip("0")) <= 15:
        assert Decimal(repr(trade.price)) == Decimal(text)
