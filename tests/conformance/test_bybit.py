from tests.conformance.contract import VenueContract


class TestBybit(VenueContract):
    venue = "bybit"
