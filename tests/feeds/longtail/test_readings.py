"""ccxt's structures: what they mean, what is left out, and that nothing odd gets through."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.longtail import readings
from fbkit.feeds.longtail.amounts import turnover
from fbkit.model import (
    NS_MIN,
    NS_MS,
    Bar,
    Day,
    Funding,
    Ignored,
    Instrument,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Rejected,
    Side,
    Trade,
)

NOW = 1_791_000_030_000 * NS_MS
MS = NOW // NS_MS


def instrument(symbol="BTC/USD:USD", name="x:BTC-USD-PERP", **more):
    return Instrument(name, "x", symbol, "BTC", "USD", "USD", **more)


COIN = Known(instrument())
CENTI = Known(instrument(contract_size=0.01))
PEPE = Known(instrument(unit_mult=1000.0))
INVERSE = Known(instrument(inverse=True, contract_size=10.0))
KINDS = [COIN, CENTI, PEPE, INVERSE]


def following(known):
    return Instruments([known.instrument])


def ticker(**more):
    row = {"symbol": "BTC/USD:USD", "timestamp": MS - 90_000, "bid": 99.0, "bidVolume": 3.0, "ask": 101.0}
    return row | {"askVolume": 5.0, "last": 100.0, "percentage": -2.0, "baseVolume": None, "quoteVolume": None} | more


def tell(known, **more):
    (item,) = readings.tickers({"BTC/USD:USD": ticker(**more)}, following(known), NOW)
    return item


def test_a_ticker_is_a_quote_and_a_day_of_the_moment_it_is_heard():
    quote, day = tell(COIN, baseVolume=10.0, quoteVolume=1001.0)
    assert quote == Quote("x:BTC-USD-PERP", NOW, NOW, MS, 99.0, 3.0, 101.0, 5.0)
    assert day == Day("x:BTC-USD-PERP", NOW, NOW, 100.0, -0.02, 10.0, 1001.0)


def test_sizes_of_contracts_become_coins():
    assert tell(CENTI)[0].bid_size == 0.03
    assert tell(INVERSE)[0].bid_size == 3.0 * 10.0 / 99.0
    pepe, day = tell(PEPE)
    assert (pepe.bid, pepe.bid_size, day.last) == (0.099, 3000.0, 0.1)


def test_a_ticker_without_prices_says_nothing_and_one_with_odd_ones_is_malformed():
    assert tell(COIN, bid=None, ask=None, last=None) == Ignored("day", "no_state")
    assert tell(COIN, bid="?", ask=None, last=None).reason == "malformed"
    assert isinstance(tell(COIN, bid=None, ask=None), Day)
    assert isinstance(tell(COIN, last=None), Quote)


@pytest.mark.parametrize(
    ("known", "base", "quote", "told"),
    [
        (COIN, 10.0, None, (10.0, None)),
        (COIN, None, 1000.0, (None, 1000.0)),
        (COIN, 10.0, 90_000.0, (None, None)),
        (PEPE, 10.0, 1000.0, (10_000.0, 1000.0)),
        (CENTI, 1000.0, 1000.0, (10.0, 1000.0)),
        (CENTI, 10.0, 1000.0, (10.0, 1000.0)),
        (CENTI, 10.0, None, (None, None)),
        (INVERSE, 10.0, 1000.0, (10.0, 1000.0)),
        (INVERSE, 10.0, 100.0, (10.0, 1000.0)),
        (INVERSE, 10.0, 10.0, (None, None)),
        (INVERSE, 10.0, None, (None, None)),
        (COIN, 0.0, 0.0, (0.0, 0.0)),
        (COIN, -1.0, "nan", (None, None)),
    ],
)
def test_a_volume_is_told_where_its_unit_is_beyond_doubt(known, base, quote, told):
    _, day = tell(known, baseVolume=base, quoteVolume=quote)
    assert (day.vol_base, day.vol_usd) == told


def test_the_largest_are_chosen_by_a_guess_where_there_is_nothing_better():
    assert turnover(ticker(baseVolume=1000.0), CENTI) == 1000.0
    assert turnover(ticker(quoteVolume=7.0), INVERSE) == 70.0
    assert turnover(None, COIN) == turnover(ticker(), COIN) == 0.0


def trade(**more):
    row = {"symbol": "BTC/USD:USD", "id": "77", "timestamp": MS - 5, "side": "sell", "price": 100.0, "amount": 2.0}
    return row | more


def test_a_trade_has_the_takers_side_as_ccxt_maps_it_and_coins():
    (one,) = readings.trades([trade()], COIN, NOW)
    assert one == Trade("x:BTC-USD-PERP", NOW - 5 * NS_MS, NOW, 77, 100.0, 2.0, Side.SELL)
    (inverse,) = readings.trades([trade(side="buy")], INVERSE, NOW, Origin.BACKFILL)
    assert (inverse.size, inverse.side, inverse.origin) == (0.2, Side.BUY, Origin.BACKFILL)


@pytest.mark.parametrize(
    "more",
    [
        {"side": None},
        {"side": "long"},
        {"side": []},
        {"price": None},
        {"price": float("nan")},
        {"price": "inf"},
        {"price": -1.0},
        {"amount": 0},
        {"amount": None},
        {"timestamp": None},
        {"timestamp": "soon"},
        {"timestamp": 10**300},
    ],
)
def test_a_trade_that_lacks_something_is_malformed(more):
    (item,) = readings.trades([trade(**more)], COIN, NOW)
    assert isinstance(item, Rejected)
    assert (item.channel, item.reason, item.instrument) == ("trade", "malformed", "x:BTC-USD-PERP")


def test_a_trade_of_another_market_is_not_ours():
    assert readings.trades([trade(symbol="BTC/USD")], COIN, NOW) == [Ignored("trade", "not_subscribed")]


def test_trades_without_ids_are_told_apart_by_their_words_and_their_order():
    rows = [trade(id=None), trade(id=None), trade(id=None, price=101.0)]
    first = [one.venue_id for one in readings.trades(rows, COIN, NOW)]
    again = [one.venue_id for one in readings.trades(rows, COIN, NOW + 1)]
    assert first == again
    assert len(set(first)) == 3


def test_an_id_that_is_a_text_is_hashed_whatever_letters_it_has():
    ids = [
        one.venue_id for one in readings.trades([trade(id=text) for text in ("a-1", "a-2", "\ud800", "007")], COIN, 0)
    ]
    assert len(set(ids)) == 4
    assert 7 not in ids


def rate(**more):
    row = {"symbol": "BTC/USD:USD", "timestamp": MS, "markPrice": 100.0, "indexPrice": 99.0, "fundingRate": -0.0001}
    return row | {"interval": "8h", "fundingTimestamp": MS + 60_000, "nextFundingTimestamp": None} | more


def mark_of(stated=None, **more):
    (item,) = readings.marks({"BTC/USD:USD": rate(**more)}, following(COIN), stated or {}, NOW)
    return item


def test_a_rate_is_a_mark_with_predicted_funding():
    assert mark_of() == Mark("x:BTC-USD-PERP", NOW, NOW, 100.0, 99.0, -0.0001, 8.0, NOW + NS_MIN)


def test_what_ccxt_does_not_state_of_funding_is_unknown():
    bare = mark_of(interval=None, fundingTimestamp=None, fundingRate=None, indexPrice=None)
    assert bare == Mark("x:BTC-USD-PERP", NOW, NOW, 100.0)


def test_the_next_settlement_is_never_one_that_is_over():
    assert mark_of(fundingTimestamp=MS - 1).ts_funding is None
    assert mark_of(fundingTimestamp=MS - 1, nextFundingTimestamp=MS + 1).ts_funding == NOW + NS_MS


def test_a_rate_without_a_price_borrows_the_tickers_mark_and_else_says_nothing():
    assert mark_of({"BTC/USD:USD": ticker(markPrice=98.0)}, markPrice=None).mark == 98.0
    assert mark_of(markPrice=None) == Ignored("mark", "no_state")


def test_a_settled_rate_does_not_know_its_hours():
    rows = [{"symbol": "BTC/USD:USD", "fundingRate": 0.0, "timestamp": MS}, {"fundingRate": None, "timestamp": MS}]
    first, second = sorted(readings.settled(rows, COIN, NOW), key=lambda item: isinstance(item, Rejected))
    assert first == Funding("x:BTC-USD-PERP", NOW, NOW, 0.0, origin=Origin.BACKFILL)
    assert second.reason == "malformed"


@pytest.mark.parametrize(
    ("known", "amount", "value", "coins"),
    [
        (COIN, 5.0, None, 5.0),
        (PEPE, 5.0, None, 5000.0),
        (COIN, 0, None, 0.0),
        (CENTI, 500.0, 510.0, 5.0),
        (CENTI, 5.0, 510.0, 5.0),
        (CENTI, 500.0, None, None),
        (INVERSE, 5.0, 510.0, 5.0),
        (INVERSE, 51.0, 510.0, 5.1),
        (INVERSE, 5.0, 51_000.0, None),
        (COIN, None, 500.0, None),
    ],
)
def test_open_interest_is_coins_or_nothing(known, amount, value, coins):
    row = {"symbol": "BTC/USD:USD", "openInterestAmount": amount, "openInterestValue": value, "timestamp": None}
    (item,) = readings.open_interest(row, known, {"BTC/USD:USD": ticker()}, NOW)
    if coins is None:
        assert item == Ignored("open_interest", "no_state")
    else:
        assert isinstance(item, OpenInterest)
        assert (item.ts_event, item.oi_base) == (NOW, coins)


def test_a_candle_that_may_be_open_and_one_that_is_none_are_set_aside():
    begins = NOW // NS_MIN * NS_MIN // NS_MS
    rows = [[begins - 60_000, 100.0, 102.0, 98.0, 100.0, 7.0], [begins, 100.0, 102.0, 98.0, 100.0, 7.0]]
    rows += [[begins - 120_000, 100.0, 99.0, 98.0, 100.0, 7.0], [begins - 180_000, None, None, None, None, None], None]
    items = readings.candles(rows, PEPE, NOW)
    (bar,) = [item for item in items if isinstance(item, Bar)]
    assert (bar.ts_event, bar.open, bar.vol_base, bar.vol_usd) == (begins * NS_MS, 0.1, 7000.0, 700.0)
    assert Ignored("bar", "open_bar") in items
    assert sum(isinstance(item, Rejected) for item in items) == 3


def test_candles_whose_volume_may_count_contracts_are_no_bars():
    row = [MS // 60_000 * 60_000 - 60_000, 100.0, 102.0, 98.0, 100.0, 7.0]
    assert [item.reason for item in readings.candles([row], CENTI, NOW)] == ["malformed"]


odd = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(2**70), 2**70)
    | st.text(max_size=4)
    | st.sampled_from(["nan", "inf", "", "1e400", "-0", [], {}, MS])
)
FIELDS = sorted({*ticker(), *trade(), *rate(), "openInterestAmount", "openInterestValue", "previousFundingRate"})
rows = st.dictionaries(st.sampled_from(FIELDS), odd)


def numbers_of(item):
    events = item if isinstance(item, tuple) else (item,)
    return [
        (field, value)
        for event in events
        for field in getattr(event, "__struct_fields__", ())
        if isinstance(value := getattr(event, field), float)
    ]


@given(rows, st.sampled_from(KINDS), odd)
def test_no_odd_row_raises_and_no_odd_number_passes(changes, known, whole):
    stated = {"BTC/USD:USD": ticker(**changes)}
    instruments = following(known)
    read = [
        readings.tickers([ticker(**changes), whole], instruments, NOW),
        readings.trades([trade(**changes), whole], known, NOW),
        readings.marks([rate(**changes), whole], instruments, stated, NOW),
        readings.settled([rate(**changes), whole], known, NOW),
        readings.open_interest([rate(**changes), whole], known, stated, NOW),
        readings.candles([list(changes.values()), [*changes.values(), *[1.0] * 6], whole], known, NOW),
        readings.tickers(whole, instruments, NOW),
        readings.trades(whole, known, NOW),
        readings.candles(whole, known, NOW),
    ]
    for items in read:
        for item in items:
            for event in item if isinstance(item, tuple) else (item,):
                assert getattr(event, "instrument", "") in {"", known.name}
            for field, value in numbers_of(item):
                assert math.isfinite(value), field
                assert value >= 0 or field in {"rate", "funding_rate", "change"}, field


@given(st.sampled_from(KINDS), rows)
def test_turnover_never_raises(known, changes):
    assert 0 <= turnover(ticker(**changes), known) < math.inf
