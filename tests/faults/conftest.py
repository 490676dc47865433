"""What the tests of the fault catalogue share."""

import pytest

from fbkit.settings import load_settings
from tests.books import books_are_closed  # noqa: F401 - a fixture
from tests.faults.store_side import Site
from tests.faults.venue_side import Collecting


@pytest.fixture
def collecting(monkeypatch):
    """A whole collector in virtual time: see :mod:`tests.faults.venue_side`."""

    def make(clock=None, **chosen):
        return Collecting(load_settings(**{"cadence_ms": 0, "backfill_hours": 0, **chosen}), monkeypatch, clock)

    return make


@pytest.fixture
def url(tmp_path):
    """A database that is not there yet."""
    return f"sqlite:///{(tmp_path / 'live.db').as_posix()}"


@pytest.fixture
def open_site(url, tmp_path):
    """Runs over that database, or another: see :mod:`tests.faults.store_side`."""
    sites = []

    def make(**options):
        sites.append(Site(options.pop("url", url), tmp_path, **options))
        return sites[-1]

    yield make
    for site in sites:
        site.end()
