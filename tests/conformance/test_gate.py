from tests.conformance.contract import VenueContract


class TestGate(VenueContract):
    venue = "gate"
