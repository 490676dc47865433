"""What tabs are tried on."""

import pytest

from tests.dashboard.across_market import write


@pytest.fixture(scope="session")
def across_url(tmp_path_factory):
    """A database of four coins at five venues, made once."""
    return write(tmp_path_factory.mktemp("across"))
