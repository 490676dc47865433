"""ccxt's markets: which can be counted, and what they are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbkit.clock import parse_utc
from fbkit.feeds.longtail.markets import contracts, make
from fbkit.model import NS_MS


def test_a_linear_perpetual_has_its_units(market_row):
    one = make("krakenfutures", market_row(base="PEPE", contractSize=1000.0))
    assert (one.name, one.venue_symbol, one.size_mult) == ("krakenfutures:PEPE-USD-PERP", "PEPE/USD:USD", 1000.0)
    assert (one.tick, one.step, one.inverse, one.status) == (0.5, 10.0, False, "trading")


def test_an_inverse_contract_counts_usd_and_has_no_step_in_coins(market_row):
    one = make("bitmex", market_row(settle="BTC", linear=False, inverse=True, contractSize=100.0))
    assert (one.name, one.inverse, one.contract_size, one.step) == ("bitmex:BTC-USD-PERP", True, 100.0, None)


def test_a_dated_contract_is_called_by_its_day(market_row):
    expiry = parse_utc("2026-12-25T08:00:00Z") // NS_MS
    one = make("krakenfutures", market_row(swap=False, future=True, expiry=expiry))
    assert one.name == "krakenfutures:BTC-USD-261225"
    assert one.expiry == expiry * NS_MS


@pytest.mark.parametrize(
    "more",
    [
        {"contractSize": None},
        {"contractSize": 0},
        {"contractSize": float("nan")},
        {"linear": False},
        {"linear": None, "inverse": None},
        {"inverse": True},
        {"quote": "EUR"},
        {"quote": None},
        {"swap": False},
        {"swap": False, "future": True},
        {"swap": False, "future": True, "expiry": "soon"},
        {"base": None},
        {"base": "<b>"},
        {"symbol": ["BTC"]},
        {"settle": None},
        {"base": "1000PEPE", "linear": False, "inverse": True},
    ],
)
def test_what_cannot_be_counted_is_left_out(market_row, more):
    assert make("x", market_row() | more) is None


def test_digits_are_no_steps(market_row):
    (one,) = contracts("x", [market_row(precision={"price": 2, "amount": 3}), None, "spot"], steps=False)
    assert (one.tick, one.step) == (None, None)


def test_what_is_listed_and_not_active_says_so(market_row):
    assert make("x", market_row(active=False)).status == "inactive"
    assert make("x", market_row(active=None)).status == "trading"


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
FIELDS = [
    "symbol",
    "base",
    "quote",
    "settle",
    "swap",
    "future",
    "linear",
    "inverse",
    "contractSize",
    "active",
    "expiry",
    "precision",
]


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_no_row_raises_and_none_has_odd_numbers(changes):
    row = {"symbol": "BTC/USD:USD", "base": "BTC", "quote": "USD", "settle": "USD", "swap": True, "linear": True}
    one = make("x", row | {"contractSize": 1.0} | changes)
    if one is not None:
        numbers = [one.contract_size, one.unit_mult, *(step for step in (one.tick, one.step) if step is not None)]
        assert all(0 < number < float("inf") for number in numbers)
