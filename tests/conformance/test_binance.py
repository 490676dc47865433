from tests.conformance.contract import VenueContract


class TestBinance(VenueContract):
    venue = "binance"
