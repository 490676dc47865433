"""What Bitget's frames mean: of v2, of v3, and of v1 as it was in 2022."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.bitget.parse import Parser
from fbkit.feeds.bitget.symbols import assume
from fbkit.feeds.instruments import Instruments
from fbkit.model import (
    NS_MIN,
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
BTC, PEPE = "bitget:BTC-USDT-PERP", "bitget:PEPE-USDT-PERP"
FRAMES = sorted(path.read_bytes().strip() for path in (FIXTURES / "bitget").glob("ws_*.json"))


def make(flipped=frozenset()):
    instruments = Instruments(assume(symbol) for symbol in ("BTCUSDT", "BTCPERP", "1000PEPEUSDT"))
    instruments.set_funding_hours({"1000PEPEUSDT": 4.0}, 8.0)
    return Parser(instruments, flipped)


@pytest.fixture
def parser():
    return make()


def one(parser, payload):
    [item] = parser.frame(payload, NOW)
    return item


def test_the_side_of_a_trade_is_the_takers_and_the_oldest_comes_first(parser, load):
    first, second = parser.frame(load("bitget/ws_trade.json"), NOW)
    assert first == Trade(BTC, T * NS_MS, NOW, 1_432_912_492_051_054_592, 83_000.1, 0.5, Side.BUY)
    assert (second.side, second.venue_id, second.size) == (Side.SELL, 1_432_912_492_051_054_599, 0.0251)


def test_a_replay_of_recent_trades_is_kept_as_it_may_fill_a_hole(parser, load):
    trades = parser.frame(load("bitget/ws_trade_snapshot.json"), NOW)
    assert [trade.ts_event for trade in trades] == [(T - 1000 * i) * NS_MS for i in (3, 2, 1, 0)]
    assert {trade.instrument for trade in trades} == {"bitget:BTC-USDC-PERP"}


def test_one_letter_keys_say_the_same_trade(parser, load):
    trade = one(parser, load("bitget/ws_public_trade_v3.json"))
    assert (trade.instrument, trade.price, trade.size, trade.side) == (BTC, 76_000.3, 0.01, Side.BUY)


def test_a_trade_of_2022_has_no_id_and_is_known_by_what_it_says(parser, load):
    older, newer = parser.frame(load("bitget/ws_trade_2022.json"), NOW)
    assert (older.price, older.side, newer.price, newer.side) == (43_000.0, Side.BUY, 43_000.5, Side.SELL)
    assert older.venue_id != newer.venue_id
    assert [older, newer] == make().frame(load("bitget/ws_trade_2022.json"), NOW)


def test_coin_margined_futures_and_spot_are_other_markets(parser, load):
    frame = load("bitget/ws_trade_coin.json")
    assert one(parser, frame) == Ignored("trade", "other_market")
    assert one(parser, load("bitget/ws_public_trade_v3.json").replace(b"usdt-futures", b"spot")) == Ignored(
        "trade", "other_market"
    )
    stranger = load("bitget/ws_public_trade_v3.json").replace(b"BTCUSDT", b"ETHUSDT")
    assert one(parser, stranger) == Ignored("trade", "not_subscribed")


def test_a_ticker_carries_mark_open_interest_and_day_of_coins_not_of_thousands(parser, load):
    mark, interest, day = one(parser, load("bitget/ws_ticker.json"))
    assert mark == Mark(
        PEPE, T * NS_MS, NOW, 0.0048002 / 1000, 0.0048004 / 1000, 0.0001, 4.0, 1_791_014_400_000 * NS_MS
    )
    assert interest == OpenInterest(PEPE, T * NS_MS, NOW, 8_572_031_000.0)
    assert day == Day(PEPE, T * NS_MS, NOW, 0.0048 / 1000, -0.04, 2_878_355_000.0, 13_816.1)


def test_the_same_ticker_again_is_too_soon_and_after_a_cut_it_is_news(parser, load):
    frame = load("bitget/ws_ticker.json")
    one(parser, frame)
    assert one(parser, frame) == Ignored("mark", "within_cadence")
    parser.forget(["1000PEPEUSDT"])
    assert len(one(parser, frame)) == 3


def test_nothing_is_scheduled_where_the_next_funding_is_zero(parser, load):
    mark, *_ = one(parser, load("bitget/ws_ticker_delivery.json"))
    assert (mark.mark, mark.index, mark.funding_rate, mark.funding_hours, mark.ts_funding) == (
        *(83_001.0, None),
        *(None, None, None),
    )


@pytest.mark.parametrize(("name", "interest"), [("ws_ticker_v3.json", 29_539.3825), ("ws_ticker_2022.json", 21_957.17)])
def test_tickers_of_three_generations_say_the_same_things(parser, load, name, interest):
    mark, open_interest, day = one(parser, load(f"bitget/{name}"))
    assert (type(mark), type(open_interest), type(day)) == (Mark, OpenInterest, Day)
    assert (mark.ts_event, mark.ts_funding) == (T * NS_MS, 1_791_014_400_000 * NS_MS)
    assert open_interest.oi_base == interest
    assert -0.04 < day.change < 0


def test_read_the_other_way_open_interest_is_both_sides(load):
    _, interest, _ = one(make(frozenset({"open_interest"})), load("bitget/ws_ticker.json"))
    assert interest.oi_base == 8_572_031_000.0 / 2


def test_the_best_bid_and_ask_have_the_sequence_for_an_id(parser, load):
    quote = one(parser, load("bitget/ws_books1.json"))
    assert quote == Quote(BTC, T * NS_MS, NOW, 1_304_314_508_780, 83_000.1, 4.215, 83_000.2, 3.763)
    assert one(parser, load("bitget/ws_books1_v3.json")).venue_id == 9


def test_an_empty_side_is_none_and_without_a_sequence_the_instant_is_the_id(parser, load):
    quote = one(parser, load("bitget/ws_books1_one_side.json"))
    assert (quote.bid, quote.bid_size, quote.ask, quote.venue_id) == (None, None, 83_000.2, T)


def test_five_levels_are_summed_in_coins(parser, load):
    depth = one(parser, load("bitget/ws_books5.json"))
    assert (depth.instrument, depth.levels, depth.venue_id) == (PEPE, 5, 77)
    assert (depth.depth_bid, depth.depth_ask) == (15_000.0, 150_000.0)
    assert one(parser, load("bitget/ws_books5.json")) == Ignored("depth", "within_cadence")


def test_a_closed_candle_is_known_when_the_next_begins(parser, load):
    assert parser.frame(load("bitget/ws_candle_snapshot.json"), NOW) == [
        Ignored("bar", "open_bar"),
        *[Ignored("bar", "replayed")] * 3,
    ]
    start = T - T % 60_000
    bar = one(parser, load("bitget/ws_candle_update.json"))
    assert bar == Bar(
        BTC, start * NS_MS + NS_MIN, NOW, "1m", 83_000.0, 83_010.5, 82_990.0, 83_005.0, 12.5, 1_037_500.25
    )


def test_a_bar_that_closed_during_a_cut_is_told_by_the_snapshot_after_it(parser, load):
    frame = json.loads(load("bitget/ws_candle_snapshot.json"))
    parser.frame(json.dumps(frame).encode(), NOW)
    parser.forget(["BTCUSDT"])
    for row in frame["data"]:
        row[0] = str(int(row[0]) + 120_000)
    items = parser.frame(json.dumps(frame).encode(), NOW)
    told = [item.ts_event // NS_MIN * 60_000 for item in items if isinstance(item, Bar)]
    first = T - T % 60_000 + 60_000
    assert told == [first, first + 60_000]


def test_a_candle_of_2022_has_no_turnover_and_becomes_no_bar(parser, load):
    assert one(parser, load("bitget/ws_candle_2022.json")) == Ignored("bar", "not_subscribed")


def test_v3_says_candles_by_their_words(parser, load):
    frame = load("bitget/ws_kline_v3.json")
    one(parser, frame)
    later = frame.replace(str(T - T % 60_000).encode(), str(T - T % 60_000 + 60_000).encode())
    assert one(parser, later).vol_usd == 249_012.0


def test_buy_means_a_long_was_liquidated_and_the_amount_is_worth_not_coins(parser, load):
    long, short = parser.frame(load("bitget/ws_liquidation_v3.json"), NOW)
    assert long == Liquidation(PEPE, (T - 11_000) * NS_MS, NOW, "long", 0.005 / 1000, 25 / 0.005 * 1000)
    assert (short.liquidated, short.price, short.size) == ("short", 83_000.0, 0.1)


def test_more_coins_than_there_are_were_not_liquidated(parser, load):
    frame = load("bitget/ws_liquidation_v3.json").replace(b'"0.005"', b'"1e-300"')
    bad, good = parser.frame(frame, NOW)
    assert (bad.reason, bad.instrument, good.size) == ("malformed", PEPE, 0.1)


def test_a_number_where_a_text_stood_and_nothing_where_a_number_stood_read_alike(parser, load):
    trades = parser.frame(load("bitget/ws_trade.json"), NOW)
    drifted = json.loads(load("bitget/ws_trade.json"))
    for row in drifted["data"]:
        row |= {"tradeId": int(row["tradeId"]), "ts": int(row["ts"]), "price": float(row["price"]), "new": None}
    assert parser.frame(json.dumps(drifted).encode(), NOW) == trades
    ticker = load("bitget/ws_ticker.json").replace(b'"0.0048004"', b"null").replace(b'"8572031"', b'""')
    mark, day = one(parser, ticker)
    assert (type(mark), mark.index, type(day)) == (Mark, None, Day)


def test_answers_errors_and_pongs_are_no_items(parser, load):
    kinds = [one(parser, load(f"bitget/ws_{name}.json")).kind for name in ("subscribed", "error", "pong")]
    assert kinds == ["answer", "error", "pong"]


@pytest.mark.parametrize(
    ("payload", "channel", "reason"),
    [
        (b"nonsense", "", "malformed"),
        (b"{}", "", "unknown"),
        (b'{"arg":{"channel":"trade"},"action":"update"}', "trade", "malformed"),
        (b'{"arg":{"instType":"USDT-FUTURES","channel":"votes","instId":"BTCUSDT"},"data":[]}', "", "unknown"),
        (b"[" * 100_000, "", "malformed"),
    ],
)
def test_what_cannot_be_read_is_set_aside_with_a_reason(parser, payload, channel, reason):
    item = one(parser, payload)
    assert (type(item), item.channel, item.reason) == (Rejected, channel, reason)


def test_a_bad_row_costs_only_itself(parser, load):
    frame = load("bitget/ws_trade.json").replace(b'"83000.2"', b'"nan"')
    bad, good = sorted(parser.frame(frame, NOW), key=lambda item: isinstance(item, Trade))
    assert (bad.reason, bad.instrument, good.price) == ("malformed", BTC, 83_000.1)


def test_a_frame_without_rows_is_said_to_be_empty(parser):
    frame = b'{"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},"data":[]}'
    assert one(parser, frame) == Control("empty", "trade")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FRAMES), st.data())
def test_no_damage_to_a_frame_raises_or_gives_a_number_that_is_none(frame, data):
    start = data.draw(st.integers(0, len(frame)))
    length = data.draw(st.integers(0, 12))
    damaged = frame[:start] + data.draw(st.binary(max_size=8)) + frame[start + length :]
    items = make().frame(damaged, NOW)
    assert items
    for item in items:
        for event in item if isinstance(item, tuple) else (item,):
            price = getattr(event, "price", None) or getattr(event, "mark", None) or getattr(event, "bid", None)
            assert price is None or 0 < price < 1e16
