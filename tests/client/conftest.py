"""A server over a small database, asked as from elsewhere."""

import pytest

from fbkit.client import Client
from tests.server.bare import TOKEN, Bare
from tests.server.conftest import fill


@pytest.fixture(scope="session")
def asked(tmp_path_factory):
    """The server, and the URL of its database."""
    root = tmp_path_factory.mktemp("asked")
    url = f"sqlite:///{(root / 'asked.db').as_posix()}"
    fill(url, minutes=30)
    server = Bare(root, url)
    yield server, url
    server.end()


@pytest.fixture
def client(asked):
    """A client of it."""
    with Client(asked[0].address, TOKEN) as client:
        yield client
