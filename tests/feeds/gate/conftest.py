"""Two contracts of Gate."""

import pytest

from fbkit.feeds.gate.parse import Parser
from fbkit.feeds.gate.rows import ContractRow
from fbkit.feeds.gate.symbols import make
from fbkit.feeds.instruments import Instruments

#: When everything here is heard: 2026-03-25T12:53:20Z.
NOW = 1_774_443_200_000_000_000


def contract(symbol, multiplier):
    return make(ContractRow(symbol, quanto_multiplier=multiplier, order_price_round="0.1", order_size_min=1))


@pytest.fixture
def instruments():
    return Instruments([contract("BTC_USDT", 0.0001), contract("ETH_USDT", 0.01)])


@pytest.fixture
def btc(instruments):
    return instruments.by_symbol["BTC_USDT"]


@pytest.fixture
def parser(instruments):
    return Parser(instruments)
