"""The accounting equation, asserted in one place after every test that ran a collector.

``received = stored + conflated + duplicate + ignored + quarantined + dropped + in_flight`` for each venue and channel;
after a stop nothing is in flight. A room's ``conftest.py`` imports :func:`books_are_closed`, and whatever
:class:`~fbkit.ingest.session.Session` its tests end in this process is held to it; a collector in another process is
held to it by :func:`assert_books` over ``store.accounts()``.
"""

import pytest

from fbkit.ingest.session import Session
from fbkit.runtime import database_path
from fbkit.store import open_store


def assert_books(accounts, *, stopped=True):
    """Every account balances, and once the collector has stopped nothing is under way."""
    accounts = list(accounts)
    wrong = [one for one in accounts if not one.balances]
    assert not wrong, f"received and not accounted for, or counted twice: {wrong}"
    if stopped:
        under_way = [one for one in accounts if one.in_flight]
        assert not under_way, f"neither stored nor set aside at the end: {under_way}"


def _excused(session, accounts):
    """Whether something may be under way at the end: the disk refused to the last, or a spill file keeps it."""
    path = database_path(session.writer.url)
    if any(path.parent.glob(f"{path.name}*spill*")):
        return True
    with open_store(session.writer.url) as store:
        return store.accounts() != accounts


@pytest.fixture(autouse=True)
def books_are_closed(monkeypatch):
    """Whatever run ends in this test leaves its books in order."""
    ended = []
    end = Session.end

    def kept(session, now):
        accounts = end(session, now)
        ended.append((accounts, not _excused(session, accounts)))
        return accounts

    monkeypatch.setattr(Session, "end", kept)
    yield ended
    for accounts, stopped in ended:
        assert_books(accounts, stopped=stopped)
