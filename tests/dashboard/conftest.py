"""What tabs are tried on."""

import pytest

from tests.dashboard.across_market import write
from tests.dashboard.watched_market import write as write_watched


@pytest.fixture(scope="session")
def across_url(tmp_path_factory):
    """A database of four coins at five venues, made once."""
    return write(tmp_path_factory.mktemp("across"))


@pytest.fixture(scope="session")
def watched_url(tmp_path_factory):
    """A database of alerts, gaps and health over a day, made once."""
    return write_watched(tmp_path_factory.mktemp("watched"))
