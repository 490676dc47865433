"""Gate's frames: what they mean, and what they must not."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.gate.parse import Parser
from fbkit.feeds.instruments import Instruments
from fbkit.model import (
    NS_MS,
    NS_S,
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
from tests.feeds.gate.conftest import NOW, contract

FRAMES = sorted(path.name for path in (FIXTURES / "gate").glob("ws_*.json"))


@pytest.fixture
def read(parser, load):
    return lambda name: parser.frame(load(f"gate/{name}"), NOW)


def test_a_negative_size_is_a_taker_who_sold_contracts(read):
    sold, bought = read("ws_trades_decimal.json")
    assert sold == Trade("gate:ETH-USDT-PERP", 1_774_443_183_399 * NS_MS, NOW, 81002, 2171.44, 0.25 * 0.01, Side.SELL)
    assert (bought.side, bought.size, bought.venue_id) == (Side.BUY, 12 * 0.01, 81005)


def test_sizes_without_the_header_are_numbers_and_read_alike(read):
    [trade] = read("ws_trades_integer.json")
    assert (trade.size, trade.side, trade.price) == (7 * 0.0001, Side.SELL, 27009.9)
    assert trade.ts_event == 1_684_930_171_331_250_000, "milliseconds may have decimals"


def test_an_instant_may_be_a_text_and_a_price_a_number(parser):
    row = {"size": 5, "id": 1, "create_time_ms": "1631824310261.896", "price": 0.836, "contract": "BTC_USDT"}
    frame = json.dumps({"channel": "futures.trades", "event": "update", "result": [row]}).encode()
    [trade] = parser.frame(frame, NOW)
    assert (trade.ts_event, trade.price) == (1_631_824_310_261_896_000, 0.836)


def test_before_2021_a_trade_has_its_second_only(read):
    [trade] = read("ws_trades_2020.json")
    assert (trade.ts_event, trade.side) == (1_593_561_623 * NS_S, Side.BUY)


def test_what_the_insurance_fund_takes_over_is_no_trade(read):
    assert read("ws_trades_internal.json") == [Ignored("trade", "other_market")]


def test_a_trade_whose_size_was_cut_to_nothing_is_rejected_with_its_instrument(parser):
    row = {"size": 0, "id": 1, "create_time": 1, "price": "5", "contract": "BTC_USDT"}
    [item] = parser.frame(json.dumps({"channel": "futures.trades", "result": [row]}).encode(), NOW)
    assert (item.channel, item.reason, item.instrument) == ("trade", "malformed", "gate:BTC-USDT-PERP")


def test_a_ticker_is_mark_interest_and_day(read):
    [(mark, interest, day)] = read("ws_tickers.json")
    ts = 1_785_548_246_983 * NS_MS
    assert mark == Mark("gate:BTC-USDT-PERP", ts, NOW, 62915.31, 62937.6, 0.000033, 8.0, 1_785_571_200 * NS_S)
    assert interest == OpenInterest("gate:BTC-USDT-PERP", ts, NOW, 651185722 * 0.0001)
    assert day == Day("gate:BTC-USDT-PERP", ts, NOW, 62914.3, -3.1290 / 100, 518068345 * 0.0001, 3260112345.0, None)


def test_open_interest_flipped_is_halved(instruments, load):
    [(_, interest, _)] = Parser(instruments, frozenset({"open_interest"})).frame(load("gate/ws_tickers.json"), NOW)
    assert interest.oi_base == 651185722 * 0.0001 / 2


def test_a_ticker_of_2021_nests_its_list_and_has_no_interval(read, instruments):
    [(mark, *_)] = read("ws_tickers_2021.json")
    assert (mark.funding_rate, mark.funding_hours, mark.ts_funding) == (0.000962, None, None), "never assumed"
    instruments.set_funding_hours({"ETH_USDT": 4.0})
    assert instruments.by_symbol["ETH_USDT"].funding_hours == 4.0


def test_a_ticker_said_again_at_once_is_within_its_cadence(read, parser, load):
    read("ws_tickers.json")
    assert read("ws_tickers.json") == [Ignored("mark", "within_cadence")]
    parser.forget(["BTC_USDT"])
    assert len(read("ws_tickers.json")[0]) == 3, "after a cut it is news"


def test_a_ticker_without_prices_is_rejected(parser):
    frame = (
        b'{"channel":"futures.tickers","event":"update","result":[{"contract":"BTC_USDT","last":"","mark_price":""}]}'
    )
    [item] = parser.frame(frame, NOW)
    assert isinstance(item, Rejected)


def test_a_best_quote_counts_coins_and_an_empty_side_is_none(read):
    [quote] = read("ws_book_ticker.json")
    assert quote == Quote(
        *("gate:BTC-USDT-PERP", 1_774_443_183_405 * NS_MS, NOW, 4801234567),
        *(83091.6, 14378 * 0.0001, 83091.7, 902.5 * 0.0001),
    )
    [quote] = read("ws_book_ticker_empty.json")
    assert (quote.bid, quote.bid_size, quote.ask, quote.ts_event) == (None, None, 45000.1, NOW)


def test_a_book_says_nothing_before_its_snapshot(read, parser, load):
    assert read("ws_order_book_update.json") == [Ignored("depth", "no_state")]
    assert parser.books.awaits("BTC_USDT")
    [quote] = parser.snapshot(load("gate/rest_order_book.json"), "BTC_USDT", NOW)
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (83091.6, 40 * 0.0001, 83091.7, 7 * 0.0001)
    assert quote.depth_bid == (40 + 30) * 0.0001, "83080 was removed"
    assert quote.depth_ask == pytest.approx((7 + 25 + 11) * 0.0001)
    assert (quote.levels, quote.venue_id, quote.ts_event) == (5, 103, 1_774_443_183_400 * NS_MS)
    assert not parser.books.awaits("BTC_USDT")


def test_a_snapshot_that_says_not_whose_it_is_goes_to_the_book_it_fits(read, parser, load):
    read("ws_order_book_update.json")
    assert isinstance(parser.snapshot(load("gate/rest_order_book.json"), "", NOW)[0], Quote)
    assert parser.snapshot(load("gate/rest_order_book.json"), "", NOW) == [Ignored("depth", "other_market")]


def test_the_older_channel_is_read_too(read):
    [quote] = read("ws_order_book_all.json")
    assert (quote.bid, quote.ask, quote.venue_id) == (28455.8, 28455.9, 35064314497)
    *steps, quote = read("ws_order_book_changes.json")
    assert len(steps) == 2, "an item a row"
    assert (quote.bid, quote.ask, quote.ask_size) == (28455.85, 28455.95, 300 * 0.0001)


def test_the_older_channels_changes_alone_are_no_book(parser, load):
    assert parser.frame(load("gate/ws_order_book_changes.json"), NOW) == [Ignored("depth", "no_state")] * 3


def test_a_candle_is_a_bar_when_the_venue_says_it_is_closed(read):
    [bar] = read("ws_candlesticks.json")
    assert bar == Bar(
        *("gate:BTC-USDT-PERP", 1_774_443_240 * NS_S, NOW, "1m"),
        *(83094.3, 83096.9, 83089.5, 83095.4, 27525 * 0.0001, 228710.87412),
    )
    assert read("ws_candlesticks.json") == [Ignored("bar", "unchanged")]


def test_in_older_frames_a_candle_is_closed_when_the_next_begins(read):
    opened, bar = read("ws_candlesticks_2022.json")
    assert opened == Ignored("bar", "open_bar")
    assert (bar.ts_event, bar.vol_base) == (1_662_690_900 * NS_S, 800 * 0.0001)
    assert bar.vol_usd == pytest.approx(0.08 * (19410.1 + 19400.1) / 2)


def test_a_candle_that_was_open_at_a_cut_is_not_closed_by_hearsay(read, parser, load):
    first, second = json.loads(load("gate/ws_candlesticks_2022.json"))["result"]

    def wrap(row):
        return json.dumps({"channel": "futures.candlesticks", "result": [row]}).encode()

    parser.frame(wrap(first), NOW)
    parser.forget(["BTC_USDT"])
    assert parser.frame(wrap(second), NOW) == [Ignored("bar", "open_bar")]


def test_a_forced_sale_means_a_long_was_liquidated(read, instruments, load):
    long, short = read("ws_public_liquidates.json")
    assert long == Liquidation("gate:BTC-USDT-PERP", 1_787_299_999_123 * NS_MS, NOW, "long", 62010.1, 124.5 * 0.0001)
    assert short.liquidated == "short"
    flipped = Parser(instruments, frozenset({"liquidation"})).frame(load("gate/ws_public_liquidates.json"), NOW)
    assert [one.liquidated for one in flipped] == ["short", "long"]


def test_a_liquidation_of_2025_has_its_second(read):
    [one] = read("ws_public_liquidates_2025.json")
    assert (one.ts_event, one.liquidated) == (1_741_505_433 * NS_S, "long")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("subscribed", "answer"), ("refused", "answer"), ("pong", "pong"), ("upgrade", "system")],
)
def test_answers_pongs_and_notices_are_controls(read, name, kind):
    [control] = read(f"ws_{name}.json")
    assert isinstance(control, Control)
    assert control.kind == kind


def test_strangers_and_other_markets_are_told_apart(parser):
    def trade(symbol, channel="futures.trades"):
        row = {"size": 1, "id": 1, "create_time": 1, "price": "5", "contract": symbol}
        return parser.frame(json.dumps({"channel": channel, "event": "update", "result": [row]}).encode(), NOW)

    assert trade("DOGE_USDT") == [Ignored("trade", "not_subscribed")]
    assert trade("BTC_USD") == trade("BTC_USDT-20210916-50000-C") == [Ignored("trade", "other_market")]
    assert trade("BTC_USDT", "spot.trades") == trade("x", "options.trades") == [Ignored("trade", "other_market")]


def test_one_bad_row_costs_only_itself(parser, load):
    frame = json.loads(load("gate/ws_trades_decimal.json"))
    frame["result"].insert(1, {**frame["result"][0], "price": "nan"})
    kinds = [type(item) for item in parser.frame(json.dumps(frame).encode(), NOW)]
    assert kinds == [Trade, Rejected, Trade]


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "", "1e400", None, {}, "x"])
def test_no_price_that_is_none_passes(parser, text):
    row = {"size": 1, "id": 1, "create_time": 1, "price": text, "contract": "BTC_USDT"}
    [item] = parser.frame(json.dumps({"channel": "futures.trades", "result": [row]}).encode(), NOW)
    assert isinstance(item, Rejected)


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"[]", b"null", b"{}", b"\xff\xfe", b'{"channel":"futures.trades"}', b"[" * 5000),
        *(b'{"channel":"futures.news","event":"update","result":{}}', b'{"channel":5}'),
    ],
)
def test_nonsense_is_rejected(parser, payload):
    [item] = parser.frame(payload, NOW)
    assert isinstance(item, Rejected)


def test_every_decimal_survives_the_trip(read):
    [trade, _] = read("ws_trades_decimal.json")
    [quote] = read("ws_book_ticker.json")
    [bar] = read("ws_candlesticks.json")
    for number, text in ((trade.price, "2171.44"), (quote.bid, "83091.6"), (bar.vol_usd, "228710.87412")):
        assert Decimal(repr(number)) == Decimal(text)


def events_of(items):
    return [event for item in items for event in (item if isinstance(item, tuple) else (item,))]


_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", "nan", "inf", "-1", "0", "1e999", "BTC_USDT", "ETH_USDT", "币", "5"]),
    st.just([]),
    st.just({}),
)


def _paths(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _paths(child, (*path, key))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FRAMES), st.data())
def test_no_mutation_of_a_frame_raises_or_yields_nonsense(name, data):
    parser = Parser(Instruments([contract("BTC_USDT", 0.0001), contract("ETH_USDT", 0.01)]))
    frame = json.loads((FIXTURES / "gate" / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in _paths(frame) if path]))
        place = frame
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = data.draw(_values)
    items = parser.frame(json.dumps(frame).encode(), NOW)
    assert items
    for event in events_of(items):
        if isinstance(event, Control | Ignored | Rejected):
            continue
        assert event.instrument in {"gate:BTC-USDT-PERP", "gate:ETH-USDT-PERP"}
        numbers = [getattr(event, field) for field in event.__struct_fields__]
        assert all(number == number and abs(number) < 1e30 for number in numbers if isinstance(number, float))  # noqa: PLR0124 - that is what no NaN means
        for field in ("price", "size", "bid", "ask", "mark", "oi_base", "open", "vol_base", "vol_usd", "last"):
            assert (getattr(event, field, 0.0) or 0.0) >= 0.0
