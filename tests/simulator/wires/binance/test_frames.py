"""What is sent has the shape of the captured frames: keys in order, types, exact decimals."""

import json
import re
from decimal import Decimal

import pytest

from fbkit.simulator.decimals import decimal
from fbkit.simulator.market import Market
from fbkit.simulator.wires.binance import BinanceWire
from fbkit.simulator.wires.binance.streams import stream_of
from fbkit.simulator.wires.binance.templates import combined
from tests.simulator.conftest import MIDNIGHT, NOON

# One message of each kind in the exchange's shape, as captured; values are of no account, keys, order and types are.
SHAPES = {
    "@aggTrade": (
        '{"e":"aggTrade","E":1,"a":1,"s":"S","p":"1.0","q":"1.0","nq":"1.0","f":1,"l":1,"T":1,"m":false,"st":1}'
    ),
    "@bookTicker": (
        '{"e":"bookTicker","u":1,"s":"S","ps":"S","b":"1.0","B":"1.0","a":"1.0","A":"1.0","T":1,"E":1,"st":1}'
    ),
    "@depth5@500ms": (
        '{"e":"depthUpdate","E":1,"T":1,"s":"S","ps":"S","U":1,"u":1,"pu":1,"b":[["1.0","1.0"]],"a":[["1.0","1.0"]],"st":1}'
    ),
    "@markPrice@1s": (
        '{"e":"markPriceUpdate","E":1,"s":"S","p":"1.0","ap":"1.0","P":"1.0","i":"1.0","r":"1.0","T":1,"st":1}'
    ),
    "@ticker": (
        '{"e":"24hrTicker","E":1,"s":"S","ps":"S","p":"1.0","P":"1.0","w":"1.0","c":"1.0","Q":"1.0","o":"1.0","h":"1.0",'
        '"l":"1.0","v":"1.0","q":"1.0","O":1,"C":1,"F":1,"L":1,"n":1,"st":1}'
    ),
    "@forceOrder": (
        '{"e":"forceOrder","E":1,"o":{"s":"S","S":"S","o":"S","f":"S","q":"1.0","p":"1.0","ap":"1.0","X":"S","l":"1.0",'
        '"z":"1.0","T":1,"ps":"S","st":1}}'
    ),
    "@kline_1m": (
        '{"e":"kline","E":1,"s":"S","k":{"t":1,"T":1,"s":"S","i":"S","f":1,"L":1,"o":"1.0","c":"1.0","h":"1.0","l":"1.0",'
        '"v":"1.0","n":1,"x":false,"q":"1.0","V":"1.0","Q":"1.0","B":"0"}}'
    ),
}

NUMBER = re.compile(r"-?\d+(\.\d+)?")


def shape(value):
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(value[0])]
    if isinstance(value, str):
        return "decimal" if NUMBER.fullmatch(value) else "text"
    return type(value).__name__


@pytest.mark.parametrize("what", SHAPES)
def test_a_message_has_the_keys_order_and_types_of_the_real_one(sent, what):
    messages = _some(sent, what)
    assert messages
    for frame in messages:
        message = json.loads(frame.payload)
        assert shape(message) == shape(json.loads(SHAPES[what]))
        assert b" " not in frame.payload


def _some(sent, what):
    # The last seconds of a day: the shock makes every stream speak.
    return sent([f"btcusdt{what}", f"ethusdt{what}"], MIDNIGHT - 10_000, 10)


def test_prices_are_on_the_tick_and_sizes_on_the_step(sent, market, get):
    _, info = get("/fapi/v1/exchangeInfo")
    for listing in info["symbols"][:6]:
        tick, step = Decimal(listing["filters"][0]["tickSize"]), Decimal(listing["filters"][1]["stepSize"])
        decimals = -Decimal(listing["filters"][0]["tickSize"]).as_tuple().exponent
        for frame in sent([f"{listing['symbol'].lower()}@aggTrade"], NOON, 3):
            trade = json.loads(frame.payload)
            assert Decimal(trade["p"]) % tick == 0
            assert Decimal(trade["q"]) % step == 0
            assert -Decimal(trade["p"]).as_tuple().exponent == decimals == listing["pricePrecision"]


