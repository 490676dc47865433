"""Bybit's spelling, and ours."""

import pytest

from fbkit.feeds.bybit.rows import InstrumentRow
from fbkit.feeds.bybit.symbols import assume, make


def row(symbol, base, quote="USDT", **more):
    return InstrumentRow(symbol, base, quote, **{"contractType": "LinearPerpetual", "status": "Trading", **more})


@pytest.mark.parametrize(
    ("symbol", "base", "quote", "name", "unit_mult"),
    [
        ("BTCUSDT", "BTC", "USDT", "bybit:BTC-USDT-PERP", 1.0),
        ("BTCPERP", "BTC", "USDC", "bybit:BTC-USDC-PERP", 1.0),
        ("1000PEPEUSDT", "1000PEPE", "USDT", "bybit:PEPE-USDT-PERP", 1000.0),
        ("1000PEPEUSDT", "PEPE", "USDT", "bybit:PEPE-USDT-PERP", 1000.0),
        ("10000SATSUSDT", "10000SATS", "USDT", "bybit:SATS-USDT-PERP", 10_000.0),
        ("1000000MOGUSDT", "1000000MOG", "USDT", "bybit:MOG-USDT-PERP", 1_000_000.0),
        ("SHIB1000USDT", "SHIB1000", "USDT", "bybit:SHIB-USDT-PERP", 1000.0),
        ("SHIB1000USDT", "SHIB", "USDT", "bybit:SHIB-USDT-PERP", 1000.0),
        ("SHIB1000PERP", "SHIB1000", "USDC", "bybit:SHIB-USDC-PERP", 1000.0),
        ("1INCHUSDT", "1INCH", "USDT", "bybit:1INCH-USDT-PERP", 1.0),
        ("4USDT", "4", "USDT", "bybit:4-USDT-PERP", 1.0),
        ("HPERP", "H", "USDC", "bybit:H-USDC-PERP", 1.0),
        ("币安人生USDT", "币安人生", "USDT", "bybit:币安人生-USDT-PERP", 1.0),
    ],
)
def test_the_coin_is_found_behind_its_thousands(symbol, base, quote, name, unit_mult):
    instrument = make(row(symbol, base, quote))
    assert (instrument.name, instrument.unit_mult, instrument.venue_symbol) == (name, unit_mult, symbol)
    assumed = assume(symbol)
    assert (assumed.name, assumed.unit_mult, assumed.assumed) == (name, unit_mult, True)


@pytest.mark.parametrize("kind", ["stock", "commodity", "forex", "xstocks", "something new"])
def test_what_has_no_coin_under_it_is_left_out(kind):
    assert make(row("XAUUSDT", "XAU", symbolType=kind)) is None


@pytest.mark.parametrize("symbol", ["BTCUSD", "BTCUSDU23", "<b>", "", "USDT", "BTCUSDT-31FEB26", "BTCUSDT-01XYZ26"])
def test_a_symbol_that_is_no_linear_contract_means_nothing(symbol):
    assert assume(symbol) is None


def test_a_dated_contract_expires_when_it_is_delivered():
    instrument = make(row("BTCUSDT-25DEC26", "BTC", contractType="LinearFutures", deliveryTime=1_798_185_600_000))
    assert instrument.name == "bybit:BTC-USDT-261225"
    assert assume("BTCUSDT-25DEC26").expiry == instrument.expiry == 1_798_185_600_000 * 1_000_000
    assert make(row("BTCUSDT-25DEC26", "BTC", contractType="LinearFutures")) is None


def test_a_perpetual_with_a_delivery_time_is_about_to_be_delisted_and_stays_a_perpetual():
    assert make(row("OMGUSDT", "OMG", deliveryTime=1_798_185_600_000)).name == "bybit:OMG-USDT-PERP"
