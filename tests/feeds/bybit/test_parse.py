"""What Bybit's frames mean."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.bybit.parse import Parser
from fbkit.feeds.bybit.symbols import assume
from fbkit.feeds.decoding import hashed
from fbkit.feeds.instruments import Instruments
from fbkit.model import (
    NS_MS,
    Bar,
    Control,
    Day,
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

T = 1_791_000_000_000
NOW = (T + 1_000) * NS_MS
BTC = "bybit:BTC-USDT-PERP"
SYMBOLS = ("BTCUSDT", "BTCPERP", "1000PEPEUSDT", "GALAUSDT", "BTCUSDT-25DEC26")
FRAMES = sorted(path.read_bytes().strip() for path in (FIXTURES / "bybit").glob("ws_*.json"))


@pytest.fixture
def parser():
    return Parser(Instruments(assume(symbol) for symbol in SYMBOLS))


def one(parser, payload):
    [item] = parser.frame(payload, NOW)
    return item


def test_the_side_of_a_trade_is_the_takers_and_its_uuid_becomes_a_number(parser, load):
    sold, bought, block = parser.frame(load("bybit/ws_public_trade.json"), NOW)
    number = hashed("6f0b2b54-61a7-5c93-9d53-0c6a3b1d2e01")
    assert sold == Trade(BTC, (T + 7) * NS_MS, NOW, number, 83_000.1, 0.025, Side.SELL)
    assert (bought.side, bought.size) == (Side.BUY, 1.5)
    assert block == Ignored("trade", "other_market")


def test_pepe_is_counted_in_coins_not_in_thousands(parser, load):
    quote = one(parser, load("bybit/ws_orderbook_1.json"))
    assert quote.instrument == "bybit:PEPE-USDT-PERP"
    assert (quote.bid, quote.ask) == (0.004873 / 1000, 0.0048731 / 1000)
    assert (quote.bid_size, quote.ask_size) == (1_000_000.0, 2_500_000.0)
    assert (quote.venue_id, quote.ts_event, quote.levels) == (340_000_000_001, (T + 98) * NS_MS, 0)


def test_an_empty_side_of_a_book_is_missing(parser, load):
    quote = one(parser, load("bybit/ws_orderbook_1_one_sided.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (None, None, 83_000.1, 0.5)


def test_a_best_quote_of_2023_came_as_a_delta(parser, load):
    delta = load("bybit/ws_orderbook_1_delta_2023.json")
    assert one(parser, delta) == Ignored("quote", "no_state")
    assert one(parser, load("bybit/ws_orderbook_1_snapshot_2023.json")).bid == 28_552.0
    quote = one(parser, delta)
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (28_551.5, 0.777, 28_552.1, 25.4)
    assert quote.ts_event == (T + 100) * NS_MS, "there is no cts yet"
    assert one(parser, delta) == Ignored("quote", "no_state"), "a repeated delta changes nothing"


def test_the_top_five_of_a_book_are_summed_up_at_their_cadence(parser, load):
    delta = load("bybit/ws_orderbook_50_delta.json")
    assert one(parser, delta) == Ignored("depth", "no_state")
    first = one(parser, load("bybit/ws_orderbook_50_snapshot.json"))
    assert (first.bid, first.bid_size, first.ask, first.ask_size) == (83_000.0, 1.0, 83_000.1, 2.0)
    assert (first.levels, first.depth_bid, first.depth_ask) == (5, 15.0, 20.0)
    second = one(parser, delta)
    assert (second.bid, second.depth_bid, second.depth_ask) == (82_999.9, 20.0, 27.5)
    assert (second.venue_id, second.ts_event) == (820_000_000_101, (T + 698) * NS_MS)
    soon = delta.replace(b'"u":1001', b'"u":1002').replace(b"698", b"998")
    assert one(parser, soon) == Ignored("depth", "within_cadence")
    assert one(parser, soon) == Ignored("depth", "unchanged")


def test_a_restart_of_the_venue_begins_the_book_anew_without_a_break(parser, load):
    heard = []
    parser.books.on_break = parser.books.on_mend = heard.append
    one(parser, load("bybit/ws_orderbook_50_snapshot.json"))
    one(parser, load("bybit/ws_orderbook_50_delta.json"))
    quote = one(parser, load("bybit/ws_orderbook_50_restart.json"))
    assert (quote.bid, quote.venue_id, heard) == (82_999.9, 820_000_000_200, [])


def test_a_ticker_carries_mark_open_interest_and_day(parser, load):
    mark, interest, day = one(parser, load("bybit/ws_ticker_snapshot.json"))
    ts = (T + 200) * NS_MS
    assert mark == Mark(BTC, ts, NOW, 83_010.5, 83_005.25, 0.0001, 4.0, (T + 14_400_000) * NS_MS)
    assert interest == OpenInterest(BTC, ts, NOW, 30_000.25, 2_490_335_752.62)
    assert day == Day(BTC, ts, NOW, 83_000.0, -0.035, 48_000.5, 4_000_000_000.5)


def test_a_delta_is_merged_and_an_empty_text_takes_a_value_away(parser, load):
    delta = load("bybit/ws_ticker_delta.json")
    assert one(parser, delta) == Ignored("mark", "no_state")
    one(parser, load("bybit/ws_ticker_snapshot.json"))
    mark = one(parser, delta)
    assert (mark.mark, mark.index) == (83_011.0, 83_005.25)
    assert (mark.funding_rate, mark.funding_hours, mark.ts_funding) == (None, None, None)
    assert one(parser, delta) == Ignored("mark", "within_cadence")


def test_after_a_cut_deltas_wait_for_their_snapshots(parser, load):
    for name in ("ws_ticker_snapshot", "ws_orderbook_50_snapshot"):
        parser.frame(load(f"bybit/{name}.json"), NOW)
    parser.forget(["BTCUSDT"])
    assert one(parser, load("bybit/ws_ticker_delta.json")) == Ignored("mark", "no_state")
    assert one(parser, load("bybit/ws_orderbook_50_delta.json")) == Ignored("depth", "no_state")
    assert isinstance(one(parser, load("bybit/ws_ticker_snapshot.json")), tuple), "the next word is news"


def test_before_2026_open_interest_counted_both_sides(parser, load):
    _, interest, _ = one(parser, load("bybit/ws_ticker_2023.json"))
    assert (interest.oi_base, interest.oi_usd) == (30_000.25, 4_980_671_505.25 / 2)


def test_the_interval_of_funding_comes_from_the_list_where_the_ticker_lacks_it(parser, load):
    parser.instruments.set_funding_hours({"BTCUSDT": 2.0})
    assert one(parser, load("bybit/ws_ticker_2023.json"))[0].funding_hours == 2.0


def test_a_dated_contract_has_no_funding(parser, load):
    mark, _, _ = one(parser, load("bybit/ws_ticker_dated.json"))
    assert mark.instrument == "bybit:BTC-USDT-261225"
    assert (mark.funding_rate, mark.funding_hours, mark.ts_funding) == (None, None, None)


def test_buy_from_bybit_means_a_long_was_liquidated(parser, load):
    long, short = parser.frame(load("bybit/ws_all_liquidation_buy.json"), NOW)
    assert long == Liquidation(BTC, (T + 120) * NS_MS, NOW, "long", 82_650.5, 0.19)
    assert short.liquidated == "short"


def test_a_liquidation_of_2023_reads_alike(parser, load):
    item = one(parser, load("bybit/ws_liquidation_2023.json"))
    assert item == Liquidation("bybit:GALA-USDT-PERP", 1_673_251_000_822 * NS_MS, NOW, "long", 0.03805, 1600.0)


def test_a_candle_is_a_bar_when_it_is_confirmed_and_ends_with_its_minute(parser, load):
    closed, still_open = parser.frame(load("bybit/ws_kline_closed_and_open.json"), NOW)
    assert closed == Bar(BTC, T * NS_MS, NOW, "1m", 83_010.1, 83_020.5, 82_990.0, 83_000.0, 12.5, 1_037_600.25)
    assert still_open == Ignored("bar", "open_bar")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ws_subscribed", "answer"), ("ws_refused", "error"), ("ws_already_subscribed", "error"), ("ws_pong", "pong")],
)
def test_answers_and_pongs_are_no_items(parser, load, name, kind):
    payload = load(f"bybit/{name}.json")
    assert one(parser, payload) == Control(kind, payload.decode())


def test_strangers_and_other_markets_are_told_apart(parser, load):
    trade = load("bybit/ws_public_trade.json")
    assert set(parser.frame(trade.replace(b"BTCUSDT", b"ETHUSDT"), NOW)) == {Ignored("trade", "not_subscribed")}
    assert set(parser.frame(trade.replace(b"BTCUSDT", b"BTCUSD"), NOW)) == {Ignored("trade", "other_market")}


def test_a_row_of_another_symbol_than_its_topic_is_not_believed(parser, load):
    payload = load("bybit/ws_all_liquidation_buy.json").replace(b'"s":"BTCUSDT"', b'"s":"BTCPERP"', 1)
    bad, good = parser.frame(payload, NOW)
    assert (type(bad), bad.channel, bad.reason) == (Rejected, "liquidation", "malformed")
    assert good.liquidated == "short"


@pytest.mark.parametrize("text", ['"nan"', '"inf"', '"-1"', '""', "null", "{}", '"1e400"'])
def test_a_bad_price_costs_one_row_only(parser, load, text):
    payload = load("bybit/ws_public_trade.json").replace(b'"83000.10"', text.encode())
    bad, good, _ = parser.frame(payload, NOW)
    assert (type(bad), bad.channel, bad.reason, bad.instrument) == (Rejected, "trade", "malformed", BTC)
    assert isinstance(good, Trade)


@pytest.mark.parametrize("field", ["markPrice", "openInterest", "lastPrice"])
@pytest.mark.parametrize("text", ['"nan"', '"inf"', '""', '"-1"'])
def test_a_ticker_says_nothing_of_what_is_no_number(parser, load, field, text):
    whole = json.loads(load("bybit/ws_ticker_snapshot.json"))
    whole["data"] |= {field: json.loads(text), "singleOpenInterest": json.loads(text)}
    events = one(parser, json.dumps(whole).encode())
    kinds = {"markPrice": Mark, "openInterest": OpenInterest, "lastPrice": Day}
    assert kinds[field] not in {type(event) for event in events}


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"null", b'{"op":[]}', b'{"topic":7}', b"\xff", b"[" * 99_999])
def test_what_is_no_message_is_rejected(parser, payload):
    item = one(parser, payload)
    assert isinstance(item, Rejected | Control)
    assert getattr(item, "reason", "malformed") in {"malformed", "unknown"}


@pytest.mark.parametrize("topic", ["insurance.USDT", "orderbook.full.BTCUSDT", "adlAlert.USDT", "x"])
def test_a_topic_nobody_knows_is_kept_as_unknown(parser, topic):
    item = one(parser, json.dumps({"topic": topic, "data": {}}).encode())
    assert (item.channel, item.reason) == ("", "unknown")


def test_numbers_may_change_to_texts_and_back(parser, load):
    drifted = (
        load("bybit/ws_public_trade.json").replace(b'"0.025"', b"0.025").replace(b'"ts":1791000000010', b'"ts":"5"')
    )
    assert parser.frame(drifted, NOW)[0].size == 0.025


def test_every_decimal_of_the_fixtures_survives_the_trip(parser, load):
    rows = json.loads(load("bybit/ws_public_trade.json"))["data"]
    for item, row in zip(parser.frame(load("bybit/ws_public_trade.json"), NOW), rows, strict=True):
        if isinstance(item, Trade):
            assert Decimal(repr(item.price)) == Decimal(row["p"])
            assert Decimal(repr(item.size)) == Decimal(row["v"])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_mutation_of_a_frame_raises_or_yields_nonsense(data):
    parser = Parser(Instruments(assume(symbol) for symbol in SYMBOLS))
    names = {assume(symbol).name for symbol in SYMBOLS}
    for _ in range(3):
        payload = bytearray(data.draw(st.sampled_from(FRAMES)))
        for _ in range(data.draw(st.integers(0, 4))):
            at = data.draw(st.integers(0, len(payload) - 1))
            payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        items = parser.frame(bytes(payload), NOW)
        assert items
        for item in items:
            for event in item if isinstance(item, tuple) else (item,):
                if not isinstance(event, Ignored | Rejected | Control):
                    assert event.instrument in names
                    assert_sane(event)


def assert_sane(event):
    signed = {"funding_rate", "change", "venue_id"}
    for field in event.__struct_fields__:
        value = getattr(event, field)
        if isinstance(value, float) or field.startswith("ts_"):
            assert value is None or -1e19 < value < 1e19, "neither NaN nor infinite"
            assert field in signed or value is None or value >= 0
    if isinstance(event, Quote):
        assert event.bid is None or event.bid > 0
    assert msgspec.json.encode(event)