def test_an_impatient_exchange_begins_the_ticker_when_its_day_is_made_and_goes_on():
    market = Market(7, 1)
    frames = BinanceWire(market)
    frames.scene.patient = False
    stream = [stream_of("!ticker@arr", market.universe.index)]
    start = NOON // 60_000 * 60_000
    assert frames.second(start, stream) == []
    market.span(start // 60_000 - 1440, start // 60_000)
    for minute in range(3):
        assert frames.second(start + minute * 60_000 + 5000, stream)


def test_a_trade_is_pushed_150_ms_after_it_matched(sent):
    for frame in sent(["btcusdt@aggTrade", "ethusdt@aggTrade"], NOON, 3):
        message = json.loads(frame.payload)
        assert message["E"] - message["T"] == 150
        assert frame.ts_ms == message["E"]


def test_every_frame_is_sent_within_its_second_in_order_of_time(sent):
    names = ["!markPrice@arr@1s", "!forceOrder@arr", "!bookTicker", "btcusdt@aggTrade", "btcusdt@kline_1m"]
    start = NOON // 1000 * 1000
    for k in range(5):
        times = [frame.ts_ms for frame in sent(names, start + k * 1000)]
        assert times == sorted(times)
        assert start + k * 1000 <= times[0]
        assert times[-1] < start + k * 1000 + 1000


def test_wanting_less_changes_nothing_of_the_rest(sent):
    names = ["btcusdt@aggTrade", "ethusdt@aggTrade", "solusdt@bookTicker", "btcusdt@depth5@100ms", "btcusdt@kline_1m"]
    everything = sent([*names, "!bookTicker", "!forceOrder@arr", "xrpusdt@depth10@500ms"], NOON, 3)
    assert sent(names, NOON, 3) == [frame for frame in everything if frame.stream in names]


def test_update_ids_of_quotes_rise(sent):
    last = {}
    for frame in sent(["!bookTicker"], MIDNIGHT - 2000, 4):
        quote = json.loads(frame.payload)
        assert quote["u"] > last.get(quote["s"], 0)
        assert Decimal(quote["b"]) < Decimal(quote["a"])
        last[quote["s"]] = quote["u"]
    assert len(last) == 6


def test_a_book_has_its_levels_from_the_best_outwards_and_joins_the_one_before(sent):
    before = None
    for frame in sent(["btcusdt@depth5@500ms"], MIDNIGHT - 1000, 3):
        book = json.loads(frame.payload)
        bids, asks = ([Decimal(price) for price, _ in book[side]] for side in "ba")
        assert len(bids) == len(asks) == 5
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        assert book["pu"] < book["U"] <= book["u"]
        assert before is None or book["pu"] == before
        before = book["u"]


def test_twenty_levels_begin_with_the_five(sent):
    five = [json.loads(frame.payload) for frame in sent(["ethusdt@depth5@500ms"], NOON)]
    twenty = [json.loads(frame.payload) for frame in sent(["ethusdt@depth20@500ms"], NOON)]
    for small, large in zip(five, twenty, strict=True):
        assert small["b"] == large["b"][:5]
        assert len(large["a"]) == 20


def test_all_marks_come_in_one_bare_array_with_two_strangers_among_them(sent):
    (frame,) = sent(["!markPrice@arr@1s"], NOON)
    rows = json.loads(frame.payload)
    assert [row["s"] for row in rows[-2:]] == ["OMGUSDT", "BTCUSD_PERP"]
    assert (rows[-2]["T"], rows[-1]["st"]) == (0, 2)
    for row in rows[:-2]:
        assert shape(row) == shape(json.loads(SHAPES["@markPrice@1s"]))
        assert row["T"] > row["E"]


def test_all_liquidations_come_as_single_objects_closing_longs_with_sells(sent):
    told = [json.loads(frame.payload)["o"] for frame in sent(["!forceOrder@arr"], MIDNIGHT - 10_000, 10)]
    assert told
    for order in told:
        worse = Decimal(order["p"]) < Decimal(order["ap"])
        assert worse == (order["S"] == "SELL")


def test_a_combined_frame_wraps_the_payload():
    assert combined("a@b", b'{"x":1}') == b'{"stream":"a@b","data":{"x":1}}'


def test_decimals_are_exact_beyond_what_a_float_holds():
    assert decimal(12_345_678_901_234_567_890_123, 5) == "123456789012345678.90123"
