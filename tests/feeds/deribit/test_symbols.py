"""Deribit's names and ours."""

import pytest

from fbkit.feeds.deribit.pages import instruments
from fbkit.feeds.deribit.symbols import assume, followable
from fbkit.model import NS_MS


@pytest.fixture
def listed(load):
    return {found.venue_symbol: found for found in instruments(load("deribit/rest_get_instruments.json"))}


def test_options_combos_spot_and_rows_nobody_can_read_are_left_out(listed):
    assert list(listed) == ["BTC-PERPETUAL", "SOL_USDC-PERPETUAL", "BTC-25DEC26", "ETH-PERPETUAL"]


def test_an_inverse_perpetual_counts_usd_one_by_one_whatever_its_lot_is(listed):
    btc = listed["BTC-PERPETUAL"]
    assert (btc.name, btc.inverse, btc.settle, btc.expiry) == ("deribit:BTC-USD-PERP", True, "BTC", None)
    assert (btc.contract_size, btc.tick, btc.step) == (1.0, 0.5, None)


def test_a_linear_perpetual_counts_coins(listed):
    sol = listed["SOL_USDC-PERPETUAL"]
    assert (sol.name, sol.inverse, sol.settle) == ("deribit:SOL-USDC-PERP", False, "USDC")
    assert (sol.size_mult, sol.tick, sol.step) == (1.0, 0.01, 0.1)


def test_a_dated_contract_expires_when_the_list_says(listed):
    assert listed["BTC-25DEC26"].name == "deribit:BTC-USD-261225"
    assert listed["BTC-25DEC26"].expiry == 1_798_185_600_000 * NS_MS


def test_what_is_locked_is_known_and_not_followed(listed):
    assert listed["ETH-PERPETUAL"].status == "locked"
    assert [symbol for symbol, found in listed.items() if not followable(found)] == ["ETH-PERPETUAL"]


def test_a_list_of_2021_says_less_and_means_the_same(load, listed):
    [btc] = instruments(load("deribit/rest_get_instruments_2021.json"))
    assert btc == listed["BTC-PERPETUAL"]


@pytest.mark.parametrize("symbol", ["BTC-PERPETUAL", "SOL_USDC-PERPETUAL", "BTC-25DEC26"])
def test_an_assumed_contract_agrees_with_the_list_in_units_and_name(symbol, listed):
    assumed, told = assume(symbol), listed[symbol]
    assert assumed.assumed
    assert (assumed.name, assumed.expiry, assumed.inverse, assumed.settle, assumed.size_mult) == (
        told.name,
        told.expiry,
        told.inverse,
        told.settle,
        told.size_mult,
    )


@pytest.mark.parametrize("symbol", ["BTC-25DEC26-90000-C", "BTC_USDC", "BTC-FS-25DEC26_PERP", "BTC-99FOO26", "<b>", ""])
def test_what_is_no_future_is_not_assumed(symbol):
    assert assume(symbol) is None
