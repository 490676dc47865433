from tests.conformance.contract import VenueContract


class TestHyperliquid(VenueContract):
    venue = "hyperliquid"
