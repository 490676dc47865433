import pytest

from fbkit.runtime import database_url
from fbkit.settings import load_settings
from tests.reports.small_market import write


@pytest.fixture
def settings():
    return load_settings()


@pytest.fixture
def database(settings):
    """A small market in the settings' own database."""
    write(database_url(settings), hours=8)
    return database_url(settings)
