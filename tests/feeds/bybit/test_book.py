"""Books of deltas: what breaks them, and what makes them whole again."""

import pytest

from fbkit.feeds.book import Break
from fbkit.feeds.bybit.book import Books
from fbkit.feeds.bybit.wire import OrderBook


def levels(u, bids=(), asks=()):
    return OrderBook("BTCUSDT", list(bids), list(asks), u)


@pytest.fixture
def told():
    return []


@pytest.fixture
def books(told):
    books = Books(told.append, told.append)
    books.start(levels(7, [(99.0, 1.0), (98.0, 2.0)], [(101.0, 1.0)]))
    return books


def test_each_delta_has_the_next_number(books, told):
    book = books.following(levels(8))
    assert book.update(levels(8, [(99.0, 0.0)], [(100.5, 3.0), (500.0, 0.0)]))
    assert book.top() == ([(98.0, 2.0)], [(100.5, 3.0), (101.0, 1.0)])
    assert told == []


def test_a_repeated_delta_is_not_applied(books):
    assert not books.following(levels(7)).update(levels(7, [(99.0, 5.0)]))


def test_a_missing_delta_is_told_once_and_mended_by_the_next_snapshot(books, told):
    assert books.following(levels(9)) is None
    assert books.following(levels(10)) is None
    assert told == [Break("BTCUSDT", 8, 9)]
    books.start(levels(1, [(50.0, 1.0)]))
    assert told[1:] == ["BTCUSDT"]
    assert books.following(levels(2)).top() == ([(50.0, 1.0)], [])


def test_a_broken_book_is_mended_also_after_a_cut(books, told):
    books.following(levels(9))
    books.forget(["BTCUSDT"])
    books.start(levels(1))
    assert told[-1] == "BTCUSDT"


def test_a_forgotten_book_waits_for_a_snapshot_and_is_not_broken(books, told):
    books.forget(["BTCUSDT"])
    assert books.following(levels(99)) is None
    assert told == []
