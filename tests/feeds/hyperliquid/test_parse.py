"""What Hyperliquid's frames mean."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.hyperliquid.parse import Parser
from fbkit.feeds.hyperliquid.symbols import FUNDING_HOURS, assume
from fbkit.feeds.instruments import Instruments
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_MS,
    NS_S,
    Bar,
    Control,
    Day,
    Ignored,
    Mark,
    OpenInterest,
    Quote,
    Rejected,
    Side,
    Trade,
)
from tests.feeds.conftest import FIXTURES
from tests.feeds.spoilt import NO_MESSAGE, spoil

HOUR = 1_791_000_000_000 * NS_MS
NOW = HOUR + 70 * NS_S
FRAMES = sorted(path.read_bytes().strip() for path in (FIXTURES / "hyperliquid").glob("ws_*.json"))


def make_parser():
    instruments = Instruments(assume(symbol) for symbol in ("BTC", "kPEPE"))
    instruments.set_funding_hours({}, FUNDING_HOURS)
    return Parser(instruments)


@pytest.fixture
def parser():
    return make_parser()


def one(parser, payload, now=NOW):
    [item] = parser.frame(payload, now)
    return item


def test_b_means_the_taker_bought_and_a_that_the_taker_sold(parser, load):
    bought, sold = parser.frame(load("hyperliquid/ws_trades.json"), NOW)
    assert bought == Trade("hyperliquid:BTC-USD-PERP", HOUR, NOW, 812_345_678_901_234, 83_001.0, 0.0125, Side.BUY)
    assert (sold.side, sold.size, sold.venue_id) == (Side.SELL, 1.5, 12_345_678_901)
    assert sold.venue_id < bought.venue_id, "ids are no order"


def test_pepe_is_counted_in_coins_not_in_thousands(parser, load):
    trade = one(parser, load("hyperliquid/ws_trades_kpepe.json"))
    assert (trade.instrument, trade.price, trade.size) == (
        "hyperliquid:PEPE-USD-PERP",
        0.012345 / 1000,
        1_000_000.0,
    )
    quote = one(parser, load("hyperliquid/ws_bbo.json"))
    assert (quote.bid, quote.ask) == (0.012345 / 1000, 0.012346 / 1000)
    assert (quote.bid_size, quote.ask_size) == (1_000_000.0, 2_500_000.0)
    mark, interest, day = one(parser, load("hyperliquid/ws_active_asset_ctx_kpepe.json"))
    assert (mark.mark, mark.index, interest.oi_base) == (0.01 / 1000, 0.01 / 1000, 3e9)
    assert (day.vol_base, day.vol_usd) == (5e8, 5500.0)


def test_a_quote_is_told_apart_by_its_blocks_time(parser, load):
    quote = one(parser, load("hyperliquid/ws_bbo.json"))
    assert (quote.venue_id, quote.ts_event, quote.levels) == (1_791_000_000_157, HOUR + 157 * NS_MS, 0)


@pytest.mark.parametrize("entries", [b'"n":9},null]', b'"n":9}]'])
def test_a_side_that_is_null_or_left_out_is_missing(parser, load, entries):
    frame = load("hyperliquid/ws_bbo_no_ask.json").replace(b'"n":9},null]', entries)
    quote = one(parser, frame)
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (83_000.0, 4.5, None, None)


def test_a_book_is_whole_and_its_best_five_are_summed_up(parser, load):
    quote = one(parser, load("hyperliquid/ws_l2_book.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (83_000.0, 6.0, 83_001.0, 3.0)
    assert (quote.levels, quote.depth_bid, quote.depth_ask) == (5, 10.0, 6.0)
    deep = one(parser, load("hyperliquid/ws_l2_book_20.json"))
    assert (deep.depth_bid, deep.depth_ask) == (5.0, 10.0)
    assert deep.venue_id > quote.venue_id


def test_an_empty_book_is_a_quote_without_sides(parser):
    quote = one(parser, b'{"channel":"l2Book","data":{"coin":"BTC","time":1730160007687,"levels":[[],[]]}}')
    assert (quote.bid, quote.ask, quote.depth_bid, quote.depth_ask) == (None, None, 0, 0)


def test_a_context_is_a_mark_an_open_interest_and_a_day_of_this_moment(parser, load):
    name = "hyperliquid:BTC-USD-PERP"
    assert one(parser, load("hyperliquid/ws_active_asset_ctx.json")) == (
        Mark(name, NOW, NOW, 83_000.0, 83_010.0, 0.0000125, 1.0, HOUR + NS_HOUR),
        OpenInterest(name, NOW, NOW, 34_500.5),
        Day(name, NOW, NOW, 83_000.0, 83_000.0 / 80_000.0 - 1, 26_942.25, 2_115_733_633.67),
    )


def test_funding_is_an_hours_and_settles_at_the_next_full_hour(parser, load):
    frame = load("hyperliquid/ws_active_asset_ctx.json")
    mark, *_ = one(parser, frame, HOUR - 1)
    assert (mark.funding_hours, mark.ts_funding) == (1.0, HOUR)
    parser.forget(["BTC"])
    mark, *_ = one(parser, frame, HOUR)
    assert mark.ts_funding == HOUR + NS_HOUR


def test_what_a_context_leaves_out_is_missing_and_never_zero(parser, load):
    mark = one(parser, load("hyperliquid/ws_active_asset_ctx_bare.json"))
    assert mark == Mark("hyperliquid:BTC-USD-PERP", NOW, NOW, 83_000.0)


def test_a_context_is_kept_once_a_second_and_its_riders_once_in_five(parser, load):
    frame = load("hyperliquid/ws_active_asset_ctx.json")
    changed = frame.replace(b'"34500.5"', b'"34501.5"').replace(b'"83000.0","midPx', b'"83001.0","midPx')
    assert len(one(parser, frame)) == 3
    assert one(parser, changed, NOW + NS_S // 2) == Ignored("mark", "within_cadence")
    assert isinstance(one(parser, changed, NOW + NS_S), Mark)
    interest, day = one(parser, changed, NOW + 5 * NS_S)
    assert (interest.oi_base, day.last) == (34_501.5, 83_001.0), "and the mark says what it said"


def test_after_a_cut_everything_is_news(parser, load):
    frame = load("hyperliquid/ws_active_asset_ctx.json")
    one(parser, frame)
    parser.forget(["BTC", "kPEPE", "NOSUCH"])
    assert len(one(parser, frame, NOW + 1)) == 3


def test_a_candle_is_closed_by_the_next_and_ends_with_its_minute(parser, load):
    open_, next_ = load("hyperliquid/ws_candle.json"), load("hyperliquid/ws_candle_next.json")
    early = open_.replace(b'"v":"2.5"', b'"v":"0.5"')
    assert [one(parser, frame) for frame in (early, open_)] == [Ignored("bar", "open_bar")] * 2
    mean = (83_000.0 + 83_010.0 + 82_990.0 + 83_004.0) / 4
    assert one(parser, next_) == Bar(
        "hyperliquid:BTC-USD-PERP",
        HOUR + NS_MIN,
        NOW,
        "1m",
        83_000.0,
        83_010.0,
        82_990.0,
        83_004.0,
        2.5,
        2.5 * mean,
        None,
        47,
    )
    assert one(parser, next_) == Ignored("bar", "open_bar"), "told once"


def test_a_candle_that_was_open_at_a_cut_is_no_bar(parser, load):
    one(parser, load("hyperliquid/ws_candle.json"))
    parser.forget(["BTC"])
    assert one(parser, load("hyperliquid/ws_candle_next.json")) == Ignored("bar", "open_bar")


def test_a_candle_from_before_changes_nothing(parser, load):
    one(parser, load("hyperliquid/ws_candle_next.json"))
    assert one(parser, load("hyperliquid/ws_candle.json")) == Ignored("bar", "open_bar")
    assert one(parser, load("hyperliquid/ws_candle_next.json")) == Ignored("bar", "open_bar")


@pytest.mark.parametrize(("wire", "wrong"), [(b'"T":1791000059999', b'"T":1791000059'), (b'"t":17910', b'"t":47910')])
def test_a_candle_of_another_length_or_of_the_future_is_set_aside(parser, load, wire, wrong):
    item = one(parser, load("hyperliquid/ws_candle.json").replace(wire, wrong))
    assert (type(item), item.channel, item.instrument) == (Rejected, "bar", "hyperliquid:BTC-USD-PERP")


def test_the_docs_write_candles_as_a_list(parser, load):
    message = json.loads(load("hyperliquid/ws_candle.json"))
    message["data"] = [message["data"]]
    assert one(parser, json.dumps(message).encode()) == Ignored("bar", "open_bar")


def test_spot_outcomes_and_other_deployers_are_other_markets(parser, load):
    assert one(parser, load("hyperliquid/ws_active_spot_asset_ctx.json")) == Ignored("mark", "other_market")
    for symbol in (b"@162", b"xyz:GOLD", b"#330"):
        frame = load("hyperliquid/ws_bbo.json").replace(b"kPEPE", symbol)
        assert one(parser, frame) == Ignored("quote", "other_market")


def test_whom_nobody_follows_is_not_subscribed(parser, load):
    for name, channel in (("trades", "trade"), ("l2_book", "depth"), ("active_asset_ctx", "mark"), ("candle", "bar")):
        frame = load(f"hyperliquid/ws_{name}.json").replace(b'"BTC"', b'"ETH"')
        assert set(parser.frame(frame, NOW)) == {Ignored(channel, "not_subscribed")}


def test_what_is_said_of_the_conversation_is_control(parser, load):
    said = {
        name: one(parser, load(f"hyperliquid/ws_{name}.json"))
        for name in ("subscribed", "pong", "already_subscribed", "invalid_subscription", "too_many")
    }
    assert [item.kind for item in said.values()] == ["answer", "pong", "error", "error", "error"]
    assert "NOSUCH" in said["invalid_subscription"].detail
    assert one(parser, b"Websocket connection established.").kind == "greeting"
    assert one(parser, b'{"channel":"trades","data":[]}').kind == "empty"


@pytest.mark.parametrize("frame", FRAMES)
def test_the_order_of_keys_and_unknown_keys_do_not_matter(frame, load):
    shuffled = json.dumps({"zz": [{}], **dict(reversed(json.loads(frame).items()))}, indent=1).encode()
    expected, found = (make_parser().frame(payload, NOW) for payload in (frame, shuffled))
    assert found == expected or all(isinstance(item, Control) for item in found)


def test_numbers_instead_of_text_do_not_matter(load):
    frame = load("hyperliquid/ws_trades_kpepe.json")
    bare = frame.replace(b'"0.012345"', b"0.012345").replace(b'"1000.0"', b"1000.0")
    assert make_parser().frame(bare, NOW) == make_parser().frame(frame, NOW)


def test_a_bad_row_does_not_cost_the_others(parser, load):
    bad, good = parser.frame(load("hyperliquid/ws_trades.json").replace(b'"83001.0"', b'"-1"'), NOW)
    assert (type(bad), bad.channel, bad.reason) == (Rejected, "trade", "malformed")
    assert good.price == 83_000.0


@pytest.mark.faults("C5")
@pytest.mark.parametrize("price", ['"NaN"', '"inf"', '"-1"', '"0"', '""', '"abc"', "null", "[]", "1e999", '"1e999"'])
@pytest.mark.parametrize("name", ["trades_kpepe", "bbo"])
def test_a_price_that_cannot_be_is_set_aside(parser, load, name, price):
    item = one(parser, load(f"hyperliquid/ws_{name}.json").replace(b'"0.012345"', price.encode()))
    assert (type(item), item.reason) == (Rejected, "malformed")
    assert item.sample


@pytest.mark.faults("C5")
def test_a_side_that_is_neither_is_set_aside(parser, load):
    assert type(one(parser, load("hyperliquid/ws_trades_kpepe.json").replace(b'"A"', b'"S"'))) is Rejected


@pytest.mark.faults("C6")
def test_a_message_of_the_future_is_kept_and_unknown(parser):
    item = one(parser, b'{"channel":"oracle","data":{"coin":"BTC","px":"1"}}')
    assert (type(item), item.reason) == (Rejected, "unknown")


@pytest.mark.faults("C5")
@pytest.mark.parametrize("payload", NO_MESSAGE)
def test_what_is_no_message_is_rejected(parser, payload):
    item = one(parser, payload)
    assert type(item) is Rejected
    assert len(item.sample) <= 4096


@pytest.mark.faults("C5")
@settings(max_examples=300, deadline=None, derandomize=True)
@given(frame=st.sampled_from(FRAMES), choose=st.data())
def test_no_junk_in_a_message_raises_or_passes_as_a_number(frame, choose):
    payload = json.dumps(spoil(json.loads(frame), choose)).encode()
    parser = make_parser()
    check(parser.frame(payload, NOW))
    check(parser.frame(frame, NOW))


@pytest.mark.faults("C5")
@settings(max_examples=200, deadline=None, derandomize=True)
@given(payload=st.binary(max_size=64) | st.text(max_size=64).map(str.encode), cut=st.integers(0, 400), at=st.data())
def test_no_bytes_raise(payload, cut, at):
    parser = make_parser()
    check(parser.frame(payload, NOW))
    frame = at.draw(st.sampled_from(FRAMES))
    check(parser.frame(frame[:cut] + payload + frame[cut:], NOW))


def check(items):
    assert items
    for event in [event for item in items for event in (item if isinstance(item, tuple) else (item,))]:
        if isinstance(event, Trade | Quote | Mark | Day | Bar | OpenInterest):
            assert -(2**63) <= event.ts_event < 2**63
            for value in msgspec.structs.asdict(event).values():
                assert not isinstance(value, float) or abs(value) < 1e34


@pytest.mark.parametrize(
    "text", ["83091.0", "0.00000078", "0.1", "123456789012.345", "900719925474099.3", "4103.92233180"]
)
def test_a_decimal_of_fifteen_digits_survives_the_trip(parser, load, text):
    trade = parser.frame(load("hyperliquid/ws_trades.json").replace(b'"83001.0"', f'"{text}"'.encode()), NOW)[0]
    assert trade.price == float(text)
    if len(text.replace(".", "").strip("0")) <= 15:
        assert Decimal(repr(trade.price)) == Decimal(text)
