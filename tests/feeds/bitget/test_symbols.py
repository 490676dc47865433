"""Bitget's contracts as our instruments."""

import pytest

from fbkit.feeds.bitget.rows import ContractRow
from fbkit.feeds.bitget.symbols import assume, make, product_of

ROW = ContractRow("BTCUSDT", "BTC", "USDT", pricePlace=1, priceEndStep=5, volumePlace=4, sizeMultiplier=0.0001)


def test_the_tick_is_so_many_units_of_the_last_decimal():
    instrument = make(ROW)
    assert (instrument.name, instrument.tick, instrument.step) == ("bitget:BTC-USDT-PERP", 0.5, 0.0001)
    assert (instrument.settle, instrument.contract_size, instrument.status) == ("USDT", 1.0, "trading")


def test_base_and_quote_are_the_lists_words_and_thousands_are_coins():
    pepe = make(ContractRow("1000PEPEUSDT", "1000PEPE", "USDT", pricePlace=7, sizeMultiplier=1))
    assert (pepe.base, pepe.unit_mult, pepe.step, pepe.tick) == ("PEPE", 1000.0, 1000.0, 1e-7 / 1000)
    inch = make(ContractRow("1INCHUSDT", "1INCH", "USDT"))
    assert (inch.base, inch.unit_mult) == ("1INCH", 1.0)


def test_usdc_perpetuals_are_another_product():
    perp = make(ContractRow("BTCPERP", "BTC", "USDC"))
    assert (perp.name, product_of(perp)) == ("bitget:BTC-USDC-PERP", "USDC-FUTURES")
    assert product_of(make(ROW)) == "USDT-FUTURES"


def test_a_dated_contract_has_its_day():
    dated = make(ContractRow("BTCUSDTZ26", "BTC", "USDT", symbolType="delivery", deliveryTime="1798185600000"))
    assert dated.name == "bitget:BTC-USDT-261225"
    assert make(ContractRow("BTCUSDTZ26", "BTC", "USDT", symbolType="delivery")) is None


@pytest.mark.parametrize(
    "row",
    [
        ContractRow("TSLAUSDT", "TSLA", "USDT", isRwa="YES"),
        ContractRow("BTCUSD", "BTC", "USD"),
        ContractRow("<b>", "BTC", "USDT"),
    ],
)
def test_stocks_inverse_contracts_and_nonsense_are_none_of_ours(row):
    assert make(row) is None


def test_a_state_that_is_not_normal_is_kept_as_it_is():
    assert make(ContractRow("OLDUSDT", "OLD", "USDT", symbolStatus="off")).status == "off"


def test_a_list_of_2022_says_the_market_behind_an_underscore():
    assert make(ContractRow("BTCUSDT_UMCBL", "BTC", "USDT", pricePlace=1)).venue_symbol == "BTCUSDT"


def test_what_is_assumed_says_so():
    assert assume("SOLUSDT").assumed
    assert [assume(symbol) for symbol in ("BTCUSD", "USDT", "PERP", "x y")] == [None] * 4
