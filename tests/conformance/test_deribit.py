from tests.conformance.contract import VenueContract


class TestDeribit(VenueContract):
    venue = "deribit"
