"""Instruments as HTTP tells them, where several venues have a coin."""

from fbkit.health import compare_prices
from fbkit.model import Instrument, SummaryRow
from fbkit.server.listed import listed, offered

PRICES = {"bybit:A-USDT-PERP": 4.9e-3, "okx:A-USDT-PERP": 4.9e-6, "okx:B-USDT-PERP": 1.0}


class TwoVenues:
    """A store of two venues that disagree about a coin."""

    def instruments(self):
        return {
            name: Instrument(name, name.partition(":")[0], "x", "A", "USDT", "USDT", expiry=None) for name in PRICES
        }

    def row_structs(self, kind, *, tf):
        assert (kind, tf) == (SummaryRow, "1m")
        return [SummaryRow(name, tf, 0, price, *[0.0] * 20) for name, price in PRICES.items()]


def test_a_price_stands_beside_that_of_other_venues_and_alone_beside_none():
    found = {one["name"]: one["price_ratio"] for one in listed(TwoVenues())}
    assert found["bybit:A-USDT-PERP"] == next(iter(compare_prices(PRICES))).ratio
    assert round(found["bybit:A-USDT-PERP"]) == 1000
    assert found["okx:B-USDT-PERP"] is None


def test_each_venue_there_is_says_what_it_offers():
    found = offered(TwoVenues())
    assert list(found) == ["bybit", "okx"]
    assert {one["how"] for one in found["bybit"]} == {"stream", "polled", "unsupported"}
