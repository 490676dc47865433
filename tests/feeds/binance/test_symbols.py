"""Names and units."""

import pytest

from fbkit.feeds.binance.symbols import assume
from fbkit.feeds.instruments import Instruments, linear, unprefixed


@pytest.mark.parametrize(
    ("symbol", "name", "unit_mult"),
    [
        ("BTCUSDT", "binance:BTC-USDT-PERP", 1),
        ("ETHUSDC", "binance:ETH-USDC-PERP", 1),
        ("1000PEPEUSDT", "binance:PEPE-USDT-PERP", 1_000),
        ("1000SATSUSDT", "binance:SATS-USDT-PERP", 1_000),
        ("1000000MOGUSDT", "binance:MOG-USDT-PERP", 1_000_000),
        ("1MBABYDOGEUSDT", "binance:BABYDOGE-USDT-PERP", 1_000_000),
        ("1INCHUSDT", "binance:1INCH-USDT-PERP", 1),
        ("币安人生USDT", "binance:币安人生-USDT-PERP", 1),
        ("BTCUSDT_261225", "binance:BTC-USDT-261225", 1),
        ("BTCBUSD_210129", "binance:BTC-BUSD-210129", 1),
    ],
)
def test_a_symbol_says_what_it_means(symbol, name, unit_mult):
    instrument = assume(symbol)
    assert (instrument.name, instrument.unit_mult, instrument.assumed) == (name, unit_mult, True)
    assert instrument.venue_symbol == symbol


@pytest.mark.parametrize(
    "symbol", ["BTCUSD_PERP", "BTCUSD_210625", "USDT", "", "<b>USDT", "X" * 40 + "USDT", "BTCUSDT_261399"]
)
def test_what_is_no_linear_contract_is_not_assumed(symbol):
    assert assume(symbol) is None


def test_a_coin_may_be_called_1000x_of_nothing():
    assert unprefixed("1000") == ("1000", 1.0)


def test_tick_and_step_are_in_our_units():
    pepe = linear("binance", "1000PEPEUSDT", unprefixed("1000PEPE"), "USDT", tick=0.0000001, step=1.0)
    assert (pepe.tick, pepe.step) == (0.0000001 / 1000, 1000.0)


def test_a_stranger_stays_one_unless_we_assume():
    assert Instruments().meet("BTCUSDT") is None


def test_who_was_introduced_is_known_and_who_was_not_is_assumed():
    instruments = Instruments(assume=assume)
    instruments.introduce([linear("binance", "BTCUSDT", ("BTC", 1.0), "USDT", tick=0.1)])
    assert instruments.meet("BTCUSDT").instrument.tick == 0.1
    assert instruments.meet("ETHUSDT").instrument.assumed
    assert [instrument.assumed for instrument in instruments.fresh] == [False, True]
