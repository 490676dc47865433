"""What the tests of the fault catalogue share."""

import pytest

from fbkit.settings import load_settings
from tests.books import books_are_closed  # noqa: F401 - a fixture
from tests.faults.store_side import open_site, url  # noqa: F401 - fixtures
from tests.faults.venue_side import Collecting


@pytest.fixture
def collecting(monkeypatch):
    """A whole collector in virtual time: see :mod:`tests.faults.venue_side`."""

    def make(clock=None, *, honest=True, owned=False, **chosen):
        settings = load_settings(**{"cadence_ms": 0, "backfill_hours": 0, **chosen})
        return Collecting(settings, monkeypatch, clock, honest=honest, owned=owned)

    return make
