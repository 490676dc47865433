from tests.conformance.contract import VenueContract


class TestBitget(VenueContract):
    venue = "bitget"
