from tests.conformance.contract import VenueContract


class TestOkx(VenueContract):
    venue = "okx"
