"""Gate's spelling and ours."""

import pytest

from fbkit.feeds.gate.rows import ContractRow
from fbkit.feeds.gate.symbols import assume, make
from fbkit.model import NS_S


def test_a_contract_is_as_many_coins_as_its_multiplier():
    one = make(ContractRow("PEPE_USDT", quanto_multiplier=1e7, order_price_round="0.00000000001", order_size_min=1))
    assert (one.name, one.size_mult, one.unit_mult, one.tick, one.step) == ("gate:PEPE-USDT-PERP", 1e7, 1.0, 1e-11, 1e7)


def test_a_thousand_in_a_name_counts_beside_the_multiplier():
    one = make(ContractRow("1000CAT_USDT", quanto_multiplier=10.0, order_price_round="0.001"))
    assert (one.base, one.unit_mult, one.size_mult, one.tick) == ("CAT", 1000.0, 10_000.0, 0.001 / 1000)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        *(({}, "trading"), ({"in_delisting": True}, "delisting"), ({"is_pre_market": True}, "pre_market")),
        *(({"status": "circuit_breaker"}, "circuit_breaker"), ({"status": ""}, "unknown")),
    ],
)
def test_a_contract_says_whether_it_trades(more, status):
    assert make(ContractRow("ETH_USDT", quanto_multiplier=0.01, **more)).status == status


@pytest.mark.parametrize(
    "more",
    [
        {"contract_type": "stocks"},
        {"type": "inverse"},
        {"quanto_multiplier": 0.0},
        {"name": "ETH"},
        {"name": "<b>_USDT"},
    ],
)
def test_what_is_no_linear_contract_on_a_coin_is_left_out(more):
    assert make(ContractRow(**{"name": "ETH_USDT", "quanto_multiplier": 0.01, **more})) is None


def test_names_may_be_in_any_script():
    assert make(ContractRow("币安人生_USDT", quanto_multiplier=1.0)).name == "gate:币安人生-USDT-PERP"


def test_an_assumed_contract_says_so_and_knows_the_large_ones_sizes():
    assert (assume("DOGE_USDT").contract_size, assume("NEW_USDT").contract_size) == (10.0, 1.0)
    assert assume("NEW_USDT").assumed


def test_dated_and_inverse_contracts_are_told_by_their_spelling():
    dated = assume("BTC_USDT_20210326")
    assert (dated.name, dated.expiry) == ("gate:BTC-USDT-210326", 1_616_745_600 * NS_S)
    assert assume("BTC_USDT_20219999") is None
    inverse = assume("BTC_USD")
    assert (inverse.inverse, inverse.settle, inverse.contract_size) == (True, "BTC", 1.0)


@pytest.mark.parametrize("symbol", ["ETC_USD", "BTC_USDT-20210916-50000-C", "BTC", "", "a_b_USDT", "A_EUR"])
def test_quanto_options_and_nonsense_are_not_assumed(symbol):
    assert assume(symbol) is None
