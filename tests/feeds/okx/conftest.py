"""What tests of OKX's room share."""

import pytest

from fbkit.feeds.instruments import Instruments
from fbkit.feeds.okx.pages import instruments
from fbkit.feeds.okx.parse import Parser
from fbkit.feeds.okx.symbols import assume
from fbkit.model import NS_MS

#: 2026-10-03T04:00:01Z, in UTC ns.
NOW = 1_791_000_001_000 * NS_MS


@pytest.fixture
def listed(load):
    """The instruments of the list, and what is known only by its symbol."""
    found = [*instruments(load("okx/rest_instruments_swap.json")), assume("BTC-USD-220527")]
    return Instruments(instrument for instrument in found if instrument is not None)


@pytest.fixture
def parser(listed):
    return Parser(listed)


@pytest.fixture
def one(parser):
    """The one item of a frame."""

    def read(payload, ts_recv=NOW):
        [item] = parser.frame(payload, ts_recv)
        return item

    return read
