"""Whatever stands in ``tests/store/conftest.py``, in a database of its own on a real server."""

import pytest


@pytest.fixture
def url(postgres_url):
    return postgres_url
