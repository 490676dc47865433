"""REST answers in a recording of Gate."""

import pytest

from fbkit.feeds.recorded.gate import GateReader
from fbkit.feeds.recorded.recording import Frame
from fbkit.model import Bar, Control, Funding, Ignored, Liquidation, Listing, OpenInterest, Quote, Ratio, Trade
from tests.feeds.gate.conftest import NOW

BASE = "https://api.gateio.ws/api/v4/futures/usdt"


@pytest.fixture
def read(load):
    reader = GateReader()

    def one(name, query, file=None):
        body = load(f"gate/rest_{file or name}.json")
        return reader.read(Frame(NOW + 10**12, "http", body, is_http=True, url=f"{BASE}/{name}?{query}"))

    return one


def test_a_contract_list_gives_units_to_whoever_is_met_later(read):
    assert read("contracts", "") == [Control("page", "contracts")]
    listing, *trades = read("trades", "contract=BTC_USDT")
    assert isinstance(listing, Listing)
    assert (listing.assumed, listing.contract_size) == (False, 0.0001)
    assert [type(trade) for trade in trades] == [Trade, Trade]


@pytest.mark.parametrize(
    ("page", "query", "kinds"),
    [
        ("funding_rate", "contract=BTC_USDT", [Funding, Funding]),
        ("liq_orders", "contract=BTC_USDT", [Liquidation]),
        ("order_book", "contract=BTC_USDT&with_id=true", [Quote]),
        ("candlesticks", "contract=BTC_USDT&interval=1m", [Bar, Bar]),
        ("contract_stats", "contract=BTC_USDT&interval=5m", [tuple]),
    ],
)
def test_pages_go_to_the_page_they_are(read, page, query, kinds):
    _, *items = read(page, query)
    assert [type(item) for item in items] == kinds
    if kinds == [tuple]:
        assert [type(event) for event in items[0]] == [OpenInterest, Ratio, Ratio, Ratio, Ratio]


def test_intervals_are_those_that_were_asked_for(read):
    _, *bars = read("candlesticks", "contract=BTC_USDT")
    assert [bar.tf for bar in bars] == ["5m", "5m"], "the venue's own where none is said"
    assert bars[0].ts_event == (1_774_443_120 + 300) * 10**9
    assert read("candlesticks", "contract=BTC_USDT&interval=10s") == [Ignored("bar", "not_subscribed")]
    assert read("contract_stats", "contract=BTC_USDT&interval=1h") == [Ignored("ratio", "not_subscribed")]


def test_what_is_no_page_of_ours_is_said_to_be_one(read):
    assert read("insurance", "", "tickers") == [Control("page", "/api/v4/futures/usdt/insurance")]
    assert read("trades", "contract=ETC_USD") == [Ignored("", "other_market")]
