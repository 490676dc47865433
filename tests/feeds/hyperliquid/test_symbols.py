"""Names and units."""

import pytest

from fbkit.feeds.hyperliquid.rows import MarketRow
from fbkit.feeds.hyperliquid.symbols import assume, make


@pytest.mark.parametrize(
    ("symbol", "name", "unit_mult"),
    [
        ("BTC", "hyperliquid:BTC-USD-PERP", 1),
        ("kPEPE", "hyperliquid:PEPE-USD-PERP", 1_000),
        ("kBONK", "hyperliquid:BONK-USD-PERP", 1_000),
        ("KAITO", "hyperliquid:KAITO-USD-PERP", 1),
        ("0G", "hyperliquid:0G-USD-PERP", 1),
        ("AI16Z", "hyperliquid:AI16Z-USD-PERP", 1),
    ],
)
def test_a_symbol_says_what_it_means(symbol, name, unit_mult):
    instrument = assume(symbol)
    assert (instrument.name, instrument.unit_mult, instrument.assumed) == (name, unit_mult, True)
    assert (instrument.venue_symbol, instrument.quote, instrument.settle) == (symbol, "USD", "USDC")


@pytest.mark.parametrize("symbol", ["@107", "PURR/USDC", "xyz:GOLD", "#330", "", "<b>", "X" * 41])
def test_what_is_no_perpetual_of_the_venue_is_not_assumed(symbol):
    assert assume(symbol) is None


def test_the_step_is_in_coins_and_the_tick_moves_with_the_price():
    btc, pepe = make(MarketRow("BTC", 5)), make(MarketRow("kPEPE", 0))
    assert (btc.step, pepe.step) == (0.00001, 1000.0)
    assert (btc.tick, pepe.tick) == (None, None)


def test_a_delisted_contract_says_so():
    assert make(MarketRow("MATIC", 1, isDelisted=True)).status == "delisted"
